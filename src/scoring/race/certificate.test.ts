import { expect, it } from 'vitest';
import { equalWeights } from '../per-anchored.ts';
import { type Entrant, errorBudget, type RaceSetup } from './race-setup.ts';
import { newItemSupport } from './certificate.ts';
import { parseRaceQuestion } from '../../core/race-question.ts';

const launch = { throughput: 100, latency: 10, memory: 2 ** 30 };

function setupOf(items: number, question = 'winner'): RaceSetup {
  return {
    question: parseRaceQuestion(question),
    confidence: 0.95,
    budget: errorBudget(0.95, false),
    items,
    anchors: { trivialAccuracy: 0, ...launch },
    weights: equalWeights,
    extraLaunches: 2,
  };
}

/** Two launches that are alike: answers alone decide. */
function entrant(model: string, scores: readonly number[], rest: Partial<Entrant> = {}): Entrant {
  const order = scores.map((_, index) => index);
  return { model, scores, order, launches: [launch, launch], latencies: [], brokenItems: 0, ...rest };
}

const facts = { seed: 1, clusters: undefined };

it('is the share of draws of items in which a model is ahead', () => {
  const support = newItemSupport([entrant('b', [0, 1]), entrant('a', [1, 1])], setupOf(2), facts);
  expect(support?.map(({ model }) => model)).toEqual(['a', 'b']);
  // Where the prior's unit is one that only b has right it may outweigh item 0.
  expect(support?.[0]?.share).toBeGreaterThan(0.8);
  expect(support?.[0]?.share).toBeLessThan(0.97);
  expect((support?.[0]?.share ?? 0) + (support?.[1]?.share ?? 0)).toBeCloseTo(1, 9);
});

it('draws items that depend on each other together', () => {
  const models = [entrant('a', [1, 1, 1, 1]), entrant('b', [0, 0, 1, 1])];
  const clusters = ['x', 'x', 'y', 'y'];
  const share = (own: typeof clusters | undefined): number =>
    newItemSupport(models, setupOf(4), { seed: 1, clusters: own })?.[0]?.share ?? 0;
  expect(share(clusters)).toBeLessThan(share(undefined) - 0.03);
});

it('pairs answers by item, whatever order each model had', () => {
  const plain = [entrant('a', [1, 0, 1, 1, 0]), entrant('b', [0, 0, 1, 1, 1])];
  const shuffled = [
    entrant('a', [0, 1, 1, 0, 1], { order: [4, 3, 2, 1, 0] }),
    entrant('b', [1, 0, 1, 0, 1], { order: [2, 0, 3, 1, 4] }),
  ];
  const expected = newItemSupport(plain, setupOf(5), facts);
  expect(newItemSupport(shuffled, setupOf(5), facts)).toEqual(expected);
});

it('says nothing of models that were stopped early, or of a question without a score', () => {
  const stopped = entrant('b', [1, 1]);
  expect(newItemSupport([entrant('a', [1, 0, 1]), stopped], setupOf(3), facts)).toBeUndefined();
  const both = [entrant('a', [1, 0, 1]), entrant('b', [0, 1, 1])];
  expect(newItemSupport(both, setupOf(3, 'cheapest with accuracy >= 0.5'), facts)).toBeUndefined();
  expect(newItemSupport([...both, stopped], setupOf(3), facts)).toHaveLength(2);
});

it('counts the noise between launches: of one launch nobody knows it', () => {
  const alike = [1, 1, 0, 1];
  const once = { launches: [launch] };
  const fast = { launches: [{ ...launch, throughput: 103 }] };
  const support = newItemSupport([entrant('a', alike, fast), entrant('b', alike, once)], setupOf(4), facts);
  expect(support?.[0]?.model).toBe('a');
  // 3 % faster, where launches may differ by 20 %: hardly ahead.
  expect(support?.[0]?.share).toBeGreaterThan(0.5);
  expect(support?.[0]?.share).toBeLessThan(0.65);
});
