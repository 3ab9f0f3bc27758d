import type { ExamplePicker } from '../core/task.ts';
import { createPythonRandom } from './python-random.ts';

/** lm-eval's default few-shot seed; ours too, so that both draw the same rows. */
const seed = 1234;

function rowsAt<Item>(pool: readonly Item[], positions: readonly number[]): readonly Item[] {
  return positions.flatMap((position) => pool.slice(position, position + 1));
}

function requirePool(pool: readonly unknown[], shots: number): void {
  if (pool.length < shots)
    throw new RangeError(`${shots} few-shot examples needed, but the pool has ${pool.length} rows`);
}

/**
 * New examples for every item, as lm-eval draws them: one generator for the task, `sample(pool, shots)` for each
 * document in order.
 *
 * @throws {RangeError} from the picker if the pool is smaller than `shots`
 */
export function perItemExamples<Item>(shots: number): ExamplePicker<Item> {
  // Draws depend on all earlier ones, so they are kept; one list for each pool size that was asked for.
  const draws = new Map<number, { readonly sample: () => readonly number[]; readonly done: (readonly number[])[] }>();
  return (position, pool) => {
    requirePool(pool, shots);
    let draw = draws.get(pool.length);
    if (draw === undefined) {
      const random = createPythonRandom(seed);
      draw = { sample: () => random.sample(pool.length, shots), done: [] };
      draws.set(pool.length, draw);
    }
    while (draw.done.length <= position) draw.done.push(draw.sample());
    return rowsAt(pool, draw.done[position] ?? []);
  };
}

/**
 * The same examples for every item, those that lm-eval gives to the first document: prompts then share a prefix,
 * which an engine needs to decode only once.
 *
 * @throws {RangeError} from the picker if the pool is smaller than `shots`
 */
export function fixedExamples<Item>(shots: number): ExamplePicker<Item> {
  const pick = perItemExamples<Item>(shots);
  return (_, pool) => pick(0, pool);
}

/**
 * The first rows of the pool, for every item.
 *
 * @throws {RangeError} from the picker if the pool is smaller than `shots`
 */
export function firstExamples<Item>(shots: number): ExamplePicker<Item> {
  return (_, pool) => {
    requirePool(pool, shots);
    return pool.slice(0, shots);
  };
}

/**
 * The same examples for every item, with labels taking turns: a run of one label would bias a small model.
 *
 * @throws {RangeError} from the picker if a label has too few rows
 */
export function balancedExamples<Item>(shots: number, labelOf: (item: Item) => number): ExamplePicker<Item> {
  let last: { readonly pool: readonly Item[]; readonly examples: readonly Item[] } | undefined;
  return (_, pool) => {
    if (last?.pool !== pool) last = { pool, examples: takeTurns(pool, shots, labelOf) };
    return last.examples;
  };
}

function takeTurns<Item>(pool: readonly Item[], shots: number, labelOf: (item: Item) => number): readonly Item[] {
  const labels = [...new Set(pool.map(labelOf))].toSorted((left, right) => right - left);
  const random = createPythonRandom(seed);
  const byLabel = labels.map((label, turn) => {
    const rows = pool.filter((item) => labelOf(item) === label);
    const count = Math.ceil((shots - turn) / labels.length);
    requirePool(rows, count);
    return rowsAt(rows, random.sample(rows.length, count));
  });
  return Array.from({ length: shots }, (_, index) => index).flatMap((index) => {
    const turn = index % Math.max(1, labels.length);
    const round = Math.floor(index / Math.max(1, labels.length));
    return byLabel[turn]?.slice(round, round + 1) ?? [];
  });
}
