import { UsageError } from '../core/errors.ts';
import { type GateLimits, withoutGaps } from '../core/limits.ts';
import type { Store } from '../core/store.ts';
import type { Suite } from '../core/suite.ts';
import { differenceText } from '../present/comparison-document.ts';
import type { Gate } from '../present/gate-document.ts';
import { decideGate, gateChecks, type GateResult } from '../scoring/gate.ts';
import { compareFound } from './compare-runs.ts';
import { type ComparedRun, findComparedRun } from './compared-run.ts';
import { isTaskNamed } from './known-tasks.ts';
import { otherVersions, versionsError } from './task-versions.ts';

export interface GateOptions {
  /** Over those of the suite. */
  readonly limits?: GateLimits | undefined;
  /** Where further limits are, with its name for messages; by default the suite that the candidate was run with. */
  readonly suite?: { readonly suite: Pick<Suite, 'tasks' | 'gates'>; readonly from: string } | undefined;
  /** Ids or short names; by default all. */
  readonly tasks?: readonly string[] | undefined;
  /** What it means when the numbers don't decide; by default `report`. */
  readonly inconclusive?: GateResult['rule'] | undefined;
  /** Where exported runs are read from: names that end in `.json` are such files. Without it all are in the store. */
  readonly folder?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A side with the id of its run, where its name doesn't tell it. */
function sideText({ name, run: { id } }: ComparedRun): string {
  return name.startsWith(id) ? name : `${name} (run ${id})`;
}

/**
 * Checks a run against a baseline and limits: what `perbench gate` says.
 *
 * @param store undefined where both are files
 * @param baseline a run as `compareRuns` takes it
 * @param candidate by default the newest run
 * @throws {UsageError} if there are no limits, or a task is of another version in the baseline
 * @throws what `compareRuns` throws
 */
export async function gateRuns(
  store: Store | undefined,
  baseline: string,
  candidate = 'latest',
  options: GateOptions = {},
): Promise<Gate> {
  const { limits = {}, tasks = [], inconclusive = 'report', folder, signal } = options;
  const a = await findComparedRun(store, baseline, folder);
  const b = await findComparedRun(store, candidate, folder);
  // A task that passes because nothing was compared would be a gap that nobody sees.
  const versions = otherVersions(a, b, (taskId) => isTaskNamed(taskId, tasks));
  if (versions.length > 0) throw versionsError(a, b, versions);
  const { suite, from } = options.suite ?? { suite: b.run.suite, from: "the candidate's suite" };
  const { cells, unmatched } = await compareFound(a, b, { tasks, signal });
  const checks = gateChecks(cells, (taskId) => gateLimitsOf(suite, limits, taskId));
  if (checks.length === 0) {
    throw new UsageError(`no limits to check: ${from} has no section \`gates\`, and no flag sets one`, {
      hint: 'Add flags such as --max-accuracy-drop 0.01, or a section `gates` to the suite file.',
    });
  }
  const { advisory = {}, ...required } = limits;
  const hasOwn = [required, advisory].some((own) => Object.keys(withoutGaps(own)).length > 0);
  return {
    result: decideGate(checks, inconclusive),
    baseline: sideText(a),
    candidate: sideText(b),
    limitsFrom: [...(hasOwn ? ['command line'] : []), from],
    differences: [...new Set(cells.flatMap(({ differences }) => differences.map(differenceText)))],
    unmatched,
  };
}

/** Whether a suite's name for a task means this id; `1` by the id itself, whatever its version, `2` by a short name. */
function nearness(name: string, taskId: string): number | undefined {
  if (name === taskId || taskId.startsWith(`${name}@`)) return 1;
  return taskId.startsWith(`${name}/`) || name === 'all' ? 2 : undefined;
}

function ownLimits(suite: Pick<Suite, 'tasks'>, taskId: string): GateLimits {
  const entries = suite.tasks
    .flatMap((entry) => (typeof entry === 'string' || entry.gates === undefined ? [] : [entry]))
    .map(({ task, gates = {} }) => ({ gates, distance: nearness(task, taskId) }))
    .filter(({ distance }) => distance !== undefined)
    .toSorted((left, right) => (left.distance ?? 0) - (right.distance ?? 0));
  return entries[0]?.gates ?? {};
}

/**
 * The limits of a task: flags over the task's own entry over the suite, those that fail the gate and advisory ones each
 * for themselves.
 *
 * @param flags limits of the command line
 */
export function gateLimitsOf(suite: Pick<Suite, 'tasks' | 'gates'>, flags: GateLimits, taskId: string): GateLimits {
  const layers: readonly GateLimits[] = [suite.gates ?? {}, ownLimits(suite, taskId), flags];
  return layers.reduce<GateLimits>(
    ({ advisory: known, ...all }, { advisory = {}, ...own }) => ({
      ...all,
      ...withoutGaps(own),
      advisory: { ...known, ...withoutGaps(advisory) },
    }),
    {},
  );
}
