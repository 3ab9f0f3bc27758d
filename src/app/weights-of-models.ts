import type { Cell } from '../core/cell.ts';
import type { ModelFacts } from '../core/manifest.ts';
import type { RunRecord } from '../core/store.ts';

/** What tells whether two models are the same weights: their file, or the server and the name there. */
function weightsOf({ fileSha256, engine, source }: ModelFacts): string | undefined {
  if (fileSha256 !== undefined) return fileSha256;
  // Others, such as the mock engine, are told apart by their options alone.
  return engine === 'openai' || engine === 'managed' ? `${engine} ${source}` : undefined;
}

/**
 * The weights of models by the names that tables give them. A model that two runs measured is twice the same setting, not
 * two settings, and left out.
 *
 * @param shown the cells under the names that tables give them, as many and in the same order
 */
export function weightsOfModels(
  runs: readonly RunRecord[],
  cells: readonly Cell[],
  shown: readonly { readonly model: string }[],
): ReadonlyMap<string, string> {
  const manifests = new Map(runs.map(({ id, manifest }) => [id, manifest]));
  return new Map(
    cells.flatMap(({ runId, model }, index): [string, string][] => {
      const facts = manifests.get(runId)?.models[model];
      const weights = facts === undefined || shown[index]?.model !== model ? undefined : weightsOf(facts);
      return weights === undefined ? [] : [[model, weights]];
    }),
  );
}
