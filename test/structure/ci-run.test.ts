import { execFile } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createPlantedTree } from './planted-tree.ts';

interface CiRun {
  readonly exitCode: number;
  readonly lines: readonly string[];
}

/**
 * Runs `.ci/run` with stand-ins for npm, npx and apt-get: they do nothing, but fail for the command line that starts with
 * `failing`, and answer `npm test` with the line `testsSay`.
 */
async function runCi({ failing = 'nothing', testsSay = '5 passed, 0 failed, 1 skipped' } = {}): Promise<CiRun> {
  using tree = createPlantedTree(['.ci/run']);
  const standIn = `#!/bin/sh
line="$(basename "$0") $*"
case "$line" in "npm test") echo "${testsSay}" ;; esac
case "$line" in "${failing}"*) exit 7 ;; esac
`;
  for (const name of ['npm', 'npx', 'apt-get']) {
    tree.write(`stand-ins/${name}`, standIn);
    chmodSync(join(tree.folder, 'stand-ins', name), 0o755);
  }
  const env = { ...process.env, PATH: `${join(tree.folder, 'stand-ins')}:${process.env['PATH']}` };
  return await new Promise((resolve, reject) => {
    execFile('bash', [join(tree.folder, '.ci/run')], { env }, (error, stdout) => {
      if (error !== null && typeof error.code !== 'number') reject(error);
      else resolve({ exitCode: Number(error?.code ?? 0), lines: stdout.trimEnd().split('\n') });
    });
  });
}

describe('.ci/run', () => {
  it("ends with the tests' counts", async () => {
    const run = await runCi();
    expect(run.lines.at(-1)).toBe('5 passed, 0 failed, 1 skipped');
    expect(run.exitCode).toBe(0);
    expect(run.lines).toContain('=== quick start: 0 s');
  });

  it.each(['npm ci', 'npm run --silent lint', 'npm run --silent build', 'npx publint'])(
    'stops where `%s` fails, before the tests',
    async (failing) => {
      const run = await runCi({ failing });
      expect(run.lines.at(-1)).toBe('0 passed, 1 failed, 0 skipped');
      expect(run.lines.at(-2)).toMatch(/^FAILED: .+ \(exit code 7\) after \d+ s$/);
      expect(run.lines.filter((line) => line.startsWith('=== tests'))).toEqual([]);
      expect(run.exitCode).toBe(1);
    },
  );

  it.each([
    ['npm install --no-save', ['Vulkan']],
    ['apt-get install -y -qq --no-install-recommends slurmctld', ['Slurm']],
    ['apt-get', ['Vulkan', 'Slurm']],
  ])('goes on where `%s` fails, and says what is skipped', async (failing, skipped) => {
    const run = await runCi({ failing });
    const said = run.lines.flatMap((line) => /^the tests on (\w+) are skipped/.exec(line)?.[1] ?? []);
    // Only root installs packages.
    expect(said).toEqual(process.getuid?.() === 0 ? skipped : ['Vulkan', 'Slurm']);
    expect(run.lines.at(-1)).toBe('5 passed, 0 failed, 1 skipped');
    expect(run.exitCode).toBe(0);
  });

  it('fails with the tests', async () => {
    const run = await runCi({ failing: 'npm test', testsSay: '5 passed, 2 failed, 0 skipped' });
    expect(run.lines.at(-1)).toBe('5 passed, 2 failed, 0 skipped');
    expect(run.exitCode).toBe(1);
  });

  it('fails when the tests say nothing', async () => {
    const run = await runCi({ testsSay: 'good-bye' });
    expect(run.lines.at(-1)).toBe('0 passed, 1 failed, 0 skipped');
    expect(run.exitCode).toBe(1);
  });

  it('fails with the quick start, and keeps the counts', async () => {
    const run = await runCi({ failing: 'npm run quickstart' });
    expect(run.lines.at(-1)).toBe('5 passed, 1 failed, 1 skipped');
    expect(run.exitCode).toBe(1);
  });
});
