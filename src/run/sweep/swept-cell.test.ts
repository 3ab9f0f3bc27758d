import { expect, it } from 'vitest';
import { briefPass } from '../../../test/setup/bare-pass.ts';
import { silentServer } from '../../../test/setup/server-window.ts';
import { sweptCell } from './swept-cell.ts';

const load = { promptTokens: 64, outputTokens: 8, concurrency: 4 };

it('keeps what the server told of all launches', () => {
  const passes = [3, 5].map((waitingMax, launch) => ({
    ...briefPass,
    launch,
    server: { ...silentServer, waitingMax, preemptions: 1 },
  }));
  const { server } = sweptCell('m', load, passes, undefined);
  expect(server).toMatchObject({ model: 'm', pass: 'throughput', launches: 2, waitingMax: 5, preemptions: 2 });
  expect(sweptCell('m', load, [briefPass], undefined).server).toBeUndefined();
});
