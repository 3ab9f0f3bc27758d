import { nearestName } from '../core/nearest-name.ts';
import { UnknownNameError } from '../core/errors.ts';
import type { CatalogueEntry } from './catalogue-entry.ts';
import { paperModels } from './paper-models.ts';
import { smallModels } from './small-models.ts';

/** Every model with a name: three small ones for a first look and for tests, and the 16 of the paper. */
export const catalogue: readonly CatalogueEntry[] = [...smallModels, ...paperModels];

/** The entry with this name, or undefined. */
export function findCatalogueEntry(name: string): CatalogueEntry | undefined {
  return catalogue.find((entry) => entry.name === name);
}

/**
 * The entry with this name.
 *
 * @throws {UnknownNameError} that lists the names and the nearest one
 */
export function catalogueEntry(name: string): CatalogueEntry {
  const entry = findCatalogueEntry(name);
  if (entry !== undefined) return entry;
  const names = catalogue.map((known) => known.name);
  throw new UnknownNameError('model', name, names, nearestName(name, names));
}
