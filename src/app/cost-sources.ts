import { ImportError } from '../core/errors.ts';
import type { Cell } from '../core/cell.ts';
import type { RunRecord, Store } from '../core/store.ts';
import { type CostFacts, costFacts } from '../metrics/cost-measurements.ts';
import { countTokens, type TokenCounts } from '../metrics/token-counts.ts';
import { readExportedRun } from './exported-run.ts';

/** A run, of a store or of a file, with what the prices of its answers are made of. */
export interface CostSource {
  readonly run: RunRecord;
  readonly cells: readonly Cell[];
  readonly facts: (cell: Cell) => Promise<CostFacts>;
  readonly tokens: (cell: Cell) => Promise<TokenCounts>;
}

/** What a store knows of a run's prices. */
export async function storedCosts(
  store: Pick<Store, 'cells' | 'passResults' | 'samples'>,
  run: RunRecord,
): Promise<CostSource> {
  return {
    run,
    cells: await store.cells(run.id),
    facts: async ({ id, protocol }) => costFacts(protocol, await store.passResults(id)),
    tokens: ({ id }) => countTokens(store.samples(id)),
  };
}

/**
 * The same of an exported run.
 *
 * @param path absolute
 * @param file its name, for messages
 * @throws {ImportError} if it is none, or an older version exported it
 */
export async function exportedCosts(path: string, file: string): Promise<CostSource> {
  const { run, cells } = await readExportedRun(path, file);
  const byCell = new Map(cells.map(({ cell: { id }, costs }) => [id, costs]));
  const costsOf = ({ id }: Cell): CostFacts & { readonly tokens: TokenCounts } => {
    const costs = byCell.get(id);
    if (costs !== undefined) return costs;
    throw new ImportError({ file }, 'an earlier version of perbench exported it, without what prices are made of', {
      hint: 'Export the run again: perbench export <run> --format run -o base.json',
    });
  };
  return {
    run,
    cells: cells.map(({ cell }) => cell),
    facts: async (cell) => {
      const { tokens: _, ...facts } = costsOf(cell);
      return facts;
    },
    tokens: async (cell) => costsOf(cell).tokens,
  };
}
