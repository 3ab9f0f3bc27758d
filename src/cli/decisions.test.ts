import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runInProcess, type EndedInProcess } from '../../test/setup/run-in-process.ts';
import { gateSentence } from '../present/gate-document.ts';
import { decideGate, type GateOutcome, type InconclusiveRule } from '../scoring/gate.ts';
import { exitCodes, gateExitCode } from './exit-codes.ts';
import { startPerbench } from '../../test/setup/perbench-process.ts';

let folder: string;
/** Ids of the runs of the tests, by the name of their suite. */
const runs: Record<string, string> = {};

async function perbench(argv: readonly string[], environment: Record<string, string> = {}): Promise<EndedInProcess> {
  return runInProcess(argv, { folder, environment });
}

/** Half of the built-in reviews are positive: an engine that always says so is right on every second item. */
async function runSuite(name: string, answer: string, rest: object = {}): Promise<void> {
  const models = [{ source: 'alpha', engine: 'mock', engineOptions: { answers: [answer] } }];
  const suite = { name, models, tasks: ['imdb/mini'], protocol: 'paper', concurrency: 2, ...rest };
  await writeFile(join(folder, `${name}.json`), JSON.stringify(suite));
  const { stdout } = await perbench(['run', `${name}.json`, '--json', '--fresh']);
  runs[name] = /"runId":"([^"]+)"/.exec(stdout)?.[1] ?? '';
}

/** Ids and times differ from run to run. */
function stable(text: string): string {
  return text
    .replaceAll(/\d{8}-\d{6}-\w{4}/g, 'RUN')
    .replaceAll(/^(throughput|memory|latency) .*$/gm, '$1 …')
    .replaceAll(/^ {2}[!?] (?!accuracy).*\n/gm, '');
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perbench-decisions-'));
  await runSuite('good', 'positive');
  await runSuite('again', 'positive', { gates: { maxAccuracyDrop: '1%', maxMemoryRise: 0.1 }, limit: 30 });
  await runSuite('bad', 'no idea', { gates: { maxAccuracyDrop: '1%' } });
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('compare', () => {
  it('shows figures, flips and one verdict', async () => {
    const { stdout, stderr, code } = await perbench(['compare', runs['good'] ?? '', runs['bad'] ?? '', '-n', '1']);
    expect([stderr, code]).toEqual(['', 0]);
    expect(stable(stdout)).toMatchInlineSnapshot(`
      "IMDB, mini set · imdb/mini@2 · paper protocol · alpha
                  A                     B                     B vs A                       p
      accuracy    0.500 [0.352, 0.648]  0.000 [0.000, 0.088]  −50.0 points [−64.8, −35.2]  < 0.001  worse !
      throughput …
      memory …
        40 paired items (McNemar mid-p)
        ! accuracy of B: unparsed: 100.0 % of the outputs had no recognizable answer
        ! accuracy of B: truncated: 55.0 % of the answers ended at the token limit

      regressions (1 of 20)
        item              A → B          answer of A  answer of B  expected
        f9c36a40a56eb06e  right → wrong  positive     (none)       positive

      ! engine options: {"answers":["positive"]} in A, {"answers":["no idea"]} in B (makes all metrics hard to compare)

      alpha of RUN against alpha of RUN: worse in accuracy (−50.0 points); 2 of 3 metrics could not be compared (?).
      "
    `);
  });

  it('warns where the two were made differently, and counts items without a partner', async () => {
    const { stdout } = await perbench(['compare', runs['good'] ?? '', runs['again'] ?? '']);
    expect(stdout).toContain('30 paired items (McNemar mid-p); 10 only in A, not counted');
    expect(stdout).toContain('! items: 40 in A, 30 in B (makes all metrics hard to compare)');
    expect(stdout).not.toContain('regressions');
  });

  it('writes records and files', async () => {
    const argv = ['compare', runs['good'] ?? '', `${runs['bad']}:alpha`, '--json', '-o', 'out/c.md', '-o', 'c.csv'];
    const { stdout } = await perbench(argv);
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { readonly event: string });
    expect(events.map(({ event }) => event)).toEqual(['launch', 'comparison', 'verdict', 'done']);
    expect(events[1]).toMatchObject({ pairs: 40, regressions: { length: 20 } });
    expect(await readFile(join(folder, 'out/c.md'), 'utf8')).toContain('<summary>20 regressions</summary>');
    expect(await readFile(join(folder, 'c.csv'), 'utf8')).toMatch(/^task,protocol,.*\r\nimdb\/mini@2,paper,/);
  });

  it.each([
    [['compare', 'latest', 'latest'], /latest and latest are the same run\nhint: Name two runs/],
    [['compare', 'latest', ':alpah'], /has no model "alpah"; it has alpha\nhint: Did you mean "alpha"\?/],
    [['compare', 'latest', 'nope'], /no run "nope" in the store\nhint: Run perbench list/],
    [
      ['compare', 'latest', 'latest', '-o', 'x.xml'],
      /--out x\.xml: unknown format "\.xml" for compare\nhint: Use one of \.csv/,
    ],
    [['compare', 'latest'], /missing required argument/],
    [
      ['report', 'latest', '--performance', '.'],
      /^error: \.: is a folder, not a file \(EISDIR\)\nhint: Name a CSV file, or - for stdin\.\n$/,
    ],
    [['compare', 'a', 'b', '--store', 'none.db'], /no runs: .* does not exist/],
  ])('%j is refused', async (argv, message) => {
    const { stderr, code } = await perbench(argv);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });
});

