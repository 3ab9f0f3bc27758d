import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { csvOf, ticketFolder, ticketRows } from '../../test/setup/ticket-folder.ts';
import { type EndedInProcess, runInProcess } from '../../test/setup/run-in-process.ts';
import { exitCodes } from './exit-codes.ts';

let folder: string;

beforeAll(async () => {
  folder = await ticketFolder();
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function write(name: string, content: string): Promise<void> {
  await writeFile(join(folder, name), content);
}

function perbench(...argv: readonly string[]): Promise<EndedInProcess> {
  return runInProcess(argv, { folder, environment: { COLUMNS: '400' } });
}

describe('a damaged row', () => {
  const leftOut =
    /1 damaged row left out: \S*damaged\.csv:26: `row` must be 2 values, as the heading has columns, got 3/u;

  beforeAll(async () => {
    await write('damaged.csv', `${csvOf(ticketRows())}one,two,three\n`);
  });

  it.each([
    ['tasks', ['tasks', 'damaged.csv']],
    ['init task', ['init', 'task', 'damaged.csv']],
  ])('is left out of %s with --skip-invalid, and named', async (_, argv) => {
    const refused = await perbench(...argv);
    expect(refused.code).toBe(exitCodes.usage);
    expect(refused.stderr).toContain('hint: Fix the row, or pass --skip-invalid to skip it.');
    const { code, stdout, stderr } = await perbench(...argv, '--skip-invalid');
    expect(code).toBe(exitCodes.done);
    expect(stdout + stderr).toMatch(leftOut);
  });

  it('is left out of an import with --skip-invalid, in the data and in the answers', async () => {
    const answers = ticketRows().map(([text, label]) => [text, label]);
    await write('answers.csv', `${csvOf(answers, 'text,output')}one,two,three\n`);
    const argv = ['import', 'answers.csv', '-m', 'far', '-t', 'damaged.csv', '--dry-run'];
    expect((await perbench(...argv)).code).toBe(exitCodes.usage);
    const { code, stdout, stderr } = await perbench(...argv, '--skip-invalid');
    expect(code).toBe(exitCodes.done);
    expect(stderr).toMatch(/1 damaged row left out: \S*answers\.csv:26/u);
    expect(stderr).toMatch(leftOut);
    expect(stdout).toMatch(/^far +1\.00/mu);
  });

  it('is nothing that results of other programs have', async () => {
    const { stderr } = await perbench('import', 'results.json', '--skip-invalid');
    expect(stderr).toContain('--skip-invalid needs --model');
  });
});

describe('rows without an input or a target', () => {
  const note =
    /2 rows left out: \S*blank\.csv:2: `text` must be text or chat messages, got ""; \S*blank\.csv:27: `label` must be filled in, got ""/u;

  beforeAll(async () => {
    // The first says a label that no other has.
    await write('blank.csv', csvOf([['', 'strange'], ...ticketRows(), ['What now?', '']]));
  });

  it('are named, and say no labels', async () => {
    const { code, stdout } = await perbench('tasks', 'blank.csv', '--skip-invalid');
    expect(code).toBe(exitCodes.done);
    expect(stdout).toMatch(note);
    expect(stdout).toContain('3 labels: billing (8), bug (8), feature (8)');
    expect(stdout).not.toContain('strange');
  });

  it('are named in a run', async () => {
    const suite = { models: [{ name: 'none', source: 'none', engine: 'mock' }] };
    await write('suite.json', JSON.stringify(suite));
    const argv = ['plan', 'suite.json', '-t', 'blank.csv', '--skip-invalid', '--probe', 'never'];
    const { stdout, stderr } = await perbench(...argv);
    expect(stdout + stderr).toMatch(note);
  });

  it('are no examples', async () => {
    await write('few.task.yaml', 'data: blank.csv\nexamples: { count: 3 }\n');
    const { stdout } = await perbench('tasks', 'few.task.yaml', '--skip-invalid');
    expect(stdout).toContain('items     21');
    expect(stdout).toContain('The invoice of March was charged twice.\nCategory');
  });

  it('of which there are many are counted after ten', async () => {
    await write('many.csv', csvOf([...ticketRows(), ...Array.from({ length: 14 }, (_, at) => [`What ${at}?`, ''])]));
    const { stdout } = await perbench('tasks', 'many.csv', '--skip-invalid');
    expect(stdout).toMatch(/14 rows left out: .*many\.csv:35: [^;]*; and 4 more/u);
  });

  it('of which there are no others are an error that says why', async () => {
    await write(
      'none.csv',
      csvOf([
        ['One?', ''],
        ['Two?', ''],
      ]),
    );
    await write('none.task.yaml', 'data: none.csv\nanswer: label\nlabels: [a, b]\ntarget: label\n');
    const { stderr } = await perbench('tasks', 'none.task.yaml', '--skip-invalid');
    expect(stderr).toMatch(
      /no rows for none\/own@\S+; all 2 were left out, the first: \S*none\.csv:2: `label` must be/u,
    );
  });
});
