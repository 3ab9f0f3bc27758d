import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runInProcess, type EndedInProcess } from '../../test/setup/run-in-process.ts';
import { brief, saying, ticketFolder } from '../../test/setup/ticket-folder.ts';
import { exitCodes } from './exit-codes.ts';

let folder: string;

function perbench(...argv: readonly string[]): Promise<EndedInProcess> {
  return runInProcess([...argv, '--store', 'store.db'], { folder, environment: { COLUMNS: '200' } });
}

async function suiteFile(name: string, changes: object): Promise<void> {
  const suite = { ...brief, models: [saying('first', 'bug'), saying('second', 'bug')], tasks: ['tickets.csv'] };
  await writeFile(join(folder, name), JSON.stringify({ ...suite, limit: 3, ...changes }));
}

beforeAll(async () => {
  folder = await ticketFolder();
  await suiteFile('suite.json', {});
  await perbench('run', 'suite.json');
  await writeFile(join(folder, 'words.txt'), 'Some words.');
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('perbench loss refuses in one line', () => {
  it.each([
    [['a.gguf', 'b.gguf'], 'models were given, and no text to compare them on'],
    [['a.gguf', 'b.gguf', '--text', 'words.txt', '-t', 'gsm8k'], '--task is about a run, and models were given'],
    [['a.gguf', 'b.gguf', '--text', 'words.txt', '--base', 'b'], '--base is about a run, and models were given'],
    [['', 'b.gguf', '--text', 'words.txt'], 'suite: ✖ Too small: expected string to have >=1 characters'],
    [['q-{1,2}.gguf', '--text', 'words.txt'], 'no file q-1.gguf for q-{1,2}.gguf in '],
    [['./q-*.gguf', '--text', 'words.txt'], 'no file fits q-*.gguf in '],
    [['./q-{1,2}.gguf'], 'models were given, and no text to compare them on'],
    [['a.gguf', '--text', 'words.txt'], 'loss is that of a model against another: one model was given'],
    [['q-{1,2}.gguf', 'b.gguf', '--text', 'words.txt'], 'no file q-1.gguf for q-{1,2}.gguf in '],
    [['--text', 'words.txt', '-t', 'tickets'], '--task and --text were both given'],
    [['--items', '1'], '--items: expected a whole number of at least 2, got "1"'],
    [['20000101'], 'no run "20000101"'],
    [['--base', 'sceond'], 'unknown model to compare with "sceond"; known: first, second'],
  ])('%j', async (argv, message) => {
    const { code, stderr } = await perbench('loss', ...argv);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
    expect(code).toBe(exitCodes.usage);
  });

  it('a text that is not there, and a model that is not', async () => {
    const gone = await perbench('loss', '--text', 'gone.txt');
    expect(gone.stderr).toMatch(/^error: .*gone\.txt: no such file$/mu);
    const missing = await perbench('loss', 'mock:a', './gone.gguf', '--text', 'words.txt');
    expect(missing.stderr).toMatch(/^error: .*gone\.gguf/mu);
    expect([gone.code, missing.code]).not.toContain(exitCodes.bug);
  });

  it('models of an engine that gives no whole distributions', async () => {
    const { code, stderr } = await perbench('loss');
    expect(stderr).toContain("error: first: the engine mock doesn't give whole distributions of tokens");
    expect(code).toBe(exitCodes.environment);
  });
});

describe('a suite with loss', () => {
  it('needs a second model, which is said before anything runs', async () => {
    await suiteFile('single.json', { models: [saying('only', 'bug')], loss: true });
    const { code, stderr } = await perbench('run', 'single.json');
    expect(stderr).toContain('loss is that of a model against another, and the suite has one model');
    expect(code).toBe(exitCodes.usage);
  });

  it('needs models of an engine that gives distributions, which is said before anything runs', async () => {
    const { code, stdout, stderr } = await perbench('run', 'suite.json', '--loss', '--fresh');
    expect([code, stdout]).toEqual([exitCodes.usage, '']);
    expect(stderr).toContain('loss needs two models whose engine gives whole distributions; mock gives none');
  });
});
