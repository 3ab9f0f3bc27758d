import { expect, it } from 'vitest';
import { toyPlan } from '../../test/run/toy-plan.ts';
import { guessProbe } from './known-speeds.ts';

const toy = toyPlan({ models: { one: {}, two: {} } });

function guess(bytes: readonly (number | undefined)[], items: number, cores: number): number | undefined {
  const models = toy.models.map((model, at) => ({ ...model, facts: { ...model.facts, fileBytes: bytes[at] } }));
  return guessProbe({ models, tasks: toy.tasks }, items, cores)?.ms;
}

it('guesses a longer probe for more items, larger models and fewer cores', () => {
  const base = guess([1e9, 1e9], 4, 4) ?? 0;
  expect(base).toBeGreaterThan(0);
  expect(guess([1e9, 4e9], 4, 4)).toBeGreaterThan(base);
  expect(guess([1e9, 1e9], 8, 4)).toBeGreaterThan(base);
  expect(guess([1e9, 1e9], 4, 8)).toBeCloseTo(base / 2, 6);
});

it('guesses nothing where it does not know how large a model is', () => {
  expect(guess([1e9, undefined], 4, 4)).toBeUndefined();
});
