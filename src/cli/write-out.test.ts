import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runInProcess } from '../../test/setup/run-in-process.ts';
import { testFolder } from '../../test/setup/test-settings.ts';

const models = [
  { name: 'plain', source: 'none', engine: 'mock' },
  { name: 'chat', source: 'none', engine: 'mock', style: 'instruct' },
];
const suite = { models, tasks: ['imdb/mini'], limit: 4, protocol: 'paper', allowBusy: true };

it('shows the first prompt of each model as it is sent, in every display', async () => {
  await using folder = await testFolder();
  await writeFile(join(folder.path, 'suite.json'), JSON.stringify(suite));
  const { stderr } = await runInProcess(['run', 'suite.json', '--write-out'], { folder: folder.path });
  expect(stderr).toMatch(/plain \/ imdb\/mini@2: first prompt, sent as it is, without a template:\n\[0:00\] {3}\| \S/);
  expect(stderr).toMatch(
    /chat \/ imdb\/mini@2: first prompt, as its chat template renders it:\n\[0:00\] {3}\| <user> /,
  );
  const quiet = await runInProcess(['run', 'suite.json', '--fresh', '--write-out', '-q'], { folder: folder.path });
  expect(quiet.stderr.match(/first prompt/g)).toHaveLength(2);
  const json = await runInProcess(['run', 'suite.json', '--fresh', '--write-out', '--json'], { folder: folder.path });
  expect(json.stdout.match(/"event":"first-prompt"/g)).toHaveLength(2);
  const without = await runInProcess(['run', 'suite.json', '--fresh'], { folder: folder.path });
  expect(without.stderr).not.toContain('first prompt');
});
