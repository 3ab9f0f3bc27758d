import { type EngineWorld, openEngine } from '../engines/index.ts';
import { type CellSpeed, probeModel } from '../run/estimate-duration.ts';
import type { RunPlan } from '../run/plan.ts';

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
