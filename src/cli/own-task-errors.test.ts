import { symlink } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { errorOf, inFolder, perbench, useTicketFolder, write } from '../../test/setup/ticket-commands.ts';
import { csvOf, ticketRows } from '../../test/setup/ticket-folder.ts';
import { exitCodes } from './exit-codes.ts';

useTicketFolder('file');

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
    await symlink('nothere.csv', inFolder('broken.csv'));
    await symlink('loop.csv', inFolder('loop.csv'));
    expect(await errorOf('-t', 'broken.csv')).toContain(
      'broken.csv is a link to nothere.csv, where no file is\nhint: Mend',
    );
    expect(await errorOf('-t', 'loop.csv')).toContain(
      'loop.csv: a symbolic link leads back to itself (ELOOP)\nhint: Mend',
    );
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

describe('files of other kinds', () => {
  const kinds = 'expected .csv, .tsv, .json, .jsonl, .ndjson or .parquet, or one of them with .gz';

  it.each([
    [
      'book.xlsx',
      'PK\u0003\u0004...',
      `book.xlsx: an Excel workbook or a zip archive; ${kinds}`,
      'Save the sheet as CSV',
    ],
    [
      'sheet.ods',
      'no sheet',
      `sheet.ods: cannot tell the format by the ending .ods; ${kinds}`,
      'Save the sheet as CSV (UTF-8), and use that.',
    ],
    ['paper.pdf', '%PDF-1.7', `paper.pdf: a PDF file; ${kinds}`, 'Put the data into a table'],
    [
      'plain',
      'no table',
      `plain: cannot tell the format by a name without an ending; ${kinds}`,
      'Rename the file to what it is, or save the sheet as CSV',
    ],
  ])('%s is there, and what is read is said', async (name, content, message, hint) => {
    await write(name, content);
    for (const argv of [
      ['run', 'suite.json', '-t', name],
      ['tasks', name],
    ]) {
      const { code, stderr } = await perbench(...argv);
      expect(code).toBe(exitCodes.environment);
      expect(stderr).toContain(message);
      expect(stderr).toContain(`hint: ${hint}`);
    }
  });

  it.each(['tickets.txt', 'tickets-table'])('%s is read by what it holds', async (name) => {
    await write(name, `\uFEFF${csvOf(ticketRows(9))}`);
    const { code, stdout } = await perbench('tasks', name);
    expect(code).toBe(exitCodes.done);
    expect(stdout).toMatch(/^tickets(?:-table)?\/own@[0-9a-f]{8}: /u);
    expect(stdout).toContain('input     text');
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

describe('a file without a heading', () => {
  it('is an error with what to do, unless its columns are named', async () => {
    const rows = ticketRows(9).map(([text], at) => [
      `this is text number ${at}: ${text}`,
      at % 2 === 0 ? 'dog' : 'cat',
    ]);
    const [first = []] = rows;
    await write('bare.csv', csvOf(rows.slice(1), first.join(',')));
    expect(await errorOf('-t', 'bare.csv')).toContain(
      'bare.csv: the first row (line 1) is taken for names of columns, but looks like data: "dog" is also a value of its column, 4 times\nhint: Add a line with names of the columns above it, such as text,label',
    );
    const { stdout } = await perbench('tasks', 'bare.csv', '--input', first[0] ?? '', '--target', 'dog');
    expect(stdout).toContain('looks like data');
  });
});

describe('choices', () => {
  it('in a form that is not read are an error with what to do', async () => {
    const rows = ticketRows(9).map(([text, label]) => [text, 'billing|bug|feature', label]);
    await write('bars.csv', csvOf(rows, 'question,options,answer'));
    expect(await errorOf('-t', 'bars.csv')).toContain(
      "bars.csv: column `options` looks like the choices of each row (texts between `|`), which can't be read so\nhint: Write each cell as a JSON list",
    );
    const { stdout } = await perbench('tasks', 'bars.csv', '--answer', 'label', '--input', 'question');
    expect(stdout).toContain('answer    label');
  });

  it.each([[[]], ['billing, bug']])('that one row has as %j are an error of that row', async (damaged) => {
    const rows = ticketRows(30).map(([question], at) => ({
      question,
      choices: at === 4 ? damaged : ['billing', 'bug'],
      answer: at === 4 ? 1 : at % 2,
    }));
    await write('damaged.jsonl', rows.map((row) => JSON.stringify(row)).join('\n'));
    const { code, stderr } = await perbench('tasks', 'damaged.jsonl');
    expect(code).toBe(exitCodes.environment);
    expect(stderr).toContain(
      'damaged.jsonl:5: the choices in `choices` must be a list of 2 to 26 choices\nhint: Repair the rows, or leave them out with --skip-invalid.',
    );
    const { stdout } = await perbench('tasks', 'damaged.jsonl', '--skip-invalid');
    expect(stdout).toContain('items     29');
    expect(stdout).toContain('answer    choice');
  });

  it('that some targets are none of are named with their rows and values', async () => {
    const rows = ticketRows(30).map(([text], at) => [
      text,
      'x',
      'y',
      at === 9 ? 'E' : at === 20 ? 'F' : 'AB'.charAt(at % 2),
    ]);
    await write('odd.csv', csvOf(rows, 'question,A,B,answer'));
    expect(await errorOf('-t', 'odd.csv')).toMatch(
      /odd\.csv: Column `answer` isn't always one of the choices \(\S*odd\.csv:11 and 22: "E" and "F"\)\. What does a model answer with\? It may be choice or label\nhint: Repair these rows;/u,
    );
  });

  it('in cells with JSON lists are shown in the prompt', async () => {
    const rows = ticketRows(9).map(([text, label]) => [text, '"[""billing"",""bug"",""feature""]"', label]);
    await write('lists.csv', csvOf(rows, 'question,choices,answer'));
    const { stdout } = await perbench('tasks', 'lists.csv');
    expect(stdout).toContain('answer    choice');
    expect(stdout).toContain('A. billing\nB. bug\nC. feature');
  });
});

describe('a target of one label', () => {
  it('is named with its column and value, and what to do', async () => {
    await write('same.csv', csvOf(ticketRows(9).map(([text]) => [text, 'bug'])));
    expect(await errorOf('-t', 'same.csv', '--answer', 'label')).toMatch(
      /labels: a label task needs at least 2 labels, but column `label` is the label "bug" or nothing in all rows \(\S*same\.csv:2, 3, 4, 5, 6 and 4 more\): there is nothing to tell apart\nhint: Name another column with `target`,/u,
    );
    await write('none.csv', csvOf(ticketRows(2).map(([text]) => [text, ''])));
    expect(await errorOf('-t', 'none.csv', '--target', 'label', '--answer', 'label')).toContain(
      'column `label` is empty in all rows',
    );
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

  it('of which some need one remedy and some another are listed with theirs', async () => {
    await write('mixed.csv', csvOf([['', 'bug'], ['What now?', 'none'], ...ticketRows(9)]));
    await write('mixed.task.yaml', 'data: mixed.csv\nlabels: [billing, bug, feature]\n');
    const { stderr } = await perbench('tasks', 'mixed.task.yaml');
    expect(stderr).toMatch(
      /mixed\.csv:2: the input `text` is empty\. Repair the rows, .*\n.*mixed\.csv:3: .*, got "none"\. Repair .* Or add these labels to labels\.\n/u,
    );
    expect(stderr).not.toContain('hint:');
  });

  it('that would all be examples are not told to be none', async () => {
    await write('all.task.yaml', 'data: tickets.csv\nexamples: { count: 24 }\n');
    const { stderr } = await perbench('tasks', 'all.task.yaml');
    expect(stderr).toMatch(
      /tickets\.csv: all 24 rows would be examples, so that none is left to ask\nhint: Lower examples\.count, or take/u,
    );
  });

  it('of examples need the columns of the data', async () => {
    await write('train.csv', csvOf(ticketRows(6), 'body,label'));
    await write('other.task.yaml', 'data: tickets.csv\nexamples: { from: train.csv, count: 2 }\n');
    const { stderr } = await perbench('tasks', 'other.task.yaml');
    expect(stderr).toMatch(
      /train\.csv: the examples have no column "text"; their columns: body, label\nhint: Name the columns as in \S*tickets\.csv\./u,
    );
  });
});
