/**
 * Adds the tasks of finished runs to the anchors of a class of hardware, with the measurements behind them. Tasks that
 * the class has already in the same units are left alone: an anchor never changes within a version.
 *
 *     node scripts/freeze-class-anchors.ts <store> <run>... [--file data/anchors/2026-1-cpu.json] [--same new=old]...
 *
 * `--same` gives a task the anchors of another that sends the same requests and reads the answers otherwise.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { readAnchors } from '../src/app/anchors-file.ts';
import { freezeProjectAnchors } from '../src/app/freeze-project-anchors.ts';
import { scoreboardTasks } from '../src/app/known-tasks.ts';
import { createScoreboards, isSound } from '../src/scoring/create-scoreboards.ts';
import { valueOf } from '../src/scoring/scoreboard.ts';
import { openSqliteStore } from '../src/store/sqlite-store.ts';

interface ClassFile {
  readonly tasks: Readonly<Record<string, unknown>>;
  readonly basis: {
    readonly measured: Readonly<Record<string, readonly object[]>>;
    readonly sameRequests?: Readonly<Record<string, string>>;
  };
}

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    file: { type: 'string', default: 'data/anchors/2026-1-cpu.json' },
    same: { type: 'string', multiple: true, default: [] },
  },
});
const [storePath, ...runNames] = positionals;
const frozenFile = options.file;
if (storePath === undefined || runNames.length === 0) throw new Error('name a store and runs of it');
await using store = await openSqliteStore({ file: storePath });
for (const runName of runNames) {
  const run = await store.getRun(runName);
  if (run === undefined) throw new Error(`no run "${runName}" in ${storePath}`);
  const cells = await store.cells(run.id);
  const anchors = await readAnchors(frozenFile, frozenFile, true);
  const boards = createScoreboards(cells, {
    tasks: await scoreboardTasks(cells.map(({ taskId }) => taskId)),
    anchors,
    deviceMemoryBytes: run.manifest.host.memoryBytes,
  });
  const { tasks: added, refused } = await freezeProjectAnchors({ projectDir: '.', frozenFile, boards });
  const file = JSON.parse(await readFile(frozenFile, 'utf8')) as ClassFile;
  const measured: readonly (readonly [string, readonly object[]])[] = boards.flatMap(({ taskId, protocol, rows }) => {
    const [name = taskId] = taskId.split('@');
    if (!added.includes(name)) return [];
    const numbers = rows
      .filter(({ flags }) => isSound(flags))
      .map(({ model, measurements: { throughput, latency } }) => ({
        model,
        throughput: valueOf(throughput),
        latency: valueOf(latency),
      }));
    return [[protocol === 'serving' ? name : `${name}, ${protocol} protocol`, numbers] as const];
  });
  const basis = { ...file.basis, measured: { ...file.basis.measured, ...Object.fromEntries(measured) } };
  if (added.length > 0) await writeFile(frozenFile, `${JSON.stringify({ ...file, basis }, undefined, 2)}\n`);
  console.log(`${run.id}: ${added.length === 0 ? 'nothing to add' : `added ${added.join(', ')}`}`);
  if (refused.length > 0) console.log(`  too few sound numbers: ${refused.join(', ')}`);
}
for (const pair of options.same) {
  const [name = '', other = ''] = pair.split('=');
  const file = JSON.parse(await readFile(frozenFile, 'utf8')) as ClassFile;
  if (Object.hasOwn(file.tasks, name) || !Object.hasOwn(file.tasks, other))
    throw new Error(`--same ${pair}: nothing to do`);
  const basis = { ...file.basis, sameRequests: { ...file.basis.sameRequests, [name]: other } };
  const tasks = { ...file.tasks, [name]: file.tasks[other] };
  await writeFile(frozenFile, `${JSON.stringify({ ...file, tasks, basis }, undefined, 2)}\n`);
  console.log(`${name}: as ${other}`);
}
