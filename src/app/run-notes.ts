import type { Cell } from '../core/cell.ts';
import type { RunRecord } from '../core/store.ts';
import type { Scoreboard } from '../scoring/scoreboard.ts';
import { machineNotes } from './machine-notes.ts';
import { needNotes } from './needed-limits.ts';
import { runDifferences } from './setting-differences.ts';
import { takenNotes } from './taken-answers.ts';

/** What a reader must know of the runs themselves. */
export function runNotes(
  runs: readonly RunRecord[],
  cells: readonly Cell[],
  scoreboards: readonly Scoreboard[],
  taskIds: readonly string[],
): readonly string[] {
  return [
    ...differences(runs),
    ...machineNotes(runs),
    ...tooShort(runs),
    ...takenNotes(runs, taskIds),
    ...unfinished(cells),
    ...needNotes(scoreboards, runs),
    ...races(runs),
  ];
}

/** What makes numbers of several runs hard to compare. An imported run was measured elsewhere, nobody knows how. */
function differences(runs: readonly RunRecord[]): readonly string[] {
  const names = runDifferences(runs.filter(({ manifest }) => manifest.imported === undefined));
  return names.length === 0 ? [] : [`These runs differ in ${names.join('; ')}: compare with care.`];
}

/** Tasks that runs within a time had to leave out. */
function tooShort(runs: readonly RunRecord[]): readonly string[] {
  const tasks = [...new Set(runs.flatMap(({ manifest }) => manifest.leftOut ?? []))];
  if (tasks.length === 0) return [];
  return [`Left out for want of time: ${tasks.join(', ')}. Raise --minutes, or close what else takes CPU.`];
}

function unfinished(cells: readonly Cell[]): readonly string[] {
  const open = cells.filter(({ state }) => state === 'pending' || state === 'running').length;
  return open === 0 ? [] : [`${open} of ${cells.length} cells are not finished.`];
}

function races(runs: readonly RunRecord[]): readonly string[] {
  const isRaced = runs.some(({ manifest }) => manifest.race !== undefined);
  return isRaced ? ['This run answered a --decide question: perbench show prints the certificate.'] : [];
}
