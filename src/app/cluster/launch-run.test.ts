import { expect, it } from 'vitest';
import { workerEnvironment } from './launch-run.ts';

it.each([
  ['postgres://me:p%2Fw@db/results', 'p/w'],
  ['postgres://me@db/results?password=p%2Fw', 'p/w'],
  ['postgres://me:pw@/results?host=/run/postgresql', 'pw'],
  ['postgres://me@db/results', undefined],
  ['results.db', undefined],
])('hands on the password that %s has', (address, password) => {
  const environment = { PATH: '/bin' };
  expect(workerEnvironment(address, environment)).toEqual({
    ...environment,
    ...(password !== undefined && { PGPASSWORD: password }),
  });
});

it('says in one line that a password is badly encoded', () => {
  expect(() => workerEnvironment('postgres://me:p%w@db/results', {})).toThrow(
    'the address of the store is none of a PostgreSQL database',
  );
});
