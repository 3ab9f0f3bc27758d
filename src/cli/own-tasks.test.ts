import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { brief, csvOf, saying, ticketRows } from '../../test/setup/ticket-folder.ts';
import type { EndedInProcess } from '../../test/setup/run-in-process.ts';
import { inFolder, perbench, useTicketFolder } from '../../test/setup/ticket-commands.ts';
import { plan, run, type RunEvent } from '../index.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import { exitCodes } from './exit-codes.ts';

useTicketFolder('test');

async function writeSuite(settings: object = {}): Promise<void> {
  const models = [saying('guess', 'billing'), saying('other', 'bug')];
  await writeFile(inFolder('suite.json'), JSON.stringify({ models, tasks: ['tickets.csv'], ...brief, ...settings }));
}

function records(stdout: string, event: string): readonly Record<string, unknown>[] {
  const all = stdout.split('\n').filter((line) => line.startsWith('{'));
  return all.map((line) => JSON.parse(line) as Record<string, unknown>).filter((one) => one['event'] === event);
}

/** The answer of what a command prints under `--json`. */
function answerOf({ stdout }: EndedInProcess): unknown {
  return (
    (records(stdout, 'answer')[0]?.['tasks'] as readonly unknown[] | undefined)?.[0] ?? records(stdout, 'answer')[0]
  );
}

const inferred = [
  'tickets.csv: input: column `text` (its name)',
  'tickets.csv: target: column `label` (the only other column), 3 labels: billing (8), bug (8), feature (8)',
];

describe('a data file as a task', () => {
  it('becomes an answer in one command, with what was inferred said once', async () => {
    await writeSuite();
    const { code, stdout, stderr } = await perbench('run', 'suite.json', '--store', 'store.db');
    expect(code).toBe(exitCodes.gateInconclusive);
    for (const note of inferred) expect(stderr.split(note)).toHaveLength(2);
    expect(stdout).toMatch(/tickets · tickets\/own@[0-9a-f]{8} · 24 items/u);
    expect(stdout).toContain('None is shown to exceed chance (0.333): guess 8 of 24 right, other 8 of 24 right.');
    await using store = await openSqliteStore({ file: inFolder('store.db') });
    const stored = await store.latestRun({ status: ['finished'] });
    const [facts] = Object.values(stored?.manifest.tasks ?? {});
    expect(facts).toMatchObject({
      items: 24,
      own: { title: 'tickets', metric: 'acc', labels: ['billing', 'bug', 'feature'], baselines: { majority: 1 / 3 } },
    });
    expect(facts?.notes).toContain('input: column `text` (its name)');
  });

  it('says that no model is usable where most answers are no label', async () => {
    await writeSuite({ models: [saying('lost', 'no idea', 'maybe', 'billing')] });
    const ended = await perbench('run', 'suite.json', '--json');
    expect(JSON.stringify(answerOf(ended))).toContain('"none"');
    expect(ended.code).toBe(exitCodes.gateFailed);
  });

  it('takes part of its rows, with examples that are not evaluated', async () => {
    await writeSuite();
    const half = await perbench('run', 'suite.json', '--limit', '0.5', '--json');
    expect(records(half.stdout, 'run-start')[0]).toMatchObject({ cells: [{ items: 12 }, { items: 12 }] });
    const shots = await perbench('run', 'suite.json', '--shots', '4', '--json');
    expect(records(shots.stdout, 'run-start')[0]).toMatchObject({ cells: [{ items: 20 }, { items: 20 }] });
    const prompts = records((await perbench('tasks', 'tickets.csv', '--shots', '2', '--json')).stdout, 'prompt');
    expect(prompts[0]).toMatchObject({ expected: 'feature' });
    expect(String(prompts[0]?.['plain'])).toContain('The invoice of March was charged twice.');
  });

  it('is another task with another column', async () => {
    await writeFile(
      inFolder('wide.csv'),
      csvOf(
        ticketRows().map(([text, label]) => [text, label, label]),
        'text,label,category',
      ),
    );
    await writeSuite({ tasks: ['wide.csv'] });
    const doubt = await perbench('run', 'suite.json');
    expect(doubt.code).toBe(exitCodes.usage);
    expect(doubt.stderr).toContain(
      'wide.csv: Which column is the right answer? It may be label or category\nhint: Say it with --target, or with `target:` in a task file',
    );
    expect((await perbench('run', 'suite.json', '--target', 'category')).stdout).toContain('24 items');
  });
});

