import { nowMs } from '../core/clock.ts';
import type { Engine, LoadedModel } from '../core/engine.ts';
import type { Suite } from '../core/suite.ts';
import { askItems } from './ask-items.ts';
import { type CellSpeed, speedFromRequests } from './cell-speed.ts';
import { readMemory } from './measure-pass.ts';
import { suiteEngineOptions } from './protocol.ts';
import type { PlannedModel, PlannedTask } from './plan.ts';

export interface ModelProbe {
  readonly loadMs: number;
  readonly memoryPeakBytes: number;
  readonly cells: readonly CellSpeed[];
}

async function probeTask(
  name: string,
  model: LoadedModel,
  planned: PlannedTask,
  items: number,
  signal: AbortSignal,
): Promise<CellSpeed> {
  const positions = planned.order.slice(0, items);
  async function* few(): AsyncGenerator<number> {
    yield* positions;
  }
  const requestMs: number[] = [];
  const startedMs = nowMs();
  for await (const { result } of askItems(model, planned, few(), { concurrency: items, reuse: 'none', signal })) {
    if (result.status === 'done') requestMs.push(result.times.lastTokenMs - result.times.startedMs);
  }
  const itemMs = (nowMs() - startedMs) / Math.max(1, positions.length);
  return speedFromRequests(name, planned.task.id, itemMs, requestMs, 'probe');
}

/** Starts a model once and asks it `items` items of each task, to tell how long a run will take. */
export async function probeModel(
  engine: Engine,
  { spec }: PlannedModel,
  tasks: readonly PlannedTask[],
  suite: Suite,
  items: number,
  signal: AbortSignal,
): Promise<ModelProbe> {
  const startedMs = nowMs();
  await using model = await engine.open(spec, suiteEngineOptions(suite), signal);
  const loadMs = nowMs() - startedMs;
  const cells: CellSpeed[] = [];
  for (const planned of tasks) {
    signal.throwIfAborted();
    cells.push(await probeTask(spec.name, model, planned, items, signal));
  }
  return { loadMs, memoryPeakBytes: (await readMemory(model)).memory?.peakBytes ?? 0, cells };
}
