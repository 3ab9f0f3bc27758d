import { type EngineWorld, openEngine } from '../engines/index.ts';
import { buildGenerateRequest, buildLikelihoodRequest } from '../run/ask-items.ts';
import { type CellSpeed, type DurationEstimate, probeModel, speedFromRequests } from '../run/estimate-duration.ts';
import type { PlannedTask, RunPlan } from '../run/plan.ts';
import type { ModelSpec } from '../core/engine.ts';
import { askedBudget } from '../core/model-setting.ts';
import type { Store } from '../core/store.ts';
import type { ModelEntry } from '../core/suite.ts';
import { settingOf } from './prepare-models.ts';
import { entryOf } from './setting-differences.ts';

/** The cell that a probe is at. */
export interface ProbeStep {
  readonly model: string;
  /** Undefined while the model starts. */
  readonly taskId: string | undefined;
  /** From 1. */
  readonly cell: number;
  readonly cells: number;
}

/**
 * Core-seconds that a CPU takes for a token, whatever the model, and for each GiB of its weights, with prompts and answers
 * in their usual mix: measured on one core of an AMD EPYC with models of 0.1 and 0.5 GiB.
 */
const tokenCost = { base: 0.003, perGib: 0.023 } as const;
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
  const asked = tasks.flatMap((planned) => planned.order.slice(0, items).map((at) => ({ planned, at })));
  const tokens = asked.reduce((sum, { planned, at }) => sum + itemTokens(planned, at), 0);
  const generated = asked.filter(({ planned }) => planned.task.kind === 'generate').length;
  let ms = 0;
  for (const { spec, facts } of models) {
    if (facts.fileBytes === undefined) return undefined;
    const count = tokens + generated * askedBudget(spec.thinking);
    ms += (1000 * count * (tokenCost.base + tokenCost.perGib * (facts.fileBytes / 2 ** 30))) / cores;
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
): Promise<readonly CellSpeed[]> {
  const speeds: CellSpeed[] = [];
  let cell = 0;
  const cells = plan.models.length * plan.tasks.length;
  for (const model of plan.models) {
    const { name, engine: kind } = model.spec;
    const engine = await openEngine(kind, world);
    onStep({ model: name, taskId: undefined, cell: cell + 1, cells });
    const onTask = (taskId: string): void => {
      cell += 1;
      onStep({ model: name, taskId, cell, cells });
    };
    speeds.push(...(await probeModel(engine, model, plan.tasks, plan.suite, items, signal, onTask)));
  }
  return speeds;
}

const newestRuns = 30;
const minRequests = 20;

/** A model that thinks takes many times as long. */
function isSetAlike(spec: ModelSpec, stored: ModelEntry | undefined): boolean {
  const { thinking, templateArgs, structuredOutput } = spec;
  const own = { thinking, templateArgs, structuredOutput };
  return JSON.stringify(settingOf(own)) === JSON.stringify(stored === undefined ? {} : settingOf(stored));
}

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
      const same = Object.entries(run.manifest.models).find(
        ([stored, known]) =>
          (facts.fileSha256 === undefined ? known.source === facts.source : known.fileSha256 === facts.fileSha256) &&
          isSetAlike(spec, entryOf(run.suite, stored)),
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
