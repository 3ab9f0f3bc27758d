import { expect, it } from 'vitest';
import { pacedPositions } from './accuracy-pass.ts';

it('hands out only so many positions ahead of their answers, and ends when told to', async () => {
  const stop = new AbortController();
  const paced = pacedPositions([5, 6, 7, 8, 9], () => 2, stop.signal);
  const positions = paced.positions();
  expect([(await positions.next()).value, (await positions.next()).value]).toEqual([5, 6]);
  let third: unknown = 'waits';
  const waiting = positions.next().then(({ value }) => {
    third = value;
  });
  await new Promise(setImmediate);
  expect(third).toBe('waits');
  paced.answered();
  await waiting;
  expect(third).toBe(7);
  const last = positions.next();
  stop.abort();
  expect(await last).toEqual({ done: true, value: undefined });
});

it('hands out nothing more once its time is over, asked before each of them', async () => {
  const asked: number[] = [];
  const paced = pacedPositions(
    [5, 6, 7, 8],
    () => 9,
    new AbortController().signal,
    (count) => {
      asked.push(count);
      return count === 2;
    },
  );
  expect(await Array.fromAsync(paced.positions())).toEqual([5, 6]);
  expect(asked).toEqual([0, 1, 2]);
});
