/*
 * What perbench itself takes of the CPU beside the engine, in throughput windows, with the live display drawn on a
 * pseudo-terminal (util-linux's `script`). Target: below 0.02 of the engine's CPU time in every window.
 *
 *   node bench/own-cost.ts [--model smollm2-135m-instruct] [--tasks gsm8k/mini,hellaswag/mini] [--launches 3]
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { openSqliteStore } from '../src/store/sqlite-store.ts';

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'smollm2-135m-instruct' },
    tasks: { type: 'string', default: 'gsm8k/mini,hellaswag/mini' },
    launches: { type: 'string', default: '3' },
  },
});

const folder = await mkdtemp(join(tmpdir(), 'perbench-own-cost-'));
try {
  const file = join(folder, 'perbench.db');
  const command = [
    `'${process.execPath}' '${join(import.meta.dirname, '../bin/perbench.cjs')}' run`,
    `-m '${values.model}' -t '${values.tasks}' --launches ${values.launches} --limit 10 --store '${file}'`,
  ].join(' ');
  await promisify(execFile)('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    cwd: folder,
    maxBuffer: 1 << 28,
  });
  await using store = await openSqliteStore({ file });
  const run = await store.latestRun();
  if (run === undefined) throw new Error('the run left nothing in its store');
  const shares: number[] = [];
  for (const cell of await store.cells(run.id)) {
    for (const { pass, launch, host, framesDrawn } of await store.passResults(cell.id)) {
      if (pass !== 'throughput') continue;
      const share = host.parentCpuMs / host.engineCpuMs;
      shares.push(share);
      console.log(
        `${cell.taskId} launch ${launch + 1}: perbench ${Math.round(host.parentCpuMs)} ms, engine ` +
          `${Math.round(host.engineCpuMs)} ms of CPU, share ${share.toFixed(4)}, ${framesDrawn} frames drawn, ` +
          `others ${(host.otherShare * 100).toFixed(1)} %`,
      );
    }
  }
  console.log(`share of perbench: ${Math.min(...shares).toFixed(4)} to ${Math.max(...shares).toFixed(4)}`);
} finally {
  await rm(folder, { recursive: true });
}
