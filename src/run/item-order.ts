import { createHash } from 'node:crypto';
import { randomOrder } from '../stats/random.ts';

/** A seed of 32 bits from the run's seed and whatever the order is for. */
function seedFor(seed: number, ...purpose: readonly string[]): number {
  return createHash('sha256')
    .update(JSON.stringify([seed, ...purpose]))
    .digest()
    .readUInt32LE(0);
}

/** The positions that a run asks of a task: the first `limit` of a random order that only seed and task decide. */
export function itemOrder(items: number, limit: number | undefined, seed: number, taskId: string): readonly number[] {
  return Array.from(randomOrder(items, seedFor(seed, 'items', taskId)).subarray(0, limit));
}

/** The same positions in another order, for a pass that measures time. */
export function shuffledOrder(
  positions: readonly number[],
  seed: number,
  ...purpose: readonly string[]
): readonly number[] {
  const order = randomOrder(positions.length, seedFor(seed, ...purpose));
  return Array.from(order, (index) => positions[index] ?? 0);
}