describe('a run of it', () => {
  it('goes on where it was stopped though the file was touched, and starts anew where its rows changed', async () => {
    const suite = { models: [saying('guess', 'billing')], tasks: ['tickets.csv'], ...brief, concurrency: 1 };
    const options = { store: inFolder('store.db'), workingFolder: inFolder('') };
    const stop = new AbortController();
    for await (const event of run(suite, { ...options, signal: stop.signal }))
      if (event.type === 'cell-start') stop.abort();
    await utimes(inFolder('tickets.csv'), new Date(), new Date());
    const start = (events: readonly RunEvent[]) => events.find(({ type }) => type === 'run-start');
    const again = await Array.fromAsync(run(suite, options));
    expect(start(again)).toMatchObject({ isResumed: true });
    expect(again.at(-1)).toMatchObject({ status: 'finished' });

    const stopAgain = new AbortController();
    for await (const event of run(suite, { ...options, signal: stopAgain.signal, isFresh: true }))
      if (event.type === 'cell-start') stopAgain.abort();
    await writeFile(inFolder('tickets.csv'), csvOf(ticketRows(27)));
    const resumed = await perbench('resume', '--store', 'store.db');
    expect(resumed).toMatchObject({ code: exitCodes.usage, stderr: expect.stringContaining('cannot be resumed') });
    expect(start(await Array.fromAsync(run(suite, options)))).toMatchObject({ isResumed: false });
  });

  it('is scored again by its own rows alone', async () => {
    await writeSuite();
    await perbench('run', 'suite.json');
    const same = await perbench('rescore');
    expect(same.stderr).toMatch(/guess \/ tickets\/own@[0-9a-f]{8}: 0 of 24 scores changed/u);
    await writeFile(inFolder('tickets.csv'), csvOf(ticketRows().map(([text]) => [text, 'bug'])));
    const changed = await perbench('rescore');
    expect(changed.code).toBe(exitCodes.usage);
    expect(changed.stderr).toMatch(/tickets\.csv: the rows have changed since run \S+, which can't be scored by them/u);
  });

  it('is compared, gated, shown and exported by its short name', async () => {
    await writeSuite({ models: [saying('guess', 'billing')] });
    await perbench('run', 'suite.json');
    await writeSuite({ models: [saying('guess', 'bug')] });
    await perbench('run', 'suite.json', '--fresh');
    const compared = await perbench('compare', 'latest~1', 'latest', '--task', 'tickets');
    expect(compared.stdout).toContain('tickets');
    expect(compared.stdout).toContain('24 paired items');
    const gate = ['gate', '--baseline', 'latest~1', '--task', 'tickets', '--max-accuracy-drop', '0.9'];
    expect((await perbench(...gate)).code).toBe(exitCodes.done);
    expect((await perbench('report', '--task', 'tickets')).stdout).toContain('tickets · tickets/own@');
    expect((await perbench('show', '--task', 'tickets')).stdout).toContain('tickets');
    const exported = await perbench('export', '--format', 'run', '--task', 'tickets', '-o', 'run.json');
    expect(exported.code).toBe(exitCodes.done);
    expect((await perbench('compare', 'run.json', 'latest~1')).stdout).toContain('tickets');
    for (const format of ['inspect', 'every-eval-ever']) {
      expect(await perbench('export', '--format', format, '--task', 'tickets', '-o', format)).toMatchObject({
        code: exitCodes.done,
      });
    }
  });

  it('is no partner of a run with another prompt', async () => {
    await writeSuite();
    await perbench('run', 'suite.json');
    await writeFile(inFolder('tickets.task.yaml'), 'data: tickets.csv\nprompt: "{{ text }}\\nKind:"\n');
    await writeSuite({ tasks: ['tickets.task.yaml'] });
    await perbench('run', 'suite.json');
    const { code, stderr } = await perbench('compare', 'latest~1:guess', 'latest:guess');
    expect(code).toBe(exitCodes.usage);
    expect(stderr).toMatch(/tickets\/own@\w+ and tickets\/own@\w+ are two tasks: their definitions differ in prompt;/u);
  });

  it('may be a race, with the anchors of a task that is answered alike', async () => {
    const models = [saying('right', 'billing', 'bug'), saying('guess', 'billing')].map((model, at) => ({
      ...model,
      engineOptions: { ...model.engineOptions, tokenMs: at + 1 },
    }));
    await writeSuite({ models, protocol: 'serving', launches: 1, windowSeconds: 0.05, latencyRequests: 3 });
    const { stdout, stderr } = await perbench('run', 'suite.json', '--decide', 'winner', '--anchors', 'cpu');
    expect(stdout).toMatch(/Winner \(PER-A\/2026-1\/cpu\/imdb\/per@2, tickets\/own@[0-9a-f]{8}\): /u);
    expect(stderr).toContain('tickets has no anchors of its own: speed and memory are scored by those of imdb/per');
  });
});

describe('what is said before a run', () => {
  it('is a plan', async () => {
    await writeSuite();
    const { code, stdout } = await perbench('plan', 'suite.json', '--probe', 'never');
    expect(code).toBe(exitCodes.done);
    expect(stdout).toMatch(/guess +tickets\/own@[0-9a-f]{8} +24/u);
  });

  it('is the task with its rows, baselines and prompts', async () => {
    const { code, stdout } = await perbench('tasks', 'tickets.csv');
    expect(code).toBe(exitCodes.done);
    expect(stdout).toMatch(/^billing +8$/mu);
    expect(stdout).toMatch(/without a model: majority 0\.333, words \d\.\d{3}/u);
    expect(stdout).toContain('[chat]');
    const json = await perbench('tasks', 'tickets.csv', '--items', '2', '--json');
    expect(records(json.stdout, 'task')[0]).toMatchObject({
      items: 24,
      answers: { billing: 8, bug: 8, feature: 8 },
      definition: { input: 'text', target: 'label', answer: 'label' },
    });
    expect(records(json.stdout, 'prompt')).toHaveLength(2);
  });

  it.each([
    ['label', ['bug', 'feature'], { answer: 'label' }, 'bug\nfeature\n'],
    ['text', ['an app', 'the app'], { answer: 'text' }, 'an app\nthe app\n'],
    ['number', ['1.50', 2], { answer: 'number' }, '1.5\n2\n'],
    ['choice', ['bug', 'feature'], { answer: 'choice', choices: 'choices' }, 'B\nC\n'],
    ['likelihood', ['bug', 'feature'], { answer: 'choice', choices: 'choices', by: 'likelihood' }, 'bug\nfeature\n'],
  ])('shows all right answers of an item: %s', async (name, label, definition, shown) => {
    const rows = ticketRows(9).map(([text]) => ({ text, label, choices: ['billing', 'bug', 'feature'] }));
    await writeFile(inFolder(`${name}.json`), JSON.stringify(rows));
    const task = { data: `${name}.json`, input: 'text', target: 'label', ...definition };
    await writeFile(inFolder(`${name}.task.json`), JSON.stringify(task));
    const { stdout } = await perbench('tasks', `${name}.task.json`);
    expect(stdout).toContain(`[expected]\n${shown}`);
    const json = await perbench('tasks', `${name}.task.json`, '--json');
    expect(json.stdout).toContain(`"rightAnswers":${JSON.stringify(shown.trim().split('\n'))}`);
  });

  it('is what was inferred of the file too', async () => {
    const content = csvOf(ticketRows().map(([text, label]) => [`${text} Merci André.`, label])).replaceAll(',', ';');
    await writeFile(inFolder('old.csv'), Buffer.from(content.replaceAll('\n', '\r\n'), 'latin1'));
    await writeSuite({ tasks: ['old.csv'] });
    const { stderr } = await perbench('plan', 'suite.json', '--probe', 'never');
    expect(stderr).toMatch(/^old\.csv: .*Windows-1252/imu);
    expect(stderr).toMatch(/^old\.csv: .*;/mu);
    expect((await perbench('tasks', 'old.csv')).stdout).toContain('André');
  });

  it('is a task file that asks the same as the data alone', async () => {
    const idOf = async (name: string) => records((await perbench('tasks', name, '--json')).stdout, 'task')[0]?.['id'];
    expect(await perbench('init', 'task', 'tickets.csv')).toMatchObject({
      code: exitCodes.done,
      stdout: 'wrote tickets.task.yaml\n',
    });
    expect(await idOf('tickets.task.yaml')).toBe(await idOf('tickets.csv'));
    expect(await readFile(inFolder('tickets.task.yaml'), 'utf8')).toContain('labels: [billing, bug, feature]');
    const again = await perbench('init', 'task', 'tickets.csv');
    expect(again).toMatchObject({
      code: exitCodes.usage,
      stderr: expect.stringContaining('tickets.task.yaml already exists'),
    });
    expect((await perbench('init', 'task', 'tickets.csv', '--force')).code).toBe(exitCodes.done);
    await mkdir(inFolder('tasks'));
    await perbench('init', 'task', 'tickets.csv', 'tasks/mine.yaml');
    expect(await readFile(inFolder('tasks/mine.yaml'), 'utf8')).toContain('data: ../tickets.csv');
  });

  it('keeps the decimal sign of its numbers', async () => {
    const rows = Array.from({ length: 12 }, (_, at) => `How much is number ${at}?;${at},5`);
    await writeFile(inFolder('prices.csv'), ['question;answer', ...rows].join('\n'));
    await perbench('init', 'task', 'prices.csv');
    const [task] = records((await perbench('tasks', 'prices.task.yaml', '--json')).stdout, 'task');
    expect(task).toMatchObject({ definition: { answer: 'number', decimal: ',' } });
    const [prompt] = records((await perbench('tasks', 'prices.csv', '--json')).stdout, 'prompt');
    expect(prompt).toMatchObject({ task: task?.['id'], expected: '0.5' });
  });
});

describe('columns beside the input', () => {
  const columns = 'source,context,question,answer';
  const rows = Array.from({ length: 12 }, (_, at) => [
    `page ${at % 3}`,
    `It was in the year ${at} that this began.`,
    `When did part ${at} begin?`,
    String(1000 + 7 * at),
  ]);

  it('are said, and texts that questions are about stand before them', async () => {
    await writeFile(inFolder('pages.csv'), csvOf(rows, columns));
    const { stdout } = await perbench('tasks', 'pages.csv', '--json');
    const [task] = records(stdout, 'task');
    expect(task).toMatchObject({ definition: { input: 'question', target: 'answer' } });
    expect(task?.['notes']).toEqual(
      expect.arrayContaining([
        'prompt: column `context` (its name) stands before the question',
        'not in the prompt: `source`',
      ]),
    );
    expect(stdout).toContain('It was in the year 0 that this began.\\n\\nWhen did part 0 begin?');
  });

  it('are left to a prompt that is written', async () => {
    await writeFile(inFolder('pages.csv'), csvOf(rows, columns));
    await writeFile(
      inFolder('pages.task.yaml'),
      'data: pages.csv\ninput: question\nprompt: "{{ question }} {{ source }}"\n',
    );
    const [task] = records((await perbench('tasks', 'pages.task.yaml', '--json')).stdout, 'task');
    expect(task?.['notes']).toEqual(expect.arrayContaining(['not in the prompt: `context`']));
  });
});

describe('the library', () => {
  it('runs and plans data files too', async () => {
    const suite = { models: [saying('guess', 'billing')], tasks: ['tickets.csv'], ...brief };
    const notes: string[] = [];
    const events = await Array.fromAsync(
      run(suite, { workingFolder: inFolder(''), onNote: (note) => notes.push(note) }),
    );
    expect(events.find(({ type }) => type === 'cell-end')).toMatchObject({
      state: 'done',
      measurements: { accuracy: { value: 1 / 3, n: 24 } },
    });
    expect(notes).toEqual(expect.arrayContaining(inferred));
    const outlook = await plan(suite, { workingFolder: inFolder(''), probe: 'never' });
    expect(outlook.cells).toMatchObject([{ model: 'guess', items: 24 }]);
  });

  it('takes definitions in place of files', async () => {
    const definition = { data: 'tickets.csv', prompt: '{{ text }} Kind:' };
    const suite = { models: [saying('guess', 'billing')], tasks: [{ task: 'kinds', definition }], ...brief };
    const events = await Array.fromAsync(run(suite, { workingFolder: inFolder('') }));
    expect(events.find(({ type }) => type === 'run-start')).toMatchObject({
      cells: [{ taskId: expect.stringMatching(/^kinds\/own@/u) }],
    });
  });
});
