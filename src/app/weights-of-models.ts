import type { Cell } from '../core/cell.ts';
import type { ModelFacts } from '../core/manifest.ts';
import type { RunRecord } from '../core/store.ts';
import { modelSize, type ModelSize } from '../scoring/model-size.ts';

/** What tells whether two models are the same weights: their file, or the server and the name there. */
function weightsOf({ fileSha256, engine, source }: ModelFacts): string | undefined {
  if (fileSha256 !== undefined) return fileSha256;
  // Others, such as the mock engine, are told apart by their options alone.
  return engine === 'openai' || engine === 'managed' ? `${engine} ${source}` : undefined;
}

/** A cell under the name that tables give it. */
interface ShownCell {
  readonly model: string;
}

/** Facts of models by the names that tables give them; `shown` are the cells under those, in the same order. */
function factsByName(
  runs: readonly RunRecord[],
  cells: readonly Cell[],
  shown: readonly ShownCell[],
): readonly { readonly model: string; readonly name: string; readonly facts: ModelFacts }[] {
  const manifests = new Map(runs.map(({ id, manifest }) => [id, manifest]));
  return cells.flatMap(({ runId, model }, index) => {
    const facts = manifests.get(runId)?.models[model];
    return facts === undefined ? [] : [{ model, name: shown[index]?.model ?? model, facts }];
  });
}

/**
 * The weights of models by the names that tables give them. A model that two runs measured is twice the same setting, not
 * two settings, and left out.
 */
export function weightsOfModels(
  runs: readonly RunRecord[],
  cells: readonly Cell[],
  shown: readonly ShownCell[],
): ReadonlyMap<string, string> {
  return new Map(
    factsByName(runs, cells, shown).flatMap(({ model, name, facts }): [string, string][] => {
      const weights = name === model ? weightsOf(facts) : undefined;
      return weights === undefined ? [] : [[model, weights]];
    }),
  );
}

/** How large models are, by the names that tables give them. */
export function sizesOfModels(
  runs: readonly RunRecord[],
  cells: readonly Cell[],
  shown: readonly ShownCell[],
): ReadonlyMap<string, ModelSize> {
  return new Map(factsByName(runs, cells, shown).map(({ name, facts }) => [name, modelSize(facts)]));
}
