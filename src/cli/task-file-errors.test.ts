import { describe, expect, it } from 'vitest';
import { utf16 } from '../../test/setup/read-own-table.ts';
import { errorOf, perbench, useTicketFolder, write } from '../../test/setup/ticket-commands.ts';
import { ticketRows } from '../../test/setup/ticket-folder.ts';
import { exitCodes } from './exit-codes.ts';

useTicketFolder('file');

describe('task files', () => {
  const forms =
    /a\.task\.yaml:2:8: score: expected one of exact, label, .*, f1, .*, \{ number: \{ tolerance: 0\.01 \} \}, .*, got (?:keys and values|an empty list)/u;

  it.each<[string, string | RegExp]>([
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
      /a\.task\.yaml:2:9: `prompt\.plain`: can't be rendered for row "\S+": Unknown \w+ filter: frobnicate/u,
    ],
    [
      'data: tickets.csv\nprompt: { plain: "{{ text }}", chat: "{{ raise_exception(text) }}" }\n',
      /a\.task\.yaml:2:38: `prompt\.chat`: can't be rendered for row "\S+": The invoice/u,
    ],
    [
      'data: tickets.csv\nprompt: "{% for i in range(1000000000) %}x{% endfor %}{{ text }}"\n',
      /a\.task\.yaml:2:9: .*range\(\) gives more than 100,000 numbers in one prompt/u,
    ],
    ['data: tickets.csv\nanswer: free\n', 'a.task.yaml:'],
    ['data: tickets.csv\nscore: { contains: {} }\n', forms],
    ['data: tickets.csv\nscore: {}\n', forms],
    ['data: tickets.csv\nscore: []\n', forms],
    ['data: tickets.csv\nscore: { regex: 5 }\n', 'a.task.yaml:2:17: score.regex: expected text, got 5'],
    ['data: tickets.csv\nscore: { number: {} }\n', 'a.task.yaml:2:18: score.number.tolerance: is missing'],
    ['data: tickets.csv\nscore: exat\n', 'a.task.yaml:2:8: score: expected one of exact'],
    ['data: tickets.csv\nscore: f1\n', "a.task.yaml:2:8: `score`: `f1` doesn't score label answers"],
    ['data: tickets.csv\nprompt: "{{ txt }}"\n', 'a.task.yaml:2:9: '],
    [
      'data: tickets.csv\nprompt: Say something\n',
      'a.task.yaml:2:9: `prompt.plain`: it shows nothing of a row: neither the input nor choices nor a column\nhint: Use {{ input }}',
    ],
    [
      'data: tickets.csv\nprompt: { plain: "{{ input }}", chat: "{{ labels }}" }\n',
      'a.task.yaml:2:39: `prompt.chat`: it shows nothing of a row',
    ],
    [
      'data: tickets.csv\nprompt: "{{ text.foo.bar }}"\n',
      'a.task.yaml:2:9: `prompt.plain`: `text.foo.bar` is nothing: column `text` holds texts, which have no such parts\nhint: Write {{ text }}.',
    ],
    [
      'data: tickets.csv\nprompt: "{% if text == 1 %}{{ text }}{% endif %}"\n',
      'a.task.yaml:2:9: `prompt.plain`: all 24 rows give the same prompt: ""',
    ],
    [
      'data: tickets.csv\nprompt: "{% if text %}Say it.{% endif %}"\n',
      'a.task.yaml:2:9: `prompt.plain`: all 24 rows give the same prompt: "Say it."',
    ],
    [
      'data: tickets.csv\nprompt: "{{ text | shout }}"\n',
      /a\.task\.yaml:2:9: `prompt\.plain`: can't be rendered for row "\S*tickets\.csv:2": /u,
    ],
    [
      'data: tickets.csv\ninput: label\ntarget: label\n',
      'a.task.yaml:2:8: `input`: `label` is also the target: the prompt would show the right answer',
    ],
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

  it('with a schema that is none are told before a model starts, with its place', async () => {
    await write('orders.jsonl', [1, 2, 3].map((n) => JSON.stringify({ text: `order ${n}`, order: { n } })).join('\n'));
    const task = 'data: orders.jsonl\ntarget: order\nanswer: json\n';
    await write('json.task.yaml', `${task}score: { json: { schema: bad.schema.json } }\n`);
    await write('bad.schema.json', '{"properties": {"n": {"type": "objekt"}}}');
    const message =
      /^error: json\.task\.yaml:4:8: score: \S+bad\.schema\.json: #\/properties\/n\/type: must be equal to one of the allowed values: array, .*\n$/u;
    expect(await errorOf('-t', 'json.task.yaml')).toMatch(message);
    expect(await perbench('tasks', 'json.task.yaml')).toMatchObject({
      code: exitCodes.usage,
      stderr: expect.stringMatching(message),
    });
    await write('json.task.yaml', `${task}score: { json: { schema: { type: objekt } } }\n`);
    expect(await errorOf('-t', 'json.task.yaml')).toMatch(
      /^error: json\.task\.yaml:4:8: score: schema: #\/type: must be/u,
    );
  });

  it('with right answers that break their schema name the rows', async () => {
    await write('orders.jsonl', [1, 2, 3].map((n) => JSON.stringify({ text: `order ${n}`, order: { n } })).join('\n'));
    await write('two.schema.json', '{"properties": {"n": {"maximum": 2}}}');
    await write(
      'json.task.yaml',
      'data: orders.jsonl\ntarget: order\nanswer: json\nscore: { json: { schema: two.schema.json } }\n',
    );
    const told = /orders\.jsonl:3: the target `order` breaks the schema: \/n: must be <= 2/u;
    const run = await perbench('run', 'suite.json', '-t', 'json.task.yaml');
    expect(run.code).toBe(exitCodes.environment);
    expect(run.stderr).toMatch(told);
    expect((await perbench('tasks', 'json.task.yaml')).stderr).toMatch(told);
  });

  it('whose prompts fail on a later row are named with the row', async () => {
    const prompt = '{{ text }}{% if "April" in text %}{{ raise_exception("no April") }}{% endif %}';
    await write('late.task.yaml', `data: tickets.csv\nprompt: '${prompt}'\n`);
    expect(await errorOf('-t', 'late.task.yaml')).toMatch(
      /error: late\.task\.yaml: `prompt\.plain`: can't be rendered for row "\S+": no April/u,
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
});
