import { type Limits, withoutGaps } from '../core/limits.ts';
import { limitsOfNeeds, needsText } from '../core/task-needs.ts';
import type { Scoreboard } from '../scoring/scoreboard.ts';
import { ownFactsOf, type RunFacts } from './known-tasks.ts';

/** The limits that a task file demands, and that file; undefined where it demands none. */
function neededLimits(
  taskId: string,
  runs: readonly RunFacts[],
): { readonly limits: Limits; readonly from: string; readonly text: string } | undefined {
  const { need, needFrom, title } = ownFactsOf(taskId, runs) ?? {};
  if (need === undefined || Object.keys(need).length === 0) return undefined;
  return { limits: limitsOfNeeds(need), from: needFrom ?? title ?? taskId, text: needsText(need) };
}

/** Limits of flags stand above those of the task file, each for itself. */
export function boardLimits(taskId: string, runs: readonly RunFacts[], flags: Limits | undefined): Limits | undefined {
  const needed = neededLimits(taskId, runs);
  return needed === undefined ? flags : { ...needed.limits, ...withoutGaps(flags) };
}

/** Where limits and anchors come from that no flag gave. */
export function needNotes(boards: readonly Scoreboard[], runs: readonly RunFacts[]): readonly string[] {
  return [...new Set(boards.map(({ taskId }) => taskId))].flatMap((taskId) => {
    const needed = neededLimits(taskId, runs);
    return needed === undefined ? [] : [`Limits and anchors of ${needed.from}: ${needed.text}.`];
  });
}
