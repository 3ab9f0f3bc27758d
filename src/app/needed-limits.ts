import {
  formatLimit,
  isUpperLimit,
  keepsBound,
  type Limit,
  limitList,
  type Limits,
  withoutGaps,
} from '../core/limits.ts';
import { questionOf } from '../core/race-question.ts';
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

/** Where limits and anchors come from that no flag gave; of races, which limits they didn't ask for. */
export function needNotes(boards: readonly Scoreboard[], runs: readonly RunFacts[]): readonly string[] {
  return [...new Set(boards.map(({ taskId }) => taskId))].flatMap((taskId) => {
    const needed = neededLimits(taskId, runs);
    if (needed === undefined) return [];
    const unasked = unaskedNotes([taskId], runs);
    return unasked.length > 0 ? unasked : [`Limits and anchors of ${needed.from}: ${needed.text}.`];
  });
}

/** Which limits of task files the question of a race doesn't keep to, one sentence a task. */
export function unaskedNotes(taskIds: readonly string[], runs: readonly RunFacts[]): readonly string[] {
  return taskIds.flatMap((taskId) => {
    const needed = neededLimits(taskId, runs);
    const unasked = needed === undefined ? [] : unaskedLimits(needed.limits, taskId, runs);
    if (needed === undefined || unasked.length === 0) return [];
    const listed = unasked.map(formatLimit).join(', ');
    return [`The race keeps to its own question, which doesn't ask for ${listed} of ${needed.from}.`];
  });
}

/** The limits that the question of a race on the task leaves out, or has looser. */
function unaskedLimits(limits: Limits, taskId: string, runs: readonly RunFacts[]): readonly Limit[] {
  const race = runs.map(({ manifest }) => manifest.race).find((own) => own?.tasks[taskId] !== undefined);
  if (race === undefined) return [];
  const { limits: asked } = questionOf(race.question);
  return limitList(limits, []).filter(({ name, bound }) => {
    const own = asked[name];
    return own === undefined || !keepsBound(own, bound, isUpperLimit(name));
  });
}
