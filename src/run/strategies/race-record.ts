/** What a race stores of itself in the manifest of its run, and what its cells may tell. */
import type { Cell, CellMeasurements } from '../../core/cell.ts';
import type { RunEvent } from '../../core/event.ts';
import type { Measurement } from '../../core/measurement.ts';
import type { RaceRecord, RaceTaskRecord, RaceVerdict } from '../../core/race.ts';
import { isOpen, type RunState, type Step } from '../strategy.ts';

/** The race as it is stored. */
export async function readRace({ store, runId }: RunState): Promise<RaceRecord> {
  const race = (await store.getRun(runId))?.manifest.race;
  if (race === undefined) throw new Error(`run ${runId} is no race`);
  return race;
}

/** Changes the stored race of one task. */
export function noteTask(taskId: string, change: (task: RaceTaskRecord) => RaceTaskRecord, event?: RunEvent): Step {
  return {
    type: 'note',
    event,
    change: (manifest) => {
      const { race } = manifest;
      const task = race?.tasks[taskId];
      if (race === undefined || task === undefined) return manifest;
      return { ...manifest, race: { ...race, tasks: { ...race.tasks, [taskId]: change(task) } } };
    },
  };
}

/**
 * A model that failed and is tried again comes last, like one that was added later: nobody's test changes.
 *
 * @returns undefined where there is none
 */
export function movingRetried(
  { decisions }: RaceTaskRecord,
  cells: readonly Cell[],
): ((stored: RaceTaskRecord) => RaceTaskRecord) | undefined {
  const open = new Set(cells.filter(isOpen).map(({ model }) => model));
  const retried = new Set(decisions.map(({ model }) => model).filter((model) => open.has(model)));
  if (retried.size === 0) return undefined;
  const isRetried = ({ model }: { readonly model: string }): boolean => retried.has(model);
  return (stored) => {
    const { certificate: _, open: __, ...rest } = stored;
    return {
      ...rest,
      entrants: [...stored.entrants.filter((entrant) => !isRetried(entrant)), ...stored.entrants.filter(isRetried)],
      decisions: stored.decisions.filter((decision) => !isRetried(decision)),
    };
  };
}

function stopped({ status, reason, accuracy, n }: RaceVerdict): Measurement {
  if (status === 'skipped') return { status: 'unavailable', reason: 'not_launched', detail: reason };
  const range =
    accuracy?.kind === 'interval' ? `; between ${accuracy.low.toFixed(3)} and ${accuracy.high.toFixed(3)}` : '';
  return { status: 'unavailable', reason: 'stopped_early', detail: `${status} after ${n} items: ${reason}${range}` };
}

/** What a cell of a race measured: an accuracy only where every item was answered, since a stopped mean is biased. */
export function toldMeasurements(measured: CellMeasurements, verdict: RaceVerdict): CellMeasurements {
  if (verdict.accuracy?.kind === 'exact') return measured;
  const { extra: _, ...rest } = measured;
  const accuracy = stopped(verdict);
  if (verdict.status !== 'skipped') return { ...rest, accuracy };
  return { accuracy, throughput: accuracy, latency: accuracy, memory: accuracy };
}
