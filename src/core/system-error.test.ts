import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { explainSystemError, isSystemError, systemError, systemErrorWords } from './system-error.ts';

const fromNode = async (path: string): Promise<unknown> => readFile(path).catch((error: unknown) => error);

it.each([
  ['/no/such/file', '/no/such/file: no such file'],
  ['/', 'read: is a folder, not a file (EISDIR)'],
  [`/${'n'.repeat(300)}`, `/${'n'.repeat(300)}: the name is too long (ENAMETOOLONG)`],
  ['a\0b', 'the name has a zero byte in it (ERR_INVALID_ARG_VALUE)'],
])('says in words what Node says of %j', async (path, message) => {
  const error = await fromNode(path);
  expect(isSystemError(error) && explainSystemError(error).message).toBe(message);
});

it.each([
  ['EACCES', 'open', 'permission denied (EACCES)'],
  ['EROFS', 'open', 'the file system is read-only (EROFS)'],
  ['EMFILE', 'open', 'too many open files (EMFILE)'],
  ['ENOENT', 'open', 'no such file'],
  ['ENOENT', 'mkdir', 'no folder can be made there (ENOENT)'],
  ['EWHATEVER', 'open', "EWHATEVER: open '/x'"],
])('knows %s of %s', (code, syscall, words) => {
  const error = systemError(code, '/x', syscall);
  expect(systemErrorWords(error)).toBe(words);
  expect(explainSystemError(error).message).toBe(`/x: ${words}`);
  expect(explainSystemError(error, 'the store').message).toBe(`the store: ${words}`);
  expect(explainSystemError(error).hint).toMatch(/^[A-Z].*\.$/);
});

it('names both paths of a rename, and addresses', () => {
  const rename = Object.assign(systemError('EXDEV', '/a', 'rename'), { dest: '/b' });
  expect(explainSystemError(rename).message).toBe('/a -> /b: on another disk than its target (EXDEV)');
  const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED', address: '127.0.0.1', port: 1 });
  expect(explainSystemError(refused).message).toBe('127.0.0.1:1: connection refused (ECONNREFUSED)');
});

it.each([new TypeError('x'), Object.assign(new Error('x'), { code: 'ERR_INVALID_ARG_TYPE' }), 'EACCES', undefined])(
  'leaves %s, which no system said',
  (error) => {
    expect(isSystemError(error)).toBe(false);
  },
);
