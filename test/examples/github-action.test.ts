import { spawnSync } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { decideGate, gateChecks } from '../../src/scoring/gate.ts';
import { cell, compared } from '../setup/compared-cells.ts';
import { perbenchBin } from '../setup/perbench-process.ts';
import { suiteSchema } from '../../src/core/suite.ts';

const example = join(import.meta.dirname, '../../examples/github-action');

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly if?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

let folder: string;
let steps: readonly Step[];
const baseline: { readonly code: number | null; readonly output: string }[] = [];
let suite: Readonly<Record<string, unknown>>;

/** The commands that the README says make the baseline. */
async function baselineCommands(): Promise<readonly string[]> {
  const text = await readFile(join(example, 'README.md'), 'utf8');
  return (/```\n(.*?)```/s.exec(text)?.[1] ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** The example's own suite with a model that answers without weights. */
async function writeSuite(answers: readonly string[]): Promise<void> {
  const models = [{ name: 'small', source: 'small', engine: 'mock', engineOptions: { answers } }];
  const quick = { windowSeconds: 0.2, latencyRequests: 3, allowBusy: true };
  await writeFile(join(folder, 'perbench.yaml'), stringify({ ...suite, ...quick, models }));
}

function shell(command: string): { readonly code: number | null; readonly output: string } {
  const environment = {
    PATH: `${join(folder, 'bin')}${delimiter}${process.env['PATH'] ?? ''}`,
    HOME: folder,
    GITHUB_ACTIONS: 'true',
    GITHUB_STEP_SUMMARY: join(folder, 'summary.md'),
  };
  // As GitHub runs a step.
  const ended = spawnSync('bash', ['-e', '-c', command], { cwd: folder, env: environment, encoding: 'utf8' });
  return { code: ended.status, output: ended.stdout + ended.stderr };
}

/** Runs the steps as GitHub does: after a failure only those that ask for it. */
function runSteps(): Readonly<Record<string, { readonly code: number | null; readonly output: string }>> {
  const ended: Record<string, { readonly code: number | null; readonly output: string }> = {};
  let isGood = true;
  for (const { name = '', run, if: condition } of steps) {
    if (run === undefined || name === 'Install' || (!isGood && condition !== 'always()')) continue;
    ended[name] = shell(run);
    isGood &&= ended[name].code === 0;
  }
  return ended;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perbench-action-'));
  const workflow = parse(await readFile(join(example, 'perbench-gate.yml'), 'utf8')) as {
    readonly jobs: { readonly gate: { readonly steps: readonly Step[] } };
  };
  ({ steps } = workflow.jobs.gate);
  suite = parse(await readFile(join(example, 'perbench.yaml'), 'utf8')) as Record<string, unknown>;
  await mkdir(join(folder, 'bin'));
  await writeFile(
    join(folder, 'bin/npx'),
    `#!/bin/sh\n[ "$1" = perbench ] || exit 127\nshift\nexec "${process.execPath}" "${perbenchBin}" "$@"\n`,
  );
  await chmod(join(folder, 'bin/npx'), 0o755);
  await writeSuite(['positive']);
  for (const command of await baselineCommands()) baseline.push(shell(command));
}, 60_000);
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('the workflow for GitHub Actions', () => {
  it('has a suite that perbench reads, and installs what the lock file says', () => {
    expect(suiteSchema.safeParse(suite).error).toBeUndefined();
    expect(steps.find(({ name }) => name === 'Install')?.run).toBe('npm ci');
    expect(steps.find(({ uses }) => uses?.startsWith('actions/upload-artifact'))).toMatchObject({
      if: 'always()',
      with: { path: 'gate' },
    });
  });

  it.each([
    [40, 'pass'],
    [37, 'pass'],
    [20, 'fail'],
  ] as const)(
    'has limits under which a model that keeps %i of 40 right answers has the outcome %s',
    (kept, outcome) => {
      const { gates = {} } = suiteSchema.parse(suite);
      const cells = [compared(cell(40, 40), cell(kept, 40))];
      expect(
        decideGate(
          gateChecks(cells, () => gates),
          'report',
        ).outcome,
      ).toBe(outcome);
    },
  );

  it('passes a change that answers as before', async () => {
    // Whatever the run says of its one model: it was measured.
    expect(baseline).toMatchObject([{ code: expect.toBeOneOf([0, 3, 4, 6]) }, { code: 0 }]);
    const ended = runSteps();
    expect(Object.entries(ended).map(([name, { code }]) => [name, code])).toEqual([
      ['Run the suite', 0],
      ['Gate', 0],
      ['Compare item by item', 0],
      ['Report', 0],
      ['Export the run', 0],
    ]);
    expect(ended['Gate']?.output).toMatch(/gate passed: 1 of 1 check; advisory: /);
    expect((await readdir(join(folder, 'gate'))).toSorted()).toEqual([
      'compare.json',
      'compare.md',
      'gate.junit.xml',
      'gate.md',
      'perbench-baseline.json',
      'report.html',
    ]);
  }, 60_000);

  it('fails one that answers worse, says so, and writes its files all the same', async () => {
    await writeSuite(['no idea']);
    await rm(join(folder, 'gate'), { recursive: true });
    const ended = runSteps();
    expect(ended['Gate']).toMatchObject({
      code: 4,
      output: expect.stringMatching(/^::error title=accuracy at least/m),
    });
    expect(await readFile(join(folder, 'summary.md'), 'utf8')).toContain('gate failed: 1 of 1 check');
    expect(await readdir(join(folder, 'gate'))).toHaveLength(6);
    await copyFile(join(folder, 'gate/perbench-baseline.json'), join(folder, 'perbench-baseline.json'));
    expect(shell('npx perbench gate --baseline perbench-baseline.json --candidate latest')).toMatchObject({
      output: expect.stringContaining('are the same run'),
    });
  }, 60_000);
});
