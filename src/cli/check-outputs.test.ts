import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runInProcess } from '../../test/setup/run-in-process.ts';
import { testFolder } from '../../test/setup/test-settings.ts';

const suite = '{"models":[{"source":"a","engine":"mock"}],"tasks":["imdb/mini"],"protocol":"paper"}';
const table = 'model,accuracy,throughput,latency,memory\na,0.5,1,1,1\nb,0.6,2,2,2\n';

async function filled(path: string): Promise<void> {
  await writeFile(join(path, 's.json'), suite);
  await writeFile(join(path, 'perbench.json'), suite);
  await writeFile(join(path, 'table.csv'), table);
  await writeFile(join(path, 'file'), '');
  await mkdir(join(path, 'folder.json'));
  await symlink('s.json', join(path, 'link.json'));
}

it.each([
  [
    'a file for a folder',
    ['run', 's.json', '-o', 'file'],
    '--out file: is a file, and a name without an ending is a folder',
  ],
  ['the same by lm-eval’s name', ['run', 's.json', '--output_path', './file'], '--out ./file: is a file, and'],
  ['a file for a folder of figures', ['figures', '--table', 'table.csv', '-o', 'file'], '--out file: is a file, and'],
  [
    'a file for a folder on the way',
    ['run', 's.json', '-o', 'file/x.json'],
    'file/x.json cannot be written: a part of the path',
  ],
  ['a folder for a file', ['run', 's.json', '-o', 'folder.json'], 'folder.json is a folder, not a file'],
  ['a folder, of another command', ['score', 'table.csv', '-o', 'folder.json'], 'folder.json is a folder, not a file'],
  ['the same twice', ['run', 's.json', '-o', 'x.csv', '-o', './x.csv'], 'x.csv is named twice'],
  ['a folder and its file', ['run', 's.json', '-o', 'out', '-o', 'out/results.json'], 'results.json is named twice'],
  ['the suite', ['run', 's.json', '-o', 's.json'], '--out s.json: the command reads this file'],
  ['the suite by a link', ['run', 's.json', '-o', 'link.json'], '--out link.json: the command reads this file'],
  ['the suite that is found', ['run', '-o', 'perbench.json'], '--out perbench.json: the command reads this file'],
  ['the table', ['score', 'table.csv', '-o', 'table.csv'], '--out table.csv: the command reads this file'],
  ['an ending that is none', ['run', 's.json', '-o', 'x.docx'], 'unknown format ".docx"'],
  [
    'a place that takes no folder',
    ['run', 's.json', '-o', '/proc/x/y.json'],
    '/proc/x/y.json cannot be written: no folder can be made there',
  ],
  [
    'a store that takes no folder',
    ['run', 's.json', '--store', '/proc/x/y.db'],
    '/proc/x/y.db: cannot create the store: ',
  ],
])('refuses %s before anything runs', async (_, argv, words) => {
  await using folder = await testFolder();
  await filled(folder.path);
  const before = await readdir(folder.path);
  const { code, stdout, stderr } = await runInProcess(argv, { folder: folder.path });
  expect(stderr).toContain(words);
  expect(stderr.match(/^error: /gm)).toHaveLength(1);
  expect(stdout).toBe('');
  expect([2, 5]).toContain(code);
  expect(await readdir(folder.path)).toEqual(before);
  expect(await readFile(join(folder.path, 's.json'), 'utf8')).toBe(suite);
});

it.each([
  ['new folders', ['-o', 'new/deep/x.json'], 'new/deep/x.json'],
  ['a folder by its name', ['-o', 'new'], 'new/results.json'],
  ['a folder as shells complete it', ['-o', 'new.d/'], 'new.d/results.json'],
  ['a file of before', ['-o', 'old.csv'], 'old.csv'],
])('writes into %s', async (_, argv, file) => {
  await using folder = await testFolder();
  await filled(folder.path);
  await writeFile(join(folder.path, 'old.csv'), 'old');
  const { stderr } = await runInProcess(['score', 'table.csv', ...argv], { folder: folder.path });
  expect(stderr).toContain('wrote ');
  expect(existsSync(join(folder.path, file))).toBe(true);
});
