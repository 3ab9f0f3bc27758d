import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Sample } from '../core/sample.ts';
import { createScoreGate } from '../scoring/race/score-gate.ts';
import { createGatedWriter } from './sample-writer.ts';

const items = 24;
const order = Array.from({ length: items }, (_, index) => (index * 7) % items);
const scoreAt = (position: number): number => Number(position % 3 !== 0);

/** A sample with what a gate looks at. */
function sampleAt(position: number): Sample {
  return { position, score: scoreAt(position) } as Sample;
}

async function feed(arrival: readonly number[], known: ReadonlyMap<number, number> = new Map()) {
  const gate = createScoreGate({ tau: 0.9, items, failAlpha: 0.05 });
  const stored: number[] = [];
  const plain = {
    async add({ position }: Sample) {
      stored.push(position);
    },
    async flush() {},
    async [Symbol.asyncDispose]() {},
  };
  const gated = createGatedWriter(plain, gate, order, known);
  for (const position of arrival) {
    if (gated.decided.aborted) break;
    await gated.writer.add(sampleAt(position));
  }
  return { state: gate.state, count: gate.count, logEvidence: gate.logEvidence, stored: stored.length };
}

it('comes to the same evidence in whatever order answers arrive', async () => {
  const { stored: _, ...expected } = await feed(order);
  expect(expected.state).toBe('failed');
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray(order, { minLength: items }), async (arrival) => {
      expect(await feed(arrival)).toMatchObject(expected);
    }),
    { numRuns: 50 },
  );
});

it('waits for the first that is missing, and goes on from what is stored', async () => {
  const [first = 0, ...rest] = order;
  const held = await feed(rest);
  expect(held).toMatchObject({ state: 'open', count: 0, stored: rest.length });
  const known = new Map(rest.map((position) => [position, scoreAt(position)]));
  const { stored: _, ...expected } = await feed(order);
  expect(await feed([first], known)).toMatchObject({ ...expected, stored: 1 });
});
