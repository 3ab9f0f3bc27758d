/**
 * Adds the tasks of a finished run to the anchors of a class of hardware, with the measurements behind them. Tasks that
 * the class has already are left alone: an anchor never changes within a version.
 *
 *     node scripts/freeze-class-anchors.ts <store> <run> [data/anchors/2026-1-cpu.json]
 */
import { readFile, writeFile } from 'node:fs/promises';
import { freezeProjectAnchors } from '../src/app/freeze-project-anchors.ts';
import { createScoreboards } from '../src/scoring/create-scoreboards.ts';
import { valueOf } from '../src/scoring/scoreboard.ts';
import { openSqliteStore } from '../src/store/sqlite-store.ts';
import { loadTasks } from '../src/tasks/index.ts';

interface ClassFile {
  readonly basis: { readonly measured: Readonly<Record<string, readonly object[]>> };
}

const [storePath, runName, frozenFile = 'data/anchors/2026-1-cpu.json'] = process.argv.slice(2);
if (storePath === undefined || runName === undefined) throw new Error('name a store and a run of it');
await using store = await openSqliteStore({ file: storePath });
const run = await store.getRun(runName);
if (run === undefined) throw new Error(`no run "${runName}" in ${storePath}`);
const cells = await store.cells(run.id);
const tasks = new Map<string, Awaited<ReturnType<typeof loadTasks>>[number]>();
for (const id of new Set(cells.map(({ taskId }) => taskId))) {
  const [task] = await loadTasks(id);
  if (task !== undefined) tasks.set(id, task);
}
const boards = createScoreboards(cells, { tasks: Object.fromEntries(tasks) });
const frozen = await freezeProjectAnchors({
  projectDir: '.',
  frozenFile,
  boards,
  trivialAccuracy: (taskId) => (taskId.startsWith('squad2/') ? 0 : (tasks.get(taskId)?.chance ?? 0)),
  deviceMemoryBytes: run.manifest.host.memoryBytes,
});
const added = frozen?.tasks ?? [];
const file = JSON.parse(await readFile(frozenFile, 'utf8')) as ClassFile;
const measured: readonly (readonly [string, readonly object[]])[] = boards
  .filter(({ taskId }) => added.includes(taskId.split('@')[0] ?? taskId))
  .map(({ taskId, rows }) => [
    taskId.split('@')[0] ?? taskId,
    rows.map(({ model, measurements: { throughput, latency } }) => ({
      model,
      throughput: valueOf(throughput),
      latency: valueOf(latency),
    })),
  ]);
const basis = { ...file.basis, measured: { ...file.basis.measured, ...Object.fromEntries(measured) } };
if (added.length > 0) await writeFile(frozenFile, `${JSON.stringify({ ...file, basis }, undefined, 2)}\n`);
console.log(added.length === 0 ? 'nothing to add' : `added ${added.join(', ')}`);
