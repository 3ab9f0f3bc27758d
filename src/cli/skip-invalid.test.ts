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
