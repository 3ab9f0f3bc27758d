import { expect, it } from 'vitest';
import { createEventChannel } from './run.ts';

async function collect(channel: AsyncIterable<number>): Promise<number[]> {
  return Array.fromAsync(channel);
}

it('gives what was pushed before and while it is read, in order', async () => {
  const channel = createEventChannel<number>();
  channel.push(1);
  const reading = collect(channel);
  channel.push(2);
  await Promise.resolve();
  channel.push(3);
  channel.close();
  expect(await reading).toEqual([1, 2, 3]);
});

it('gives what was pushed before it throws', async () => {
  const channel = createEventChannel<number>();
  channel.push(1);
  channel.close(new Error('planted'));
  const seen: number[] = [];
  await expect(
    (async () => {
      for await (const value of channel) seen.push(value);
    })(),
  ).rejects.toThrow('planted');
  expect(seen).toEqual([1]);
});
