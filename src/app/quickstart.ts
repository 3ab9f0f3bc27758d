import { addEstimates, type DurationEstimate, estimateCell, type CellSpeed } from '../run/estimate-duration.ts';
import type { RunPlan } from '../run/plan.ts';
import { type Suite, suiteSchema } from '../core/suite.ts';
import { parseModelRequest } from '../sources/model-request.ts';
import { resolveModel } from '../sources/resolve-model.ts';
import type { LocalContext } from './local-context.ts';
import { prepareRun, withItems } from './prepare-run.ts';
import { type PlanProbe, probePlan } from './known-speeds.ts';

/** How many items of each task fit into a time. */
export interface BudgetFit {
  readonly items: number;
  readonly estimate: DurationEstimate;
  /** Even the fewest items take longer. */
  readonly isOver: boolean;
  readonly isAll: boolean;
}

/** Time of the whole run with so many items of each task. */
export function estimateRun(
  plan: RunPlan,
  speeds: readonly CellSpeed[],
  loadMs: number,
  items: number,
): DurationEstimate {
  const sizes = new Map(plan.tasks.map(({ task, order }) => [task.id, Math.min(items, order.length)]));
  const cells = speeds.map((speed) => estimateCell(plan.suite, speed, sizes.get(speed.taskId) ?? items));
  return addEstimates([...cells, { ms: loadMs, lowMs: loadMs, highMs: loadMs }]);
}

/**
 * The largest number of items, the same for every task, with which the run most likely ends in time.
 *
 * @param budgetMs what is left of the time
 * @param loadMs starting all engines
 * @param minItems never fewer, even if that takes longer
 */
export function fitBudget(
  plan: RunPlan,
  speeds: readonly CellSpeed[],
  loadMs: number,
  budgetMs: number,
  minItems: number,
): BudgetFit {
  const maxItems = Math.max(...plan.tasks.map(({ order }) => order.length));
  let items = Math.min(minItems, maxItems);
  while (items < maxItems && estimateRun(plan, speeds, loadMs, items + 1).highMs <= budgetMs) items += 1;
  const estimate = estimateRun(plan, speeds, loadMs, items);
  return { items, estimate, isOver: estimate.highMs > budgetMs, isAll: items === maxItems };
}

const models = ['smollm2-135m-instruct', 'gemma-3-270m', 'qwen2.5-coder-0.5b-instruct'] as const;

/** Items of each task, however slow the machine is. */
export const quickstartMinItems = 10;

const probeItems = 3;

/** Three small models on the built-in mini set, one pass each: the paper's protocol is the shortest that gives a PER. */
function quickstartSuite(): Suite {
  return suiteSchema.parse({
    name: 'quickstart',
    models: [...models],
    tasks: ['mini'],
    protocol: 'paper',
    concurrency: 8,
  });
}

export interface QuickstartModel {
  readonly name: string;
  /** 0 where it is on this machine already. */
  readonly bytesToFetch: number;
}

/** What would be fetched; asks no server. */
export async function quickstartModels({ settings, workingFolder }: LocalContext): Promise<readonly QuickstartModel[]> {
  const found: QuickstartModel[] = [];
  for (const name of models) {
    const request = parseModelRequest(name, workingFolder);
    const isHere = (await resolveModel(request, settings)) !== undefined;
    found.push({ name, bytesToFetch: isHere ? 0 : (request.bytes ?? 0) });
  }
  return found;
}

export interface QuickstartPlan {
  readonly plan: RunPlan;
  /** What a probe found, and what fits by it; undefined where the probe itself took too long. */
  readonly probed: { readonly probe: PlanProbe; readonly fit: BudgetFit } | undefined;
  /** Longest time of the probe. */
  readonly probeLimitMs: number;
}

/** Undefined where the limit ended it. */
async function probeWithin(
  limitMs: number,
  plan: RunPlan,
  { onStep }: LocalContext,
  signal: AbortSignal,
): Promise<PlanProbe | undefined> {
  const limit = AbortSignal.timeout(limitMs);
  try {
    const stop = AbortSignal.any([signal, limit]);
    const probe = await probePlan(plan, probeItems, stop, (name) => onStep?.(`probe of ${name}`));
    if (!limit.aborted) return probe;
  } catch (error) {
    // Whatever an engine says when it is stopped in the middle.
    if (!limit.aborted) throw error;
  }
  signal.throwIfAborted();
  return undefined;
}

/**
 * Fetches the models, probes them, and takes as many items as fit into the time; downloads don't count.
 *
 * The probe may take a third of the time: where its few items take longer, no more than the fewest would fit anyway.
 */
export async function prepareQuickstart(
  budgetMs: number,
  context: LocalContext,
  signal: AbortSignal,
): Promise<QuickstartPlan> {
  const plan = await prepareRun(quickstartSuite(), context, signal);
  const probeLimitMs = budgetMs / 3;
  const probe = await probeWithin(probeLimitMs, plan, context, signal);
  if (probe === undefined) return { plan: withItems(plan, quickstartMinItems), probed: undefined, probeLimitMs };
  const fit = fitBudget(plan, probe.speeds, probe.loadMs, budgetMs - probe.durationMs, quickstartMinItems);
  return { plan: withItems(plan, fit.items), probed: { probe, fit }, probeLimitMs };
}
