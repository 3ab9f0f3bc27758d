import { expect, it } from 'vitest';
import { briefPass } from '../../test/setup/bare-pass.ts';
import { quietHost } from '../../test/setup/quiet-host.ts';
import type { PassResult } from '../core/cell.ts';
import { busyText } from './busy-text.ts';

function passOf(change: Partial<PassResult>): { model: string; taskId: string; result: PassResult } {
  const result: PassResult = {
    ...briefPass,
    launch: 1,
    host: { ...quietHost, otherShare: 0.02 },
    ...change,
  };
  return { model: 'm', taskId: 't', result };
}

it('tells what was done because others used the CPU', () => {
  expect(busyText([passOf({})])).toBeUndefined();
  const passes = [
    passOf({ pass: 'accuracy', launch: 0, fewestThreads: 1 }),
    passOf({ busierShares: [0.4] }),
    passOf({ pass: 'latency', busierShares: [0.4, 0.31] }),
  ];
  expect(busyText(passes)).toMatchInlineSnapshot(`
    "m / t, accuracy 1: others used the CPU, so it ran with 1 of its threads at times
    m / t, throughput 2: measured 2 times; others took 40 % of the CPU, and 2 % in the window that counts
    m / t, latency 2: measured 3 times; others took 40 % and 31 % of the CPU, and 2 % in the window that counts"
  `);
});