it('latest is the newest run in every command, latest~1 the one before it', async () => {
  const [named, newest] = [await perbench(['report', 'latest']), await perbench(['report'])];
  expect(named).toMatchObject({ code: 0, stdout: newest.stdout });
  const [before, again] = [await perbench(['show', 'latest~1']), await perbench(['show', runs['again'] ?? ''])];
  expect(before).toMatchObject({ code: 0, stdout: again.stdout });
  const [back, ids] = [
    await perbench(['compare', 'latest~2', 'latest~0']),
    await perbench(['compare', runs['good'] ?? '', runs['bad'] ?? '']),
  ];
  expect(back).toMatchObject({ code: 0, stdout: ids.stdout });
  expect(await perbench(['gate', '--baseline', 'latest~9'])).toMatchObject({
    code: 2,
    stderr: 'error: no run "latest~9" in the store\nhint: Run perbench list to see the stored runs.\n',
  });
});

describe('gate', () => {
  const gate = async (candidate: string, flags: readonly string[] = [], environment: Record<string, string> = {}) =>
    perbench(['gate', '--baseline', runs['good'] ?? '', '--candidate', runs[candidate] ?? '', ...flags], environment);

  it('ends with 0 where everything is within the limits', async () => {
    const { stdout, code } = await gate('again', [
      '--max-accuracy-drop',
      '0.2',
      '--max-memory-rise',
      '5',
      '--inconclusive',
      'pass',
    ]);
    expect(stdout).toContain(
      'gate passed: 1 of 2 checks (inconclusive, which counts as passed, as requested; 1 passed)',
    );
    expect(code).toBe(0);
  });

  it('ends with 4 where one is beyond them, and writes JUnit', async () => {
    const { stdout, code } = await gate('bad', ['-o', 'gate.junit.xml']);
    expect(stable(stdout)).toMatchInlineSnapshot(`
      "candidate RUN against baseline RUN; limits from the candidate's suite
      task         model  required                                            measured                                   outcome
      imdb/mini@2  alpha  accuracy at least −1.0 points against the baseline  −50.0 points [−64.8 points, −35.2 points]  fail !
      ! imdb/mini@2 / alpha: required accuracy at least −1.0 points against the baseline, got −50.0 points [−64.8 points, −35.2 points]: fail (B: unparsed: 100.0 % of the outputs had no recognizable answer; B: truncated: 55.0 % of the answers ended at the token limit)
      ! engine options: {"answers":["positive"]} in A, {"answers":["no idea"]} in B (makes all metrics hard to compare)

      gate failed: 1 of 1 check
      "
    `);
    expect(code).toBe(4);
    expect(await readFile(join(folder, 'gate.junit.xml'), 'utf8')).toContain('failures="1" errors="0"');
  });

  it('is the exit code of the process', async () => {
    const argv = ['gate', '--baseline', runs['good'] ?? '', '--candidate', runs['bad'] ?? ''];
    const { code, signal } = await startPerbench(argv, { workingFolder: folder, homeFolder: folder }).ended;
    expect([code, signal]).toEqual([4, null]);
  });

  it('ends with 6 where nobody can tell', async () => {
    const { stdout, code } = await gate('again');
    expect(stdout).toContain('gate inconclusive: 2 of 2 checks');
    expect(stdout).toContain('measured in a single launch, so the spread between launches is unknown');
    expect(code).toBe(6);
    expect((await gate('again', ['--inconclusive', 'fail'])).code).toBe(4);
  });

  it('takes limits of flags before those of the suite, and of another suite file', async () => {
    expect((await gate('bad', ['--max-accuracy-drop', '70%'])).code).toBe(0);
    await writeFile(
      join(folder, 'limits.yaml'),
      'models: [a]\ngates: {maxAccuracyDrop: 0.7}\ntasks: [{task: imdb/mini, gates: {minAccuracy: 0.9}}]\n',
    );
    const { stdout, code } = await gate('bad', ['-c', 'limits.yaml', '--json']);
    const checks = stdout.split('\n').filter((line) => line.includes('"event":"check"'));
    expect(checks.map((line) => /"outcome":"(\w+)"/.exec(line)?.[1])).toEqual(['pass', 'fail']);
    expect(stdout).toContain('"limitsFrom":["limits.yaml"]');
    expect(code).toBe(4);
  });

  it('takes limits that are written out, in flags and in a suite file', async () => {
    const checksOf = async (argv: readonly string[]): Promise<readonly string[]> => {
      const { stdout } = await gate('bad', [...argv, '--json']);
      return stdout.split('\n').filter((line) => line.includes('"event":"check"'));
    };
    const named = await checksOf(['--max-accuracy-drop', '70%', '--min-accuracy', '0.9']);
    expect(named.length).toBe(2);
    expect(await checksOf(['--require', 'accuracy drop <= 70%', '--require', 'accuracy >= 0.9'])).toEqual(named);
    await writeFile(
      join(folder, 'written.yaml'),
      'models: [a]\ngates: [accuracy drop <= 0.7]\ntasks: [{task: imdb/mini, gates: [accuracy >= 0.9]}]\n',
    );
    expect(await checksOf(['-c', 'written.yaml'])).toEqual(named);
  });

  it('checks advisory limits of flags and of a suite file, and passes all the same', async () => {
    const flags = ['--max-accuracy-drop', '70%', '--advisory', 'accuracy drop <= 1%', '--advisory', 'energy <= 2J'];
    const { stdout, code } = await gate('bad', flags);
    expect(code).toBe(0);
    expect(stdout).toMatch(/ fail \(advisory\) !\n/);
    expect(stdout).toContain('energy was not measured');
    expect(stdout).toContain('gate passed: 1 of 1 check; advisory: 1 failed, 1 inconclusive\n');
    await writeFile(
      join(folder, 'advisory.yaml'),
      'models: [a]\ngates: {maxAccuracyDrop: 0.7, advisory: {maxAccuracyDrop: 1%}}\ntasks: [{task: imdb/mini, gates: {advisory: [energy <= 2J]}}]\n',
    );
    const fromFile = await gate('bad', ['-c', 'advisory.yaml']);
    expect(fromFile).toMatchObject({ code: 0, stdout: stdout.replace(/limits from.*/, 'limits from advisory.yaml') });
    expect(await gate('bad', ['--advisory', 'fast'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^error: --advisory: `fast` is not a limit/),
    });
  });

  it.each([
    ['latency p99 <= 1s', /--require: `latency p99 <= 1s` does not apply here/],
    ['accuracy <= 1', /--require: `accuracy <= 1` is not a limit: expected `accuracy >= …`/],
    ['fast', /expected one such as `accuracy >= 0\.7`/],
  ])('refuses --require %j', async (text, message) => {
    const { stderr, code } = await gate('bad', ['--require', text]);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });

  it('refuses a written limit that is none, at its place', async () => {
    await writeFile(join(folder, 'list.yaml'), 'models: [a]\ngates:\n  - memory <= 2GiB\n  - memory <= 3GiB\n');
    const { stderr, code } = await gate('bad', ['-c', 'list.yaml']);
    expect(stderr).toMatch(/^error: list\.yaml:4:5: .*`memory <= 3GiB` is given twice/);
    expect(code).toBe(2);
  });

  it('tells GitHub where it runs there', async () => {
    const environment = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: join(folder, 'summary.md') };
    const { stdout, stderr } = await gate('bad', ['--json'], environment);
    expect(stderr).toMatch(/^::error title=accuracy at least −1\.0 points against the baseline::.*\n::notice .*\n$/);
    expect(stdout).not.toContain('::error');
    expect(await readFile(join(folder, 'summary.md'), 'utf8')).toMatch(/^### gate failed: 1 of 1 check\n/);
    expect((await gate('bad', ['--annotations', 'none'], environment)).stderr).toBe('');
    await writeFile(join(folder, 'full.md'), 'x'.repeat(2 ** 20));
    await gate('bad', [], { ...environment, GITHUB_STEP_SUMMARY: join(folder, 'full.md') });
    expect((await readFile(join(folder, 'full.md'))).length).toBe(2 ** 20);
    const unwritable = await gate('bad', [], { ...environment, GITHUB_STEP_SUMMARY: folder });
    expect(unwritable.stderr).toContain('cannot be written');
    expect(unwritable.code).toBe(4);
  });

  it.each([
    [['gate'], /no baseline given\nhint: Name a run/],
    [['gate', '--baseline', 'latest', '--max-memory', '2 apples'], /--max-memory: expected a size such as 2GiB/],
    [['gate', '--baseline', 'latest', '--max-accuracy-drop', '150%'], /expected a share from 0 to 1/],
  ])('%j is refused', async (argv, message) => {
    const { stderr, code } = await perbench(argv);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });

  it('says where limits could come from when there are none', async () => {
    const { stderr, code } = await perbench([
      'gate',
      '--baseline',
      runs['bad'] ?? '',
      '--candidate',
      runs['good'] ?? '',
    ]);
    expect(stderr).toMatch(/no limits to check: the candidate's suite has no section `gates`/);
    expect(code).toBe(2);
  });

  it('refuses a suite file with a limit that is none, at its place', async () => {
    await writeFile(join(folder, 'wrong.yaml'), 'models: [a]\ngates:\n  maxMemory: lots\n  maxLatncy: 5s\n');
    const { stderr, code } = await gate('bad', ['-c', 'wrong.yaml']);
    expect(stderr).toMatchInlineSnapshot(`
      "error: wrong.yaml:3:14: gates.maxMemory: expected a size such as 2GiB or 800MB, got "lots"
      error: wrong.yaml:4:3: unknown key "maxLatncy" in gates (did you mean "maxLatency"?)
      hint: See perbench schema for the keys and values of a suite file.
      "
    `);
    expect(code).toBe(2);
  });

  it('has words and an exit code that can not differ', () => {
    const words = { pass: exitCodes.done, fail: exitCodes.gateFailed, inconclusive: exitCodes.gateInconclusive };
    const sets: readonly (readonly GateOutcome[])[] = [
      ['pass'],
      ['fail'],
      ['inconclusive'],
      ['pass', 'inconclusive'],
      ['fail', 'inconclusive'],
      [],
    ];
    for (const rule of ['report', 'pass', 'fail'] as const satisfies readonly InconclusiveRule[]) {
      for (const set of sets) {
        const result = decideGate(
          set.map((outcome) => ({ outcome }) as never),
          rule,
        );
        const word = /^gate (passed|failed|inconclusive)/.exec(gateSentence(result))?.[1];
        const outcome = word === 'passed' ? 'pass' : word === 'failed' ? 'fail' : 'inconclusive';
        expect(gateExitCode(result.outcome)).toBe(words[outcome]);
      }
    }
  });
});

describe('labels', () => {
  it('are shown by show, and a lean is a warning of the report', async () => {
    const { stdout } = await perbench(['show', runs['good'] ?? '']);
    expect(stdout)
      .toContain(`labels of alpha on imdb/mini@2: 40 items; distance 0.50, the answers are biased towards a label
label               items
negative  right        20  ██████████
          answered      0
positive  right        20  ██████████
          answered     40  ████████████████████
`);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      '"positive" is 100 % of the answers but correct for 50 % of the items',
    );
    const json = await perbench(['show', runs['bad'] ?? '', '--json']);
    expect(json.stdout).toContain('"event":"labels","model":"alpha","taskId":"imdb/mini@2","items":40,"unread":40');
  });
});
