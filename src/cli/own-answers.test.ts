import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EndedInProcess, runInProcess } from '../../test/setup/run-in-process.ts';
import { type TestFolder, testFolder } from '../../test/setup/test-settings.ts';

/** Tickets of three kinds, each with a text of its own. */
const tickets = Array.from({ length: 45 }, (_, index) => {
  const [text, label] = (
    [
      [`Invoice ${index} is wrong`, 'billing'],
      [`The app crashes on page ${index}`, 'bug'],
      [`Please add theme ${index}`, 'feature'],
    ] as const
  )[index % 3] as readonly [string, string];
  return { text, label };
});

let folder: TestFolder;

async function perbench(...argv: readonly string[]): Promise<EndedInProcess> {
  return runInProcess(argv, { folder: folder.path });
}

async function write(name: string, text: string): Promise<void> {
  await writeFile(join(folder.path, name), text);
}

async function writeRows(name: string, rows: readonly object[]): Promise<void> {
  await write(name, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
}

function model(name: string, ...answers: readonly string[]): object {
  return { name, source: 'none', engine: 'mock', engineOptions: { answers, tokenMs: 1 } };
}

const brief = { launches: 1, windowSeconds: 0.1, latencyRequests: 3, allowBusy: true };

beforeAll(async () => {
  folder = await testFolder();
  const rows = tickets.map(({ text, label }) => `${text},${label}`);
  await write('tickets.csv', ['text,label', ...rows].join('\n'));
  const models = [model('chatty', 'Well, that depends'), model('good', 'Billing.', 'bug', 'feature')];
  await write('suite.json', JSON.stringify({ models, tasks: ['tickets.csv'], ...brief }));
});
afterAll(async () => {
  await folder[Symbol.asyncDispose]();
});

describe('a model whose answers cannot be read', () => {
  it('fails, while its first answers are shown and the others go on', async () => {
    const { code, stdout, stderr } = await perbench('run', 'suite.json');
    expect(code).toBe(3);
    expect(stderr).toMatch(
      /chatty \/ tickets\/own@\w{8}: .* → "Well, that depends.*" could not be read \(expected \w+\)/,
    );
    expect(stderr).toMatch(
      /good \/ tickets\/own@\w{8}: .* → ".*" read as (?:billing|bug|feature) [✓✗] \(expected \w+\)/,
    );
    expect(stderr.match(/ → "/g)).toHaveLength(6);
    expect(stderr).toMatch(
      /failed: chatty \/ tickets\/own@\w{8}: none of the first 20 answers could be read: "Well, .*; expected one of .*billing.*\. Change the prompt or the labels of the task, or go on with perbench resume --force\./,
    );
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain('chatty has no score: none of the first 20 answers could be read');
    expect(stderr).toMatch(/good \/ tickets\/own@\w{8}: done/);
  });

  it('stops again when it is resumed, and goes on by force', async () => {
    const again = await perbench('resume');
    expect(again.code).toBe(3);
    expect(again.stderr).toMatch(/failed: chatty .*none of the (?:first )?\d+ answers could be read/);
    const forced = await perbench('resume', '--force');
    expect(forced.stderr).toMatch(/warning: chatty on tickets\/own@\w{8}: none of the 45 answers could be read/);
    expect(forced.stderr).toMatch(/chatty \/ tickets\/own@\w{8}: done, accuracy 0\.0/);
  });

  it('is told as records, and is run in full where that is forced from the start', async () => {
    const { stdout } = await perbench('run', 'suite.json', '--fresh', '--force', '--json');
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
    const answers = events.filter(({ event }) => event === 'first-answer');
    expect(answers).toHaveLength(6);
    expect(answers[0]).toMatchObject({ output: expect.stringMatching(/^Well, that depends/), score: 0 });
    expect(answers[0]).not.toHaveProperty('answer');
    expect(events.filter(({ event }) => event === 'cell-end').map(({ state }) => state)).toEqual(['done', 'done']);
  });
});

describe('answers made elsewhere to a task of the user’s own', () => {
  const answers = tickets.map(({ text, label }) => ({ text, output: `${label.toUpperCase()}.` }));

  it('belong to items by their input, and stand in one table with models that were run', async () => {
    await writeRows('answers.jsonl', answers);
    const { code, stdout, stderr } = await perbench(
      'import',
      'answers.jsonl',
      '-t',
      'tickets.csv',
      '-m',
      'api',
      '--price-per-thousand',
      '3',
    );
    expect(code).toBe(0);
    expect(stderr).toContain('answers.jsonl: its rows belong to items by the column "text"\n');
    expect(stdout).toMatch(/^api +1\.00 .* 3\.00$/m);
    const { stdout: listed } = await perbench('list');
    const [imported = '', measured = ''] = listed.match(/^\d{8}-\d{6}-\w{4}/gm) ?? [];
    const both = await perbench('report', measured, imported);
    expect(both.stdout.match(/tickets\/own@\w{8}/g)).toHaveLength(1);
    for (const name of ['chatty', 'good', 'api']) expect(both.stdout).toMatch(new RegExp(`^${name} `, 'm'));
    const rescored = await perbench('rescore', imported);
    expect(rescored.stderr).toContain('0 of 45 scores changed');
    expect(rescored.stdout).toMatch(/^api +1\.00 .* 3\.00$/m);
  });

  it('are no run to resume', async () => {
    const { stdout } = await perbench('list', '--last', '1');
    const [id = ''] = /^\d{8}-\d{6}-\w{4}/m.exec(stdout) ?? [];
    const { code, stderr } = await perbench('resume', id);
    expect([code, stderr.replace(id, 'RUN')]).toEqual([
      2,
      'error: run RUN was imported: there is nothing to resume\nhint: Name a run that was made here; perbench list shows them.\n',
    ]);
    // Without a name the newest is meant that can be resumed.
    expect((await perbench('resume')).stderr).not.toContain('was imported');
  });

  it('belong to items by the column that the task names as its id', async () => {
    await write(
      'named.csv',
      ['nr,text,label', ...tickets.map(({ text, label }, nr) => `T${nr},${text},${label}`)].join('\n'),
    );
    await write('named.task.yaml', 'task: named\ndata: named.csv\nid: nr\ninput: text\ntarget: label\n');
    await writeRows('named.jsonl', tickets.map(({ label }, nr) => ({ nr: `T${nr}`, output: label })).toReversed());
    const { stdout, stderr } = await perbench(
      'import',
      'named.jsonl',
      '-t',
      'named.task.yaml',
      '-m',
      'api',
      '--dry-run',
    );
    expect(stderr).not.toContain('belong to items');
    expect(stdout).toMatch(/^api +1\.00 /m);
  });

  it('are refused where nothing tells them apart, or the task is scored otherwise', async () => {
    await writeRows(
      'mute.jsonl',
      answers.map(({ output }) => ({ output })),
    );
    const mute = await perbench('import', 'mute.jsonl', '-t', 'tickets.csv', '-m', 'api');
    expect([mute.code, mute.stderr]).toEqual([
      2,
      expect.stringMatching(/, or the column "text" with the input\. As many rows as items are no proof/),
    ]);
    await write(
      'same.csv',
      ['text,label', ...tickets.map(({ label }, index) => `Help ${index % 9},${label}`)].join('\n'),
    );
    await writeRows(
      'same.jsonl',
      tickets.map(({ label }, index) => ({ text: `Help ${index % 9}`, output: label })),
    );
    const same = await perbench('import', 'same.jsonl', '-t', 'same.csv', '-m', 'api');
    expect([same.code, same.stderr]).toEqual([
      2,
      expect.stringContaining('"text" can\'t tell the rows apart: items of same/own@'),
    ]);
    await write('scored.task.yaml', 'task: scored\ndata: tickets.csv\nby: likelihood\n');
    const scored = await perbench('import', 'answers.jsonl', '-t', 'scored.task.yaml', '-m', 'api');
    expect([scored.code, scored.stderr]).toEqual([2, expect.stringContaining('Use a task file with `by: generate`')]);
  });
});

it('says what kind of answer was expected, and judges nothing where any text is one', async () => {
  const sums = Array.from({ length: 24 }, (_, index) => `"What is ${index} and ${index}?",${2 * index}`);
  await write('sums.csv', ['question,answer', ...sums].join('\n'));
  await write(
    'sums.task.yaml',
    'task: sums\ndata: sums.csv\nanswer: number\ninput: question\ntarget: answer\nstop: [" word"]\n',
  );
  await write('texts.task.yaml', 'task: texts\ndata: sums.csv\nanswer: text\ninput: question\ntarget: answer\n');
  const models = [model('shy', 'I cannot say')];
  const tasks = ['sums.task.yaml', 'texts.task.yaml'];
  await write('kinds.json', JSON.stringify({ models, tasks, ...brief }));
  const { stderr } = await perbench('run', 'kinds.json');
  expect(stderr).toMatch(
    /failed: shy \/ sums\/own@\w{8}: none of the first 20 answers could be read: "I .*; expected a number\. Change the prompt/,
  );
  expect(stderr).toMatch(/shy \/ texts\/own@\w{8}: done/);
});

it.each([
  ['throws', "throw new Error('boom')", 'threw "boom" for row'],
  ['exits', 'process.exit(3)', 'ended its thread with exit code 3 for row'],
])('a scorer that always %s stops after 20 answers, with three warnings', async (what, body, message) => {
  await write(`${what}.mjs`, `export default () => { ${body} };\n`);
  await write(`${what}.task.yaml`, `task: ${what}\ndata: tickets.csv\nanswer: free\nscore: module ./${what}.mjs\n`);
  const concurrency = 1;
  const settings = { models: [model('shy', 'Hello')], tasks: [`${what}.task.yaml`], ...brief, concurrency };
  await write(`${what}.json`, JSON.stringify(settings));
  const { code, stderr } = await perbench('run', `${what}.json`);
  expect(code).toBe(3);
  expect(stderr.split(message)).toHaveLength(3 + 1 + 1);
  expect(stderr).toMatch(/failed: shy .*: the scorer failed on the first 20 answers, .*; \d+ more items failed\. Mend/);
});

it('imported answers say what was not read, and that the scorer failed', async () => {
  await write(
    'boom.mjs',
    "export default (output) => { if (output === 'bug') throw new Error('boom'); return true; };\n",
  );
  await write('boom.task.yaml', 'task: boom\ndata: tickets.csv\nanswer: free\nscore: module ./boom.mjs\n');
  const rows = tickets.map(({ text, label }) => ({ text, output: label, latencyMs: 5, latency_ms: 5, duration_ms: 5 }));
  await writeRows('boom.jsonl', rows);
  const { stderr } = await perbench('import', 'boom.jsonl', '-t', 'boom.task.yaml', '-m', 'api');
  expect(stderr).toContain('boom.jsonl: columns that were not used: latency_ms, duration_ms\n');
  expect(stderr).toMatch(
    /boom\.jsonl: the scorer failed on 15 of 45 answers, the first time: \S+: threw "boom" for row/u,
  );
});
