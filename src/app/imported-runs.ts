import type { Cell } from '../core/cell.ts';
import type { RunRecord } from '../core/store.ts';
import type { ScoreboardCell } from '../scoring/scoreboard.ts';

/** Without those that were imported, where there are others: where something was read says nothing of where it was measured. */
export function madeHere(runs: readonly RunRecord[]): readonly RunRecord[] {
  const made = runs.filter(({ manifest }) => manifest.imported === undefined);
  return made.length > 0 ? made : runs;
}

/**
 * Whoever measured the results of other programs had another protocol than ours. Answers that were scored here have no
 * speed, so that they suit any: they stand in the table of the models that were measured.
 */
export function withImportedProtocols(
  cells: readonly Cell[],
  runs: readonly RunRecord[],
): readonly (Omit<Cell, 'protocol'> & Pick<ScoreboardCell, 'protocol'>)[] {
  const imported = new Map(runs.map(({ id, manifest }) => [id, manifest.imported]));
  return cells.map((cell) => {
    const facts = imported.get(cell.runId);
    if (facts === undefined) return cell;
    if (facts.answers === undefined) return { ...cell, protocol: undefined };
    const beside = cells.find(({ taskId, runId }) => taskId === cell.taskId && imported.get(runId) === undefined);
    return { ...cell, protocol: beside?.protocol ?? cell.protocol };
  });
}

/** What a reader should know of numbers that were imported. */
export function importNotes(runs: readonly RunRecord[]): readonly string[] {
  const all = runs.flatMap(({ manifest: { imported } }) => (imported === undefined ? [] : [imported]));
  const measured = all.filter(({ answers }) => answers === undefined).map(({ tool }) => tool);
  return [...[...new Set(measured)].map((tool) => `Accuracy was measured by ${tool}.`), ...runs.flatMap(answersText)];
}

/** What answers that were made elsewhere don't tell. */
function answersText({ manifest: { imported, models } }: RunRecord): readonly string[] {
  if (imported?.answers === undefined) return [];
  const { latency } = imported.answers;
  const names = Object.keys(models).join(', ');
  const said =
    latency === undefined
      ? ''
      : ` Latency as imported, in no score: median ${Math.round(latency.p50Ms)} ms, p95 ${Math.round(latency.p95Ms)} ms (n = ${latency.n}).`;
  return [`${names}: answers made elsewhere, scored here; speed and memory were not measured here.${said}`];
}
