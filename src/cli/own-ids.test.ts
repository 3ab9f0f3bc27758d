import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { csvOf, ticketFolder, ticketRows } from '../../test/setup/ticket-folder.ts';
import { type EndedInProcess, runInProcess } from '../../test/setup/run-in-process.ts';
import { exitCodes } from './exit-codes.ts';

let folder: string;

const withIds = (name: string): string =>
  csvOf(
    ticketRows().map(([text, label], at) => [text, label, `T${at}`]),
    `text,label,${name}`,
  );

beforeAll(async () => {
  folder = await ticketFolder();
  await write('ids.csv', withIds('ticket_id'));
  await write('named.csv', withIds('code'));
  await write(
    'answers.csv',
    csvOf(
      ticketRows().map(([, label], at) => [`T${at}`, label]),
      'id,output',
    ),
  );
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function write(name: string, content: string): Promise<void> {
  await writeFile(join(folder, name), content);
}

function perbench(...argv: readonly string[]): Promise<EndedInProcess> {
  return runInProcess(argv, { folder, environment: { COLUMNS: '200' } });
}

it('a column of ids is found, and answers are matched by it', async () => {
  const { code, stdout } = await perbench('import', 'answers.csv', '-m', 'far', '-t', 'ids.csv', '--dry-run');
  expect(code).toBe(exitCodes.done);
  expect(stdout).toMatch(/^far +1\.00/mu);
  const shown = await perbench('tasks', 'ids.csv');
  expect(shown.stdout).toContain('id        ticket_id');
  expect(shown.stdout).toContain('item T0\n');
});

it('a task file that is written of it says so', async () => {
  await perbench('init', 'task', 'ids.csv');
  const [one, other] = await Promise.all([perbench('tasks', 'ids.csv'), perbench('tasks', 'ids.task.yaml')]);
  const idOf = ({ stdout }: EndedInProcess): string | undefined => /ids\/own@[0-9a-f]{8}/u.exec(stdout)?.[0];
  expect(idOf(other)).toBe(idOf(one));
});

it('ids in a column of another name are pointed to', async () => {
  const { code, stderr } = await perbench('import', 'answers.csv', '-m', 'far', '-t', 'named.csv', '--dry-run');
  expect(code).not.toBe(exitCodes.done);
  expect(stderr).toContain('hint: Its ids are in the column "code" of the data: set `id: code` in a task file.');
});

it('examples from a file without ids need none', async () => {
  await write('ids2.task.yaml', 'data: ids.csv\nexamples: { from: train.csv, count: 1 }\n');
  await write('train.csv', csvOf([['Where is my invoice?', 'billing']]));
  const { code, stdout } = await perbench('tasks', 'ids2.task.yaml');
  expect(code).toBe(exitCodes.done);
  expect(stdout).toContain('Where is my invoice?\nCategory');
  expect(stdout).toContain('item T0\n');
});
