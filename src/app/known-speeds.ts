import { type EngineWorld, openEngine } from '../engines/index.ts';
import { buildGenerateRequest, buildLikelihoodRequest } from '../run/ask-items.ts';
import { type CellSpeed, type DurationEstimate, probeModel, speedFromRequests } from '../run/estimate-duration.ts';
import type { PlannedTask, RunPlan } from '../run/plan.ts';
import type { Store } from '../core/store.ts';

/** What a short probe of every model of a plan found. */
export interface PlanProbe {
  readonly speeds: readonly CellSpeed[];
  /** Starting each engine once, added up. */
  readonly loadMs: number;
  readonly memoryPeakBytes: Readonly<Record<string, number>>;
  readonly durationMs: number;
}

/** The cell that a probe is at. */
export interface ProbeStep {
  readonly model: string;
  readonly taskId: string;
  /** From 1. */
  readonly cell: number;
  readonly cells: number;
}

/**
 * Core-seconds that a CPU takes per token and GiB of weights, some at once, with prompts and answers in their usual mix:
 * measured with models of 0.1 to 0.5 GiB on two cores of an AMD EPYC. Others differ by a factor of two or three.
 */
const coreSecondsPerTokenGib = 0.02;
const guessFactor = 2;
const charactersPerToken = 4;

function itemTokens(planned: PlannedTask, position: number): number {
  const { task } = planned;
  if (task.kind === 'generate') {
    const { prompt, maxTokens } = buildGenerateRequest(planned, task, position, 'plain');
    // Few answers take all the tokens that they may.
    return ('text' in prompt ? prompt.text.length : 0) / charactersPerToken + maxTokens / 2;
  }
  const { context, continuations } = buildLikelihoodRequest(planned, task, position);
  return [context, ...continuations].reduce((sum, text) => sum + text.length, 0) / charactersPerToken;
}

/** About how long a probe takes on so many cores; undefined where the size of a model isn't known. */
export function guessProbe(
  { models, tasks }: Pick<RunPlan, 'models' | 'tasks'>,
  items: number,
  cores: number,
): DurationEstimate | undefined {
  const tokens = tasks.flatMap((planned) => planned.order.slice(0, items).map((at) => itemTokens(planned, at)));
  const perGib = tokens.reduce((sum, each) => sum + each, 0) * coreSecondsPerTokenGib;
  let ms = 0;
  for (const { facts } of models) {
    if (facts.fileBytes === undefined) return undefined;
    ms += (1000 * perGib * (facts.fileBytes / 2 ** 30)) / cores;
  }
  return { ms, lowMs: ms / guessFactor, highMs: ms * guessFactor };
}

/** Starts every model once and asks it a few items of each task. */
export async function probePlan(
  plan: Pick<RunPlan, 'suite' | 'models' | 'tasks'>,
  items: number,
  signal: AbortSignal,
  onStep: (step: ProbeStep) => void = () => {},
  world?: EngineWorld,
): Promise<PlanProbe> {
  const startedMs = performance.now();
  const speeds: CellSpeed[] = [];
  const memoryPeakBytes: Record<string, number> = {};
  let loadMs = 0;
  let cell = 0;
  const cells = plan.models.length * plan.tasks.length;
  for (const model of plan.models) {
    const { name } = model.spec;
    const engine = await openEngine(model.spec.engine, world);
    const probe = await probeModel(engine, model, plan.tasks, plan.suite, items, signal, (taskId) => {
      cell += 1;
      onStep({ model: name, taskId, cell, cells });
    });
    speeds.push(...probe.cells);
    loadMs += probe.loadMs;
    memoryPeakBytes[name] = probe.memoryPeakBytes;
  }
  return { speeds, loadMs, memoryPeakBytes, durationMs: performance.now() - startedMs };
}

const newestRuns = 30;
const minRequests = 20;

/** Speeds that finished accuracy passes of earlier runs tell, newest first, one for each model and task. */
export async function earlierSpeeds(
  { models, tasks }: Pick<RunPlan, 'models' | 'tasks'>,
  store: Store,
): Promise<readonly CellSpeed[]> {
  const taskIds = tasks.map(({ task }) => task.id);
  const found = new Map<string, CellSpeed>();
  for (const run of (await store.listRuns()).slice(0, newestRuns)) {
    const names = new Map<string, string>();
    for (const { spec, facts } of models) {
      // By its weights, or by its source where it has none.
      const same = Object.entries(run.manifest.models).find(([, known]) =>
        facts.fileSha256 === undefined ? known.source === facts.source : known.fileSha256 === facts.fileSha256,
      );
      if (same !== undefined) names.set(same[0], spec.name);
    }
    for (const cell of await store.cells(run.id)) {
      const name = names.get(cell.model);
      const key = `${name} ${cell.taskId}`;
      if (name === undefined || !taskIds.includes(cell.taskId) || found.has(key)) continue;
      const pass = (await store.passResults(cell.id)).find((result) => result.pass === 'accuracy');
      if (pass === undefined || pass.requests < minRequests) continue;
      const itemMs = pass.durationMs / pass.requests;
      // Requests of a finished pass are many: what is unsure is the machine, not the mean over items.
      const requestMs = itemMs * pass.concurrency;
      found.set(key, speedFromRequests(name, cell.taskId, itemMs, [requestMs, requestMs], 'earlier run'));
    }
  }
  return Array.from(found.values());
}
