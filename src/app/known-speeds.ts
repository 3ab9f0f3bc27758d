import { type EngineWorld, openEngine } from '../engines/index.ts';
import { type CellSpeed, probeModel, speedFromRequests } from '../run/estimate-duration.ts';
import type { RunPlan } from '../run/plan.ts';
import type { Store } from '../core/store.ts';

/** What a short probe of every model of a plan found. */
export interface PlanProbe {
  readonly speeds: readonly CellSpeed[];
  /** Starting each engine once, added up. */
  readonly loadMs: number;
  readonly memoryPeakBytes: Readonly<Record<string, number>>;
  readonly durationMs: number;
}

/** Starts every model once and asks it a few items of each task. */
export async function probePlan(
  plan: Pick<RunPlan, 'suite' | 'models' | 'tasks'>,
  items: number,
  signal: AbortSignal,
  onModel: (name: string) => void = () => {},
  world?: EngineWorld,
): Promise<PlanProbe> {
  const startedMs = performance.now();
  const speeds: CellSpeed[] = [];
  const memoryPeakBytes: Record<string, number> = {};
  let loadMs = 0;
  for (const model of plan.models) {
    onModel(model.spec.name);
    const engine = await openEngine(model.spec.engine, world);
    const probe = await probeModel(engine, model, plan.tasks, plan.suite, items, signal);
    speeds.push(...probe.cells);
    loadMs += probe.loadMs;
    memoryPeakBytes[model.spec.name] = probe.memoryPeakBytes;
  }
  return { speeds, loadMs, memoryPeakBytes, durationMs: performance.now() - startedMs };
}

const newestRuns = 30;
const minRequests = 20;

/** What identifies a model across runs: its weights, or its source where it has none. */
export interface WantedModel {
  readonly name: string;
  readonly sha256: string | undefined;
  readonly source: string;
}

/** Speeds that finished accuracy passes of earlier runs tell, newest first, one for each model and task. */
export async function earlierSpeeds(
  store: Store,
  models: readonly WantedModel[],
  taskIds: readonly string[],
): Promise<readonly CellSpeed[]> {
  const found = new Map<string, CellSpeed>();
  for (const run of (await store.listRuns()).slice(0, newestRuns)) {
    const names = new Map<string, string>();
    for (const { name, sha256, source } of models) {
      const facts = Object.entries(run.manifest.models).find(([, known]) =>
        sha256 === undefined ? known.source === source : known.fileSha256 === sha256,
      );
      if (facts !== undefined) names.set(facts[0], name);
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
