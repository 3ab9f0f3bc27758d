import { join, relative, sep } from 'node:path';
import type { RunRecord, Store } from '../core/store.ts';
import type { ForeignFormat, StoredCell } from '../exporters/formats/format.ts';
import { isTaskNamed, knownTask } from '../local/known-tasks.ts';
import type { CliContext } from './context.ts';
import { writeWhole } from './write-outputs.ts';

interface Source {
  readonly store: Store;
  readonly runs: readonly RunRecord[];
  /** By id or short name; none means all. */
  readonly tasks: readonly string[];
}

async function storedCells({ store, runs, tasks }: Source): Promise<readonly StoredCell[]> {
  const cells: StoredCell[] = [];
  for (const run of runs) {
    for (const cell of await store.cells(run.id)) {
      if (!isTaskNamed(cell.taskId, tasks)) continue;
      cells.push({ run, cell, task: await knownTask(cell.taskId), samples: () => store.samples(cell.id) });
    }
  }
  return cells;
}

/**
 * Writes cells into a folder in a format of several files.
 *
 * @returns how many files were written
 */
export async function writeFormatFolder(
  folder: string,
  write: NonNullable<ForeignFormat['write']>,
  source: Source,
  context: CliContext,
): Promise<number> {
  let written = 0;
  for await (const { path, content } of write(await storedCells(source))) {
    context.interruption.signal.throwIfAborted();
    const target = join(folder, ...path.split('/'));
    const inside = relative(folder, target);
    // Names come from models and tasks; whatever they are, files stay in the folder.
    if (inside === '' || inside === '..' || inside.startsWith(`..${sep}`))
      throw new Error(`${path} leads out of the folder`);
    await writeWhole(target, content);
    context.output.detail(`wrote ${target}`);
    context.output.record('file', { path: target });
    written += 1;
  }
  return written;
}
