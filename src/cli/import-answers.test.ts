import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EndedInProcess, runInProcess } from '../../test/setup/run-in-process.ts';
import { type TestFolder, testFolder } from '../../test/setup/test-settings.ts';
import type { Sample } from '../core/sample.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';

let folder: TestFolder;
/** Of the run that measured a model here. */
let measuredId: string;
/** Ids of the task's items, and what is right. */
let items: readonly (readonly [id: string, expected: string])[];

async function perbench(...argv: readonly string[]): Promise<EndedInProcess> {
  return runInProcess(argv, { folder: folder.path });
}

/** Ids of runs differ from run to run. */
function stable(text: string): string {
  return text.replaceAll(/\d{8}-\d{6}-\w{4}/g, 'RUN');
}

async function write(name: string, rows: readonly object[]): Promise<void> {
  await writeFile(join(folder.path, name), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
}

async function samplesOf(model: string, name = '.perbench/perbench.db'): Promise<readonly Sample[]> {
  await using store = await openSqliteStore({ file: join(folder.path, name) });
  for (const run of await store.listRuns()) {
    for (const cell of await store.cells(run.id)) {
      if (cell.model === model) return await Array.fromAsync(store.samples(cell.id));
    }
  }
  return expect.fail(`no answers of ${model}`);
}

const task = ['-t', 'gsm8k/mini'];

beforeAll(async () => {
  folder = await testFolder();
  const models = [{ name: 'here', source: 'none', engine: 'mock', engineOptions: { tokenMs: 1 } }];
  const brief = { launches: 1, windowSeconds: 0.1, latencyRequests: 3, allowBusy: true };
  await writeFile(join(folder.path, 'suite.json'), JSON.stringify({ models, tasks: ['gsm8k/mini'], ...brief }));
  await perbench('run', 'suite.json', '--json');
  items = (await samplesOf('here')).map(({ itemId, expected }) => [itemId, expected]);
  await using store = await openSqliteStore({ file: join(folder.path, '.perbench/perbench.db') });
  measuredId = (await store.latestRun())?.id ?? '';
  // Three of four are right.
  const rows = items.map(([id, expected], index) => ({
    id,
    output: `So it is\n#### ${index % 4 === 0 ? 'unknown' : expected}`,
    latencyMs: 100 + index,
    promptTokens: 200,
    outputTokens: 50,
  }));
  await write('answers.jsonl', rows);
});
afterAll(async () => {
  await folder[Symbol.asyncDispose]();
});

describe('answers made elsewhere', () => {
  it('are scored by their task, and stand with their price beside a model that was measured', async () => {
    const price = ['--price-input', '0.5', '--price-output', '2'];
    const { code, stdout, stderr } = await perbench('import', 'answers.jsonl', ...task, '-m', 'far', ...price);
    expect([code, stable(stderr)]).toEqual([0, 'imported as run RUN\n']);
    expect(stdout).toMatch(/^far +0\.75 \[.* 0\.200$/m);
    expect(stdout).toContain('THR not measured (the answers were made elsewhere)');
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      'far: answers made elsewhere, scored here; speed and memory were not measured here. Latency as imported, in no score: median 120 ms, p95 137 ms (n = 40).',
    );
    const both = await perbench('report', measuredId, 'latest');
    expect(both.stdout.match(/^GSM8K, mini set/gm)).toHaveLength(1);
    expect(both.stdout).toMatch(/^here .*\n(?:.*\n)*?far {3,}–!? 0\.75 /m);
    // What was measured here is scored as it is alone, by the anchors of this hardware.
    const alone = await perbench('report', measuredId);
    const scoreOf = (text: string): string | undefined => /^here +(\S+)/m.exec(text)?.[1];
    expect(scoreOf(both.stdout)).toBe(scoreOf(alone.stdout));
    const shown = await perbench('show');
    expect(shown.stdout).toContain('imported: answers made elsewhere, scored here, read from answers.jsonl');
  });

  it('are kept once', async () => {
    const again = await perbench(
      'import',
      'answers.jsonl',
      ...task,
      '-m',
      'far',
      '--price-input',
      '0.5',
      '--price-output',
      '2',
    );
    expect(stable(again.stderr)).toBe('already imported as run RUN\n');
  });

  it('can be compared with a model that was measured, item by item', async () => {
    const { code, stdout } = await perbench('compare', measuredId, 'latest:far');
    expect(code).toBe(0);
    expect(stdout).toContain('far against here: better in accuracy (+72.5 points)');
  });

  it('are scored again as they were, price and all', async () => {
    const { code, stdout, stderr } = await perbench('rescore', 'latest');
    expect(code).toBe(0);
    expect(stderr).toContain('far / gsm8k/mini@2: 0 of 40 scores changed\n');
    expect(stdout).toMatch(/^far +0\.75 \[.* 0\.200$/m);
    expect(stdout).toContain('THR not measured (the answers were made elsewhere)');
  });

  it('count as failed where they are missing, or are left out; other rows are named', async () => {
    const rows = items.slice(0, 38).map(([id, expected]) => ({ id, output: `#### ${expected}` }));
    const [first] = items;
    await write('some.jsonl', [...rows, { id: first?.[0], output: '#### 1' }, { id: 'x\u001B[2J', output: '' }]);
    const whole = await perbench('import', 'some.jsonl', ...task, '-m', 'some', '--dry-run');
    expect(whole.code).toBe(0);
    expect(whole.stderr).not.toContain('\u001B');
    expect(whole.stderr.split('\n').slice(0, 3)).toEqual([
      String.raw`warning: some.jsonl: left out 1 of 40 rows whose ids gsm8k/mini@2 doesn't have: line 40 ("x\u001b[2J")`,
      `warning: some.jsonl: left out 1 of 40 rows that answer an item again: line 39 ("${first?.[0]}")`,
      `warning: some.jsonl: 2 of 40 items have no answer and are counted as failed (--partial leaves them out): "${items[38]?.[0]}", "${items[39]?.[0]}"`,
    ]);
    expect(whole.stdout).toContain('2 of 40 items failed and count as wrong');
    const part = await perbench('import', 'some.jsonl', ...task, '-m', 'some', '--partial', '--dry-run');
    expect(part.stdout).toMatch(/^some +1\.00/m);
    expect(part.stdout).toContain('38 items');
    expect((await perbench('list')).stdout).not.toContain('answers of some');
  });

  it('are read from CSV, and from samples that perbench exported', async () => {
    const rows = items.map(([id, expected]) => `${id},"yes, ${expected}\n#### ${expected}",12`);
    await writeFile(join(folder.path, 'answers.csv'), ['id,output,latency_ms', ...rows].join('\r\n'));
    const csv = await perbench('import', 'answers.csv', ...task, '-m', 'csv');
    expect([csv.code, stable(csv.stderr)]).toEqual([0, 'imported as run RUN\n']);
    expect(csv.stdout).toMatch(/^csv +1\.00/m);
    const [sample] = await samplesOf('csv');
    expect(sample?.times).toMatchObject({ startedMs: 0, lastTokenMs: 12 });
    await perbench('export', measuredId, '--samples', '-o', 'samples.jsonl');
    const back = await perbench('import', 'samples.jsonl', ...task, '-m', 'back');
    expect(back.code).toBe(0);
    const scores = (samples: readonly Sample[]): readonly unknown[] =>
      samples.map(({ itemId, score }) => [itemId, score]);
    expect(scores(await samplesOf('back'))).toEqual(scores(await samplesOf('here')));
  });

  it('are read from the output of a batch, failures and all', async () => {
    const rows = items.map(([id, expected], index) => {
      const message = { role: 'assistant', content: `#### ${expected}`, reasoning_content: 'Let me add.' };
      const usage = { prompt_tokens: 100, completion_tokens: 20, completion_tokens_details: { reasoning_tokens: 8 } };
      const body = { choices: [{ index: 0, message, finish_reason: 'stop' }], usage };
      if (index === 0)
        return {
          id: 'b',
          custom_id: id,
          response: { status_code: 429, body: { error: { message: 'slow down' } } },
          error: null,
        };
      if (index === 1)
        return { id: 'b', custom_id: id, response: null, error: { code: 'batch_expired', message: 'too late' } };
      return { id: `batch_${index}`, custom_id: id, response: { status_code: 200, body }, error: null };
    });
    await write('batch.jsonl', rows);
    const { code, stdout } = await perbench(
      'import',
      'batch.jsonl',
      ...task,
      '-m',
      'batch',
      '--price-input',
      '1',
      '--price-output',
      '10',
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/^batch +0\.95 \[.* 0\.300/m);
    const samples = await samplesOf('batch');
    expect(samples.slice(0, 3).map(({ failure }) => failure?.message)).toEqual(['slow down', 'too late', undefined]);
    expect(samples[2]).toMatchObject({ promptTokens: 100, outputTokens: 20, output: `#### ${items[2]?.[1]}` });
  });

  it('are scored behind their thoughts', async () => {
    await write(
      'thinking.jsonl',
      items.map(([id, expected]) => ({ id, output: `<think>\n#### 1, no</think>\n#### ${expected}` })),
    );
    const { stdout } = await perbench('import', 'thinking.jsonl', ...task, '-m', 'thinker');
    expect(stdout).toMatch(/^thinker +1\.00/m);
    expect((await samplesOf('thinker'))[0]?.output).not.toContain('think');
  });
});

it('counts thoughts without an end as an answer that never came', async () => {
  await write(
    'endless.jsonl',
    items.map(([id], index) => ({ id, output: index === 0 ? '<think>Hm, 24 or' : '#### 1' })),
  );
  const { stdout } = await perbench('import', 'endless.jsonl', ...task, '-m', 'endless');
  expect(stdout).toMatch(/^Model .* Thinking +Cut/m);
  expect(stdout).toMatch(/^endless .* – +0\.\d+$/m);
  const [first] = await samplesOf('endless');
  expect(first).toMatchObject({ cut: 'budget_cut', score: 0, output: '', thoughts: 'Hm, 24 or' });
});

describe('answers that cannot be scored', () => {
  async function refusal(...argv: readonly string[]): Promise<string> {
    const { code, stderr } = await perbench('import', ...argv);
    expect(code).not.toBe(0);
    return `${code} ${stderr}`;
  }

  beforeAll(async () => {
    await write('strange.jsonl', [
      { id: 'a', output: '1' },
      { id: 'b', output: '2' },
    ]);
    await write(
      'nameless.jsonl',
      items.map(() => ({ output: '1', other: 2 })),
    );
    await write('mute.jsonl', [{ id: 'a', text: '1' }]);
    await write('slow.jsonl', [{ id: items[0]?.[0], output: '1', latencyMs: 'soon' }]);
    await write('broken.jsonl', [{ custom_id: items[0]?.[0], response: { body: { choices: 'none' } } }]);
    await write('plain.jsonl', [{ id: items[0]?.[0], output: '1', promptTokens: 3 }]);
  });

  it.each<[string, readonly string[]]>([
    ['no task', ['answers.jsonl', '-m', 'far']],
    ['two files', ['answers.jsonl', 'some.jsonl', ...task, '-m', 'far']],
    [
      'a price of both kinds',
      ['answers.jsonl', ...task, '-m', 'far', '--price-per-thousand', '1', '--price-input', '1'],
    ],
    ['half a price', ['answers.jsonl', ...task, '-m', 'far', '--price-output', '1']],
    ['flags of results', ['answers.jsonl', ...task, '-m', 'far', '--metric', 'acc']],
    ['flags of answers for results', ['answers.jsonl', ...task, '--partial']],
    ['several tasks', ['answers.jsonl', '-t', 'mini', '-m', 'far']],
    ['a task of log-likelihoods', ['answers.jsonl', '-t', 'hellaswag/mini', '-m', 'far']],
    ['answers to other items', ['strange.jsonl', ...task, '-m', 'far']],
    ['rows without ids', ['nameless.jsonl', ...task, '-m', 'far']],
    ['rows without outputs', ['mute.jsonl', ...task, '-m', 'far']],
    ['a latency in words', ['slow.jsonl', ...task, '-m', 'far']],
    ['a response of another form', ['broken.jsonl', ...task, '-m', 'far']],
    ['tokens that a price lacks', ['plain.jsonl', ...task, '-m', 'far', '--price-input', '1', '--price-output', '1']],
    ['a file that is not there', ['gone.jsonl', ...task, '-m', 'far']],
  ])('are refused: %s', async (_, argv) => {
    expect((await refusal(...argv)).replaceAll(folder.path, '.')).toMatchSnapshot();
  });

  it('is told of the way to score them, where their file is imported as results', async () => {
    expect(await refusal('answers.jsonl')).toContain('Score answers of a model with --task and --model');
  });
});

it('keeps the file of answers as it was', async () => {
  expect((await readFile(join(folder.path, 'answers.jsonl'), 'utf8')).split('\n')).toHaveLength(41);
});
