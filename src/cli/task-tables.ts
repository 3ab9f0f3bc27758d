import type { RunEvent } from '../core/event.ts';
import type { Store } from '../core/store.ts';
import { reportRuns } from '../app/report-runs.ts';
import type { ScoringChoice } from '../app/scoring.ts';
import type { CliContext } from './context.ts';
import { project } from './local-world.ts';
import { printTables } from './print-document.ts';
import type { Progress } from './progress/progress.ts';

/** The tables of a run that does one task after the other, each as soon as its task is done. */
export interface TaskTables {
  /** Prints the table of the task whose last cell ends with this event. */
  follow(event: RunEvent, progress: Progress): Promise<void>;
  /** Tasks whose tables are printed. */
  readonly shown: ReadonlySet<string>;
}

export function createTaskTables(store: Store, context: CliContext, scoring: ScoringChoice): TaskTables {
  const shown = new Set<string>();
  const tasks = new Map<string, string>();
  const open = new Set<string>();
  let runId = '';

  async function print(taskId: string, progress: Progress): Promise<void> {
    const run = await store.getRun(runId);
    const cells = (await store.cells(runId)).filter((cell) => cell.taskId === taskId);
    if (run === undefined || !cells.some(({ state }) => state === 'done')) return;
    const report = await reportRuns(store, [run], { ...project(context), scoring, tasks: [taskId] });
    progress.aside(() => {
      printTables(report, context, { isPart: true });
      context.output.result('');
    });
    shown.add(taskId);
  }

  return {
    shown,
    async follow(event, progress) {
      if (event.type === 'run-start') {
        ({ runId } = event);
        for (const { id, taskId, state } of event.cells) {
          tasks.set(id, taskId);
          if (state === 'pending' || state === 'running') open.add(id);
        }
      }
      if (event.type !== 'cell-end') return;
      open.delete(event.cellId);
      const taskId = tasks.get(event.cellId);
      if (taskId === undefined || [...open].some((cellId) => tasks.get(cellId) === taskId)) return;
      await print(taskId, progress);
    },
  };
}
