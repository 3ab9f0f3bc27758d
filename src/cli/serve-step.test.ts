import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runInProcess, type EndedInProcess } from '../../test/setup/run-in-process.ts';
import { testFolder, type TestFolder } from '../../test/setup/test-settings.ts';
import { storeTwoModels } from '../../test/setup/two-models.ts';
import { raceVersion } from '../core/race.ts';
import { parseRaceQuestion, storedQuestion } from '../core/race-question.ts';

let folder: TestFolder;

function perbench(...argv: readonly string[]): Promise<EndedInProcess> {
  return runInProcess(argv, { folder: folder.path });
}

beforeAll(async () => {
  folder = await testFolder();
  const file = (name: string): string => join(folder.path, name);
  await storeTwoModels(file('clear.db'), [[95, 92]]);
  await storeTwoModels(file('none.db'), [[20, 10]]);
  await storeTwoModels(file('each.db'), [
    [95, 60],
    [20, 95],
  ]);
  const question = storedQuestion(parseRaceQuestion('cheapest with accuracy >= 0.5'));
  await storeTwoModels(file('raced.db'), [[95, 92]], { version: raceVersion, question, confidence: 0.95, tasks: {} });
  const models = [{ source: 'yes', engine: 'mock', engineOptions: { answers: ['positive'], tokenMs: 0.1 } }];
  const brief = { concurrency: 1, launches: 1, windowSeconds: 0.05, latencyRequests: 3 };
  await writeFile(file('mock.json'), JSON.stringify({ models, tasks: ['imdb/mini'], limit: 4, ...brief }));
  await perbench('run', 'mock.json', '-q', '--store', 'mock.db');
}, 60_000);
afterAll(async () => {
  await folder[Symbol.asyncDispose]();
});

/** What is said at the end of how to serve. */
function serveStep({ stderr }: EndedInProcess): string | undefined {
  return /\nNext:\n(?:.*\n)*? {2}serve +(.+)\n/u.exec(stderr)?.[1];
}

describe('a decision that recommends a model', () => {
  it('says how to serve it, as the command that was given', async () => {
    const step = serveStep(await perbench('decide', '--store', 'clear.db', '--min-accuracy', '0.6'));
    expect(step).toBe('perbench decide --store clear.db --min-accuracy 0.6 --serve');
    const { stdout, stderr } = await perbench(...(step ?? '').split(' ').slice(1));
    expect(stdout).toMatch(/^llama-server/u);
    expect(stderr).not.toContain('Next:');
  });

  it('says so at the end of a race', async () => {
    const step = serveStep(await perbench('report', '--store', 'raced.db'));
    expect(step).toBe('perbench decide --serve --store raced.db');
    expect((await perbench(...(step ?? '').split(' ').slice(1))).stdout).toMatch(/^llama-server/u);
    expect(serveStep(await perbench('report', '--store', 'clear.db'))).toBeUndefined();
  });

  it.each([
    ['no model is recommended', ['--store', 'none.db']],
    ['each task has a model of its own', ['--store', 'each.db']],
    ['no server stands for the engine', ['--store', 'mock.db']],
    ['a program reads it', ['--store', 'clear.db', '--json']],
  ])('says nothing of it where %s', async (_, argv) => {
    expect((await perbench('decide', ...argv)).stderr).not.toContain('Next:');
  });
});
