import { UnknownNameError } from './errors.ts';
import type { Manifest } from './manifest.ts';
import { nearestName } from './nearest-name.ts';

/** The first model, where no model has this name itself. */
export const firstModel = 'base';

/**
 * The model that others are compared with, by what a question or `--base` calls it.
 *
 * @param models in the order of their suite
 * @throws {UnknownNameError} if there is no such model
 */
export function findBase(name: string, models: readonly string[]): string {
  if (models.includes(name)) return name;
  const [first] = models;
  if (name.toLowerCase() === firstModel && first !== undefined) return first;
  throw new UnknownNameError('model to compare with', name, models, nearestName(name, models));
}

/** The base that a run itself names, in its question or by its newest loss; undefined where it names none. */
export function ownBase({ race, losses }: Pick<Manifest, 'race' | 'losses'>): string | undefined {
  return race?.question.base ?? losses?.at(-1)?.base;
}

/**
 * The base of a stored run: what was asked for, else its own, else its first model.
 *
 * @throws {UnknownNameError} if there is no such model
 */
export function baseOfRun(manifest: Manifest, models: readonly string[], asked: string | undefined): string {
  const name = asked ?? ownBase(manifest);
  return name === undefined ? (models[0] ?? '') : findBase(name, models);
}
