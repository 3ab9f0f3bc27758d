import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { testFolder } from '../../../test/setup/test-settings.ts';
import { LauncherError } from '../../core/errors.ts';
import { askSlurm, slurmWords } from './ask-slurm.ts';

let folder: string;
beforeEach(async () => {
  const made = await testFolder();
  folder = made.path;
  onTestFinished(async () => made[Symbol.asyncDispose]());
});

/** Asks a stand-in for `squeue`, a shell script. */
async function ask(
  script: string,
  { timeoutMs = 20_000, signal = new AbortController().signal } = {},
): Promise<string> {
  await writeFile(join(folder, 'squeue'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const environment = { PATH: `${folder}:/usr/bin:/bin`, SQUEUE_FORMAT: '%i', SBATCH_WAIT: '1', SBATCH_PARTITION: 'p' };
  return askSlurm('squeue', ['--me'], "can't be asked", { environment, signal, timeoutMs, input: 'read\n' });
}

it('gives what a command prints, with its words, its input, and the defaults that mislead nobody', async () => {
  expect(await ask('echo "$1 $SQUEUE_FORMAT|$SBATCH_WAIT|$SBATCH_PARTITION"; cat')).toBe('--me ||p\nread\n');
});

it.each([
  [
    'echo "sbatch: error: invalid partition specified: x\nsbatch: error: Batch job submission failed: Invalid partition name specified" >&2; exit 1',
    "Slurm can't be asked: invalid partition specified: x; Invalid partition name specified",
    'sinfo lists them',
    true,
  ],
  [
    'echo "slurm_load_jobs error: Unable to contact slurm controller (connect failure)" >&2; exit 1',
    "Slurm can't be asked: Unable to contact slurm controller (connect failure)",
    'scontrol ping',
    false,
  ],
  ['exit 7', "Slurm can't be asked: squeue ended with code 7", 'Check cluster.slurm', false],
  ['kill -9 $$', "Slurm can't be asked: squeue ended with a signal", 'Check cluster.slurm', false],
])('says in one line why it fails: %s', async (script, message, hint, isRefusal) => {
  const said = { message, hint: expect.stringContaining(hint) as string, isRefusal };
  await expect(ask(script)).rejects.toMatchObject(said);
  await expect(ask(script)).rejects.toBeInstanceOf(LauncherError);
});

it('does not wait for ever', async () => {
  await expect(ask('echo "squeue: error: retrying" >&2; exec sleep 60', { timeoutMs: 300 })).rejects.toMatchObject({
    message: "Slurm can't be asked: squeue took more than 0.3 s: retrying",
    hint: expect.stringContaining('scontrol ping') as string,
  });
});

it('stops when it is told to, with that reason', async () => {
  const stop = new AbortController();
  const asked = ask('exec sleep 60', { signal: stop.signal });
  setTimeout(() => stop.abort(new Error('enough')), 100);
  await expect(asked).rejects.toThrow('enough');
});

it('says that Slurm is not here', async () => {
  const options = { environment: { PATH: folder }, signal: new AbortController().signal, timeoutMs: 1_000 };
  await expect(askSlurm('sbatch', [], 'refuses x', options)).rejects.toMatchObject({
    code: 'PB_LAUNCHER',
    message: "sbatch of Slurm isn't on this machine",
    hint: expect.stringContaining('login node') as string,
  });
});

it('shows each line once, and no more than three', () => {
  expect(slurmWords('sbatch: error: a\nsbatch: error: a\n\nsbatch: fatal: b: c\n')).toBe('a; b: c');
  expect(slurmWords('a\nb\nc\nd')).toBe('b; c; d');
});

it.each([
  [
    'sbatch: error: invalid partition specified: x\nallocation failure: Invalid partition name specified\n',
    'invalid partition specified: x; Invalid partition name specified',
  ],
  [
    '/usr/bin/sbatch: unrecognized option \'--x\'\nTry "sbatch --help" for more information\n',
    "unrecognized option '--x'",
  ],
  [
    'sbatch: error: Memory specification can not be satisfied\nsbatch: error: Batch job submission failed: Requested node configuration is not available\n',
    'Memory specification can not be satisfied; Requested node configuration is not available',
  ],
  [
    'scancel: error: Kill job error on job id 9: Invalid job id specified\n',
    'Kill job error on job id 9: Invalid job id specified',
  ],
])('leaves out what lines begin with: %s', (stderr, words) => {
  expect(slurmWords(stderr)).toBe(words);
});
