import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { utf16 } from '../../test/setup/read-own-table.ts';
import { testFolder } from '../../test/setup/test-settings.ts';
import { readAnchors } from './anchors-file.ts';
import { readExportedRun } from './exported-run.ts';
import { foreignFiles } from './foreign-files.ts';
import { settingsText } from './settings-text.ts';

const results = JSON.stringify({ results: { arc_easy: { 'acc,none': 0.41 } }, configs: {}, config: { model: 'hf' } });

it.each([
  ['UTF-16', utf16(results, false, true)],
  ['big-endian UTF-16', utf16(results, true, true)],
  ['UTF-8', Buffer.from(results)],
])('results of other programs are read in %s', async (_, bytes) => {
  await using folder = await testFolder();
  await writeFile(join(folder.path, 'results.json'), bytes);
  const [found] = await foreignFiles(['results.json'], { workingFolder: folder.path });
  expect(Buffer.from(found?.files[0]?.bytes ?? []).toString('utf8')).toBe(results);
});

it('exported runs are read in UTF-16, and what is no text is named', async () => {
  await using folder = await testFolder();
  const path = join(folder.path, 'base.json');
  await writeFile(path, utf16('{"results": {}}', false, true));
  await expect(readExportedRun(path, 'base.json')).rejects.toThrow(
    'base.json: expected a run that perbench exported, got other JSON',
  );
  await writeFile(path, 'version https://git-lfs.github.com/spec/v1\noid sha256:00\n');
  await expect(readExportedRun(path, 'base.json')).rejects.toThrow('base.json: a pointer of Git LFS, not the file');
});

it.each([
  ['UTF-16', utf16('tasks: {}\n', false, true), 'in UTF-16 (little-endian), not in UTF-8', 'Save the file as UTF-8.'],
  [
    'Windows-1252',
    Buffer.from('summary: für uns\n', 'latin1'),
    'not UTF-8, but Windows-1252 as it seems',
    'Save the file as UTF-8.',
  ],
  [
    'Git LFS',
    Buffer.from('version https://git-lfs.github.com/spec/v1\n'),
    'a pointer of Git LFS, not the file',
    'Fetch the file with git lfs pull.',
  ],
])('anchors and other settings in %s are refused in one line', async (_, bytes, message, hint) => {
  await using folder = await testFolder();
  const path = join(folder.path, 'slo.yaml');
  await writeFile(path, bytes);
  await expect(readAnchors(path, 'slo.yaml')).rejects.toMatchObject({
    message: expect.stringContaining(message),
    hint,
  });
  expect(() => settingsText(Buffer.from(bytes), 'suite.yaml')).toThrow(message);
});
