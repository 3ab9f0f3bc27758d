import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { ClosedLoop, measuredRounds } from './closed-loop.ts';

const signal = new AbortController().signal;
const options = { positions: [7, 8, 9], windowMs: 100, rounds: measuredRounds, minRequests: 0, signal };

/** Asks a server with two places that answers in the order in which it was asked; gives what was asked. */
async function drive(loop: ClosedLoop, answerMs: number, onExpect: (ms: number) => void = () => undefined) {
  const asked: number[] = [];
  const open: number[] = [];
  for await (const position of loop.positions(onExpect)) {
    asked.push(position);
    open.push(position);
    if (open.length < 2) continue;
    if (answerMs > 0) await sleep(answerMs);
    loop.answered(open.shift() ?? 0);
  }
  return asked;
}

it('asks until each place has had its rounds, and the window its time', async () => {
  const asked = await drive(new ClosedLoop(options, 2), 4);
  expect(asked.slice(0, 4)).toEqual([7, 8, 9, 7]);
  // Two rounds before the steady part and in flight after it, and 3.3 in it.
  expect(asked.length).toBeGreaterThanOrEqual(12);
  const long = await drive(new ClosedLoop({ ...options, windowMs: 60, rounds: 1 }, 2), 1);
  expect(long.length).toBeGreaterThan(7);
});

it('grows to ten times its time at most, and says how long it will take', async () => {
  const expected: number[] = [];
  // Twelve requests would take 60 ms more than the steady part may.
  const asked = await drive(new ClosedLoop({ ...options, windowMs: 1 }, 2), 6, (ms) => expected.push(ms));
  expect(asked.length).toBeGreaterThan(4);
  expect(asked.length).toBeLessThan(12);
  expect(Math.max(...expected)).toBeGreaterThan(10);
});

it('never asks fewer than it must', async () => {
  expect((await drive(new ClosedLoop({ ...options, windowMs: 0.01, minRequests: 30 }, 2), 0)).length).toBe(30);
});
