import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runInProcess, type EndedInProcess } from '../../test/setup/run-in-process.ts';
import { exitCodes } from './exit-codes.ts';

let folder: string;

async function perbench(argv: readonly string[]): Promise<EndedInProcess> {
  return runInProcess(argv, { folder });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perbench-decide-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('decide', () => {
  const table = [
    'task,model,accuracy,throughput,latency,memory_mib',
    'gsm8k,small,0.5,40,30,100',
    'gsm8k,middle,0.7,20,60,200',
    'gsm8k,large,0.8,5,250,900',
  ].join('\n');

  /** Launches of a mock engine are too short for any number to be trusted, so nothing of its speed is looked at. */
  it('recommends a model of a run by answers and launches', async () => {
    const models = ['positive', 'no idea'].map((answer, index) => ({
      source: index === 0 ? 'yes' : 'mute',
      engine: 'mock',
      engineOptions: { answers: [answer], tokenMs: 0.2 },
    }));
    const brief = { concurrency: 2, launches: 2, windowSeconds: 0.1, latencyRequests: 3, latencySeconds: 0.5 };
    await writeFile(join(folder, 'two.json'), JSON.stringify({ models, tasks: ['imdb/mini'], ...brief }));
    await perbench(['run', 'two.json', '-q', '--store', 'two.db']);
    await writeFile(
      join(folder, 'own.yaml'),
      [
        'schema: perbench-anchors/1',
        'summary: for tests',
        'tasks:',
        '  imdb/mini:',
        '    {accuracy: 0, throughput: 100, throughputUnit: items/s, latency: 10, latencyUnit: ms, memory: 100000000}',
      ].join('\n'),
    );
    const argv = ['decide', '--store', 'two.db', '--anchors', 'own.yaml', '-o', 'd.md', '-o', 'd.csv'];
    const { stdout, code } = await perbench(argv);
    expect(stdout).toMatch(
      /^which model for imdb\/mini@2\? \(PER-A\/custom\S*\)\nNot measured well enough to say(?:; needed: .*)?\.\n(?:yes compared.*\n)?yes is not shown to exceed chance \(0\.5\): 20 of 40 right\./,
    );
    expect(code).toBe(exitCodes.gateInconclusive);
    expect(await readFile(join(folder, 'd.csv'), 'utf8')).toContain('imdb/mini@2,unknown,,yes,unproven,false,PER-A/');
    const json = await perbench([...argv, '--json', '--min-accuracy', '0.9']);
    expect(json.stdout).toContain('"kind":"none"');
    expect(json.code).toBe(exitCodes.gateFailed);
  });

  it('decides on a table', async () => {
    await writeFile(join(folder, 'table.csv'), table);
    const { stdout, code } = await perbench([
      'decide',
      '--table',
      'table.csv',
      '--min-accuracy',
      '0.6',
      '--max-memory',
      '500MiB',
    ]);
    expect(stdout).toMatchInlineSnapshot(`
      "which model for gsm8k, with accuracy >= 0.6, memory <= 500 MiB? (PER-A/provisional)
      Deploy middle: it is the only usable model within the limits.
      middle is right 70 times in 100, takes 60.0 ms for an answer and needs 200 MiB; compared with large: 4.0x faster and needs 22 % of the memory, but right 10 points less often.
        next cheaper  small 0.620: accuracy 0.500: below the required accuracy (0.6)

      #  model   score  device time
      1  middle  0.544      50.0 ms  recommended
      –  large   0.274       200 ms  memory 900 MiB is above 500 MiB
      –  small   0.620      25.0 ms  accuracy 0.500: below the required accuracy (0.6)
        the table gives no unit of throughput: items/s assumed
        the table gives no unit of latency: ms assumed
        Anchors of gsm8k are provisional (the medians of these models); a file with --anchors sets your own (docs/scores.md).
      "
    `);
    expect(code).toBe(0);
    const stdin = await runInProcess(['decide', '--table', '-', '--score', 'per-paper'], { folder, stdin: table });
    expect(stdin.stdout).toContain('middle is first');
  });

  it('says what concerns several tasks once, and which limit would pass on each', async () => {
    const first = ['task,model,accuracy,throughput,latency,memory_mib,accuracy_n'];
    const rows = (task: string, accuracies: readonly number[]): string[] =>
      ['small', 'middle'].map((name, index) => `${task},${name},${accuracies[index]},20,${30 + index},400,300`);
    const both = [...first, ...rows('gsm8k', [0.8, 0.3]), ...rows('imdb', [0.55, 0.95])];
    await writeFile(join(folder, 'both.csv'), both.join('\n'));
    const { stdout } = await perbench(['decide', '--table', 'both.csv']);
    expect(stdout).toContain('small for gsm8k; middle for imdb.');
    expect(stdout.match(/has no interval: no score/gu)).toHaveLength(1);
    const limited = await perbench(['decide', '--table', 'both.csv', '--max-memory', '300MiB']);
    expect(limited.stdout).toContain('No model meets the limits on gsm8k and imdb.');
    expect(limited.stdout.match(/would pass: \w+ at memory <= 400 MiB/gu)).toHaveLength(2);
    expect(limited.code).toBe(exitCodes.gateFailed);
  });

  it('takes limits that are written out as it takes those of flags', async () => {
    const argv = ['decide', '--table', 'table.csv', '--json'];
    const named = await perbench([...argv, '--min-accuracy', '0.6', '--max-memory', '500MiB']);
    const written = await perbench([...argv, '--require', 'accuracy >= 60%', '--require', 'memory <= 500mib']);
    const decided = ({ stdout }: { readonly stdout: string }) =>
      stdout.split('\n').filter((line) => line.includes('"decision"'));
    expect(decided(written)).toEqual(decided(named));
    expect(decided(named)[0]).toContain('"limits":{"minAccuracy":0.6,"maxMemory":524288000}');
    const twice = await perbench([
      'decide',
      '--table',
      'table.csv',
      '--min-accuracy',
      '0.6',
      '--require',
      'accuracy >= 0.7',
    ]);
    expect(twice.stderr).toContain('--require: `accuracy >= 0.7` is given twice');
    const p99 = await perbench([...argv, '--require', 'latency p99 <= 1s']);
    expect(p99.stdout).toContain('"constraint":"maxLatencyP99"');
  });

  it('takes support from the intervals of a table, and weights of the factors', async () => {
    const counted = table.replaceAll(/^(task,.*)$/gm, '$1,accuracy_n').replaceAll(/^(gsm8k,.*)$/gm, '$1,1000');
    await writeFile(join(folder, 'counted.csv'), counted);
    const argv = ['decide', '--table', 'counted.csv', '--score', 'per-paper', '--json'];
    const accurate = await perbench([...argv, '--weights', 'acc=0.8']);
    expect(accurate.stdout).toContain("support comes from each model's own intervals");
    expect(accurate.stdout).toMatch(/"of":"accuracy","weight":0\.8,/);
    const wrong = await perbench([...argv, '--weights', 'acc=2']);
    expect(wrong.code).toBe(2);
  });

  it('needs no speed where only one model could be deployed, and no model where none was measured', async () => {
    await writeFile(join(folder, 'one.csv'), 'model,accuracy,throughput,latency,memory_mib\na,0.5,,30,1\n');
    const one = await perbench(['decide', '--table', 'one.csv']);
    expect([one.code, one.stdout]).toEqual([0, expect.stringContaining('a is usable; it is the only model')]);
    await writeFile(join(folder, 'none.csv'), 'model,accuracy,throughput,latency,memory_mib\na,,,30,1\n');
    const none = await perbench(['decide', '--table', 'none.csv']);
    expect([none.code, none.stdout]).toEqual([
      exitCodes.gateInconclusive,
      expect.stringContaining(
        'Not measured well enough to say; needed: the numbers that are missing or not valid.\na: ACC not measured',
      ),
    ]);
  });

  it.each([
    [['decide', 'x', '--table', 'table.csv'], /both a run and a table were given/],
    [['decide', '--table', 'table.csv', '-t', 'imdb'], /has no rows for imdb/],
    [['decide', '--table', 'gone.csv'], /gone\.csv: no such file/],
    [['decide', '-t', 'gsm8k=0'], /expected tasks with weights above 0/],
    [
      ['decide', '--table', 'table.csv', '--anchors', 'paper-gpo'],
      /unknown anchors "paper-gpo"; known: 2026-1\/paper-gpu/,
    ],
  ])('%j is refused', async (argv, message) => {
    const { stderr, code } = await perbench(argv);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });
});
