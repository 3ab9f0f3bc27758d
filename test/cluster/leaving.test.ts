import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { launchRun } from '../../src/app/cluster/launch-run.ts';
import { defaultStore } from '../../src/cli/tables/global-options.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { toyPlan } from '../run/toy-plan.ts';
import { LocalLauncher } from '../setup/local-launcher.ts';
import { perbenchBin } from '../setup/perbench-process.ts';
import { testFolder } from '../setup/test-settings.ts';

const terminal = '/usr/bin/script';

/** What is typed once the screen shows something, in this order. */
type Typed = readonly (readonly [shown: RegExp, keys: string])[];

/** perbench at a terminal of its own; returns its exit code and what its screen got. */
async function atTerminal(words: readonly string[], folder: string, typed: Typed) {
  const command = [process.execPath, perbenchBin, ...words].map((word) => `'${word}'`).join(' ');
  const env = { PATH: process.env['PATH'], HOME: folder, TERM: 'xterm' };
  // The shell's own death of Ctrl-C would hide the exit code.
  const line = `stty cols 120 rows 40; exec ${command}`;
  const child = spawn(terminal, ['-qefc', line, '/dev/null'], { cwd: folder, env, stdio: 'pipe' });
  let screen = '';
  let seen = 0;
  const left = [...typed];
  child.stdout.on('data', (chunk: Buffer) => {
    screen += chunk.toString();
    const [next] = left;
    if (next === undefined || !next[0].test(screen.slice(seen))) return;
    seen = screen.length;
    left.shift();
    child.stdin.write(next[1]);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, screen };
}

const [ctrlC, down, enter] = ['\u0003', '\u001B[B', '\r'];

/** Leaves a run whose workers wait in a queue; returns what became of it. */
async function leave(answer: Typed) {
  await using folder = await testFolder();
  await mkdir(join(folder.path, '.perbench'));
  const file = join(folder.path, defaultStore);
  await using store = await openSqliteStore({ file });
  const launcher = new LocalLauncher(() => {
    throw new Error('nothing starts');
  }, 0);
  const { runId } = await launchRun(toyPlan(), {
    store,
    launcher,
    workingFolder: folder.path,
    storeUrl: file,
    workers: undefined,
  });
  const ended = await atTerminal(['resume'], folder.path, [[/0\/2 cells/, ctrlC], ...answer]);
  const run = await store.getRun(runId);
  return { ...ended, runId, isStopRequested: run?.isStopRequested === true, status: run?.status };
}

it('asks at a terminal what Ctrl-C means, and detaches by default', { timeout: 60_000 }, async ({ skip }) => {
  skip(!existsSync(terminal), 'no script(1), which gives a terminal');
  const left = await leave([[/detach: leave the run to them/, enter]]);
  expect(left).toMatchObject({ code: 0, isStopRequested: false, status: 'running' });
  expect(left.screen).toContain(`detached from run ${left.runId}, which goes on.`);
});

it('cancels the run where that is chosen', { timeout: 60_000 }, async ({ skip }) => {
  skip(!existsSync(terminal), 'no script(1), which gives a terminal');
  const left = await leave([[/detach: leave the run to them/, `${down}${enter}`]]);
  expect(left).toMatchObject({ code: 0, isStopRequested: true, status: 'interrupted' });
  // Nobody has Slurm here: the workers would find the flag.
  expect(left.screen).toContain('its workers end by themselves as soon as they look into the store');
});

it('takes a second Ctrl-C for no answer, and detaches', { timeout: 60_000 }, async ({ skip }) => {
  skip(!existsSync(terminal), 'no script(1), which gives a terminal');
  const left = await leave([[/detach: leave the run to them/, ctrlC]]);
  expect(left).toMatchObject({ code: 0, isStopRequested: false });
});
