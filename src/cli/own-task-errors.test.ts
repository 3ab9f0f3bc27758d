import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { utf16 } from '../../test/setup/read-own-table.ts';
import { brief, csvOf, saying, ticketFolder, ticketRows } from '../../test/setup/ticket-folder.ts';
import { type EndedInProcess, runInProcess } from '../../test/setup/run-in-process.ts';
import { exitCodes } from './exit-codes.ts';

let folder: string;

beforeAll(async () => {
  folder = await ticketFolder();
  await write('suite.json', JSON.stringify({ models: [saying('guess', 'billing')], ...brief }));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function write(name: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(join(folder, name)), { recursive: true });
  await writeFile(join(folder, name), content);
}

function perbench(...argv: readonly string[]): Promise<EndedInProcess> {
  return runInProcess(argv, { folder, environment: { COLUMNS: '200' } });
}

/** The error of a run with these tasks and flags. */
async function errorOf(...argv: readonly string[]): Promise<string> {
  const { code, stderr } = await perbench('run', 'suite.json', ...argv);
  expect(code).toBe(exitCodes.usage);
  return stderr.slice(stderr.indexOf('error: '));
}

describe('names', () => {
  it.each([
    ['tickts.csv', 'error: no file tickts.csv, and no task of that name\nhint: Did you mean "tickets.csv"?'],
    ['tickets', 'error: unknown task "tickets", and no file of that name; known: all'],
    ['gsm9k', 'error: unknown task "gsm9k", and no file of that name; known: all'],
    [
      './none/x.csv',
      'error: no file ./none/x.csv, and no task of that name\nhint: perbench tasks lists the built-in tasks.',
    ],
  ])('%s is neither a task nor a file', async (name, message) => {
    expect(await errorOf('-t', name)).toContain(message);
  });

  it('are placed in a suite file, from whose folder files are meant', async () => {
    await write('sub/suite.yaml', 'models: [{ source: a, engine: mock }]\ntasks:\n  - tickets.csv\n');
    const { stderr } = await perbench('run', 'sub/suite.yaml');
    expect(stderr).toContain('sub/suite.yaml:3:5: no file tickets.csv, and no task of that name');
    await write('sub/suite.yaml', 'models: [{ source: a, engine: mock }]\ntasks:\n  - ../tickets.csv\n');
    expect((await perbench('plan', 'sub/suite.yaml', '--probe', 'never')).code).toBe(exitCodes.done);
    expect((await perbench('plan', 'sub/suite.yaml', '-t', 'tickets.csv', '--probe', 'never')).code).toBe(
      exitCodes.done,
    );
  });

  it('of one file may come once', async () => {
    expect(await errorOf('-t', 'tickets.csv', '-t', './tickets.csv')).toContain('the task tickets.csv is named twice');
    await write('p.task.yaml', 'data: tickets.csv\n');
    await write('sub/p.task.yaml', 'data: ../tickets.csv\n');
    expect(await errorOf('-t', 'p.task.yaml', '-t', 'sub/p.task.yaml')).toContain(
      'p.task.yaml and sub/p.task.yaml are the same task\nhint: Leave one of them out.',
    );
  });

  it('of links that lead nowhere are told apart from no file', async () => {
    await symlink('nothere.csv', join(folder, 'broken.csv'));
    await symlink('loop.csv', join(folder, 'loop.csv'));
    expect(await errorOf('-t', 'broken.csv')).toContain(
      'broken.csv is a link to nothere.csv, where no file is\nhint: Mend',
    );
    expect(await errorOf('-t', 'loop.csv')).toContain('loop.csv is a link to loop.csv, where no file is\nhint: Mend');
    await write('link.task.yaml', 'data: broken.csv\n');
    const { stderr } = await perbench('run', 'suite.json', '-t', 'link.task.yaml');
    expect(stderr).toContain('broken.csv: a link to nothere.csv, which is not there');
  });

  it('may have commas where a file is called so', async () => {
    await write('a,b,c.csv', csvOf(ticketRows()));
    const plan = await perbench('plan', 'suite.json', '-t', 'a,b,c.csv,tickets.csv', '--probe', 'never');
    expect(plan.stdout).toMatch(/a-b-c\/own@/u);
    expect(plan.stdout).toMatch(/tickets\/own@/u);
    expect(await errorOf('-t', 'a,tickets.csv')).toContain('unknown task "a"');
  });

  it('of many columns are not all listed', async () => {
    const names = Array.from({ length: 300 }, (_, at) => `c${at}`);
    await write(
      'many.csv',
      csvOf(
        Array.from({ length: 9 }, (_, row) => names.map((name) => `${name} ${row}`)),
        names.join(','),
      ),
    );
    const error = await errorOf('-t', 'many.csv');
    expect(error).toMatch(/It may be (?:c\d+, ){11}c\d+ and 2\d\d more\n/u);
    await write('many.task.yaml', 'data: many.csv\ninput: text\n');
    expect(await errorOf('-t', 'many.task.yaml')).toMatch(/Its columns: (?:c\d+, ){11}c\d+ and 288 more\.\n/u);
  });

  it('of two files that are called alike must be told apart', async () => {
    await write('other/tickets.csv', csvOf(ticketRows(12)));
    expect(await errorOf('-t', 'tickets.csv', '-t', 'other/tickets.csv')).toMatch(
      /two tasks have the name tickets: \S+\/tickets\.csv and \S+\/other\/tickets\.csv\nhint: Give each a name of its own with `task:`/u,
    );
    await write('other.task.yaml', 'data: other/tickets.csv\ntask: others\n');
    const { code, stdout } = await perbench(
      'plan',
      'suite.json',
      '-t',
      'tickets.csv,other.task.yaml',
      '--probe',
      'never',
    );
    expect(code).toBe(exitCodes.done);
    expect(stdout).toMatch(/others\/own@[0-9a-f]{8} +12/u);
  });
});

describe('columns', () => {
  it.each([
    [['--input', 'txt'], 'input: the data have no column "txt"\nhint: Did you mean "text"?'],
    [['--target', 'nothing'], 'target: the data have no column "nothing"\nhint: Its columns: text, label.'],
    [['--answer', 'labl'], '"labl"'],
  ])('%j: none is guessed', async (flags, message) => {
    expect(await errorOf('-t', 'tickets.csv', ...flags)).toContain(message);
  });

  it('are those of data files, not of built-in tasks', async () => {
    expect(await errorOf('-t', 'gsm8k/mini', '--input', 'text')).toContain(
      'input: only for data of your own, but gsm8k/mini is a built-in task\nhint: Leave out --input.',
    );
  });

  it('that can be several are named, with the flag that tells', async () => {
    await write(
      'two.csv',
      csvOf(
        ticketRows(6).map(([text, label]) => [text, text, label]),
        'question,review,label',
      ),
    );
    expect(await errorOf('-t', 'two.csv')).toContain(
      'two.csv: Which column is the input? It may be question or review\nhint: Say it with --input,',
    );
    await write('one.csv', 'text\nhello\nthere\n');
    expect(await errorOf('-t', 'one.csv')).toContain(
      'one.csv: no column that could be the right answer; its columns: text',
    );
  });
});

describe('task files', () => {
  it.each([
    ['data: tickets.csv\nlables: [a, b]\n', 'a.task.yaml:2:1: unknown key "lables" (did you mean "labels"?)'],
    ['task: x\n', 'a.task.yaml:1:1: data: is missing'],
    ['', 'a.task.yaml: the file is empty'],
    ['data: tickets.csv\nanswer: lable\n', 'a.task.yaml:2:9: answer: expected one of label, choice'],
    [
      'data: tickets.csv\ntarget: lable\n',
      'a.task.yaml:2:9: target: the data have no column "lable"\nhint: Did you mean "label"?',
    ],
    ['data: tickets.csv\nmaxTokens: many\n', 'a.task.yaml:2:12: maxTokens: expected'],
    [
      'data: tickets.csv\nneed: { accurcy: 0.9 }\n',
      'a.task.yaml:2:9: unknown need "accurcy" (did you mean "accuracy"?)',
    ],
    ['data: tickets.csv\nneed:\n  latency: soon\n', 'a.task.yaml:3:12: need.latency: expected a time such as 500ms'],
    ['data: tickets.csv\nscore: module ./none.ts\n', /a\.task\.yaml:2:8: score: \S+none\.ts: no such file/u],
    ['data: tickets.csv\nneed: { memory: 4 }\n', 'a.task.yaml:2:17: need.memory: expected a size with its unit'],
    ['data: { path: tickets.csv, separator: "||" }\n', 'a.task.yaml:1:39: data.separator: expected one character'],
    [
      'data: tickets.csv\nprompt: "{{ text | frobnicate }}"\n',
      /a\.task\.yaml:2:9: `prompt\.plain`: can't be rendered for row "\w+": Unknown \w+ filter: frobnicate/u,
    ],
    [
      'data: tickets.csv\nprompt: { plain: "{{ text }}", chat: "{{ raise_exception(text) }}" }\n',
      /a\.task\.yaml:2:38: `prompt\.chat`: can't be rendered for row "\w+": The invoice/u,
    ],
    [
      'data: tickets.csv\nprompt: "{% for i in range(1000000000) %}x{% endfor %}{{ text }}"\n',
      /a\.task\.yaml:2:9: .*range\(\) gives more than 100,000 numbers in one prompt/u,
    ],
    ['data: tickets.csv\nanswer: free\n', 'a.task.yaml:'],
    ['data: tickets.csv\nscore: f1\n', "a.task.yaml:2:8: `score`: `f1` doesn't score label answers"],
    ['data: tickets.csv\nprompt: "{{ txt }}"\n', 'a.task.yaml:2:9: '],
    [
      'data: tickets.csv\ntask: a\n---\ndata: tickets.csv\ntask: b\nmetric: best\n',
      'a.task.yaml:6:9: metric: expected one of',
    ],
    [
      '- data: tickets.csv\n  task: a\n- data: tickets.csv\n  tsk: b\n',
      'a.task.yaml:4:3: unknown key "tsk" (did you mean "task"?)',
    ],
  ])('%j is told at its place', async (content, message) => {
    await write('a.task.yaml', content);
    expect(await errorOf('-t', 'a.task.yaml')).toMatch(message);
  });

  it('whose prompts fail on a later row are named with the row', async () => {
    const prompt = '{{ text }}{% if "April" in text %}{{ raise_exception("no April") }}{% endif %}';
    await write('late.task.yaml', `data: tickets.csv\nprompt: '${prompt}'\n`);
    expect(await errorOf('-t', 'late.task.yaml')).toMatch(
      /error: late\.task\.yaml: `prompt\.plain`: can't be rendered for row "\w+": no April/u,
    );
  });

  it.each<[what: string, content: Buffer, name: string, message: string]>([
    [
      'Latin-1',
      Buffer.from('data: tickets.csv\ntitle: für\n', 'latin1'),
      'a.task.yaml',
      'a.task.yaml:2: not UTF-8, but Windows-1252 as it seems',
    ],
    [
      'UTF-16',
      utf16('data: tickets.csv\n', false, true),
      'a.task.yaml',
      'a.task.yaml: in UTF-16 (little-endian), not in UTF-8',
    ],
    [
      'JSON in UTF-16',
      utf16('{"data": "tickets.csv"}', true, false),
      'a.task.json',
      'a.task.json: in UTF-16 (big-endian), not in UTF-8',
    ],
    [
      'damaged UTF-8',
      Buffer.concat([
        Buffer.from('title: für dich\nsystem: '),
        Buffer.from([0xfc]),
        Buffer.from('\ndata: tickets.csv\n'),
      ]),
      'a.task.yaml',
      'a.task.yaml:2: not valid UTF-8, though the rest of the file is',
    ],
    [
      'a zero byte',
      Buffer.from('data: tickets.csv\ntitle: a\0b\n'),
      'a.task.yaml',
      'a.task.yaml:2: holds a zero byte, so it is no text',
    ],
  ])('in %s are refused', async (_what, content, name, message) => {
    await write(name, content);
    const error = await errorOf('-t', name);
    expect(error).toContain(`error: ${message}`);
    expect(error).toContain('hint: Save the file as UTF-8.');
    expect(error).not.toContain('\u{FFFD}');
  });

  it('with a byte order mark are read, in JSON too', async () => {
    await write('mark.task.json', '\uFEFF{"data": "tickets.csv", "task": "mark"}');
    expect((await perbench('tasks', 'mark.task.json')).stdout).toContain('mark/own@');
  });

  it('and suites and schemas in other encodings are refused', async () => {
    await write('u16.yaml', utf16('models: []\n', false, true));
    expect((await perbench('run', 'u16.yaml')).stderr).toContain('u16.yaml: in UTF-16 (little-endian), not in UTF-8');
    await write('latin.json', Buffer.from('{"title": "für"}', 'latin1'));
    await write('a.task.yaml', 'data: tickets.csv\nanswer: json\nscore: { json: { schema: latin.json } }\n');
    expect(await errorOf('-t', 'a.task.yaml')).toMatch(/latin\.json:1: not UTF-8, but Windows-1252 as it seems/u);
  });

  it('may hold several tasks, as documents or as a list, in YAML or in JSON', async () => {
    const idsOf = async (name: string): Promise<readonly string[]> => {
      const { stdout } = await perbench('tasks', name, '--json');
      return Array.from(stdout.matchAll(/"event":"task","id":"([a-z]+)\//gu), ([, id]) => id ?? '');
    };
    await write('two.task.yaml', 'data: tickets.csv\ntask: a\n---\ndata: tickets.csv\ntask: b\nprompt: "{{ text }}"\n');
    expect(await idsOf('two.task.yaml')).toEqual(['a', 'b']);
    const list = [
      { data: 'tickets.csv', task: 'c' },
      { data: 'tickets.csv', task: 'd' },
    ];
    await write('two.task.json', JSON.stringify(list));
    expect(await idsOf('two.task.json')).toEqual(['c', 'd']);
    await write('rows.json', JSON.stringify(ticketRows(9).map(([text, label]) => ({ text, label }))));
    expect(await idsOf('rows.json')).toEqual(['rows']);
  });

  it('that ask for macro_f1 are not raced', async () => {
    await write('f1.task.yaml', 'data: tickets.csv\nmetric: macro_f1\n');
    const error = await errorOf('-t', 'f1.task.yaml', '--decide', 'winner', '--protocol', 'serving');
    expect(error).toMatch(/tickets\/own@[0-9a-f]{8} can't be raced: macro_f1 is no mean over items/u);
  });

  it('state needs that are limits and anchors, unless flags say otherwise', async () => {
    await write('need.task.yaml', 'data: tickets.csv\nneed: { accuracy: 0.9, memory: 4GiB }\n');
    const run = await perbench('run', 'suite.json', '-t', 'need.task.yaml', '-v');
    expect(run.code).toBe(exitCodes.gateFailed);
    expect(run.stdout).toContain('below the required accuracy (0.9)');
    expect(run.stdout).toContain('Limits and anchors of need.task.yaml: accuracy >= 0.9, memory <= 4 GiB.');
    expect(run.stdout).toMatch(/PER-A\/need-[0-9a-f]{8}\+provisional/u);
    const { stdout } = await perbench('decide', '--min-accuracy', '0.05');
    expect(stdout).not.toContain('below the required accuracy (0.9)');
  });
});

describe('rows', () => {
  it('that no run can be made of are listed, with their places', async () => {
    await write('bad.csv', csvOf([['', 'bug'], ['  ', 'billing'], ...ticketRows(9)]));
    const { code, stderr } = await perbench('run', 'suite.json', '-t', 'bad.csv');
    expect(code).toBe(exitCodes.environment);
    expect(stderr).toContain('bad.csv:2');
  });

  it('of one id are refused at the second', async () => {
    await write(
      'ids.csv',
      csvOf(
        ticketRows(6).map(([text, label], at) => [text, label, at === 5 ? '0' : String(at)]),
        'text,label,nr',
      ),
    );
    await write('ids.task.yaml', 'data: ids.csv\nid: nr\n');
    const { code, stderr } = await perbench('run', 'suite.json', '-t', 'ids.task.yaml');
    expect(code).toBe(exitCodes.environment);
    expect(stderr).toContain('ids.csv:7');
    const skipped = await perbench('plan', 'suite.json', '-t', 'ids.task.yaml', '--skip-invalid', '--probe', 'never');
    expect(skipped.stdout).toMatch(/ids\/own@[0-9a-f]{8} +5/u);
  });
});
