import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPerbench } from '../setup/perbench-process.ts';
import { openStoreIn, temporaryFolder } from './perbench-process.ts';

const server = join(import.meta.dirname, '../fixtures/fake-server.mjs');

/** A secret of every kind, each with letters of its own to look for. */
const planted = {
  argument: 'sk-planted-1-argument',
  joinedArgument: 'sk-planted-2-joined',
  serverVariable: 'hf_planted/3+variable"quoted',
  serverAddress: 'planted-4-database',
  keyVariable: 'planted-5-key-variable',
  ownVariable: 'planted-6-own-variable',
  hubAddress: 'planted-7-hub-password',
  shellCommand: 'planted-8-in-a-shell',
  jsonArgument: 'planted-9-in-json',
  passVariable: 'planted-10-pass',
  keyIdVariable: 'planted-11-key-id',
  basicArgument: 'planted-12-basic',
  queryKey: 'planted-13-query',
} as const;

const environment = {
  SERVER_ACCESS: planted.keyVariable,
  GITHUB_TOKEN: planted.ownVariable,
  HF_ENDPOINT: `https://me:${planted.hubAddress}@127.0.0.1:9`,
};

const suite = {
  models: [
    {
      source: 'fake',
      style: 'base',
      engineOptions: { loglikelihood: 'none' },
      server: {
        command: [
          process.execPath,
          server,
          '--port',
          '{port}',
          '--name',
          '{model}',
          '--api-key',
          planted.argument,
          '--config',
          JSON.stringify({ seed: 1, api_key: planted.jsonArgument }),
          '--basic',
          `me:${planted.basicArgument}`,
        ],
        environment: {
          HF_TOKEN: planted.serverVariable,
          CACHE: `redis://app:${planted.serverAddress}@localhost/0`,
          PGPASS: planted.passVariable,
          AWS_ACCESS_KEY_ID: planted.keyIdVariable,
        },
      },
    },
    {
      source: 'tells-all',
      style: 'base',
      engineOptions: { loglikelihood: 'none', apiKeyVariable: 'SERVER_ACCESS' },
      server: {
        // Writes its environment and command line into its log, and ends.
        command: [
          'sh',
          '-c',
          `env | sort; echo serve --api-key ${planted.shellCommand} $0; exit 3`,
          `--api-key=${planted.joinedArgument}`,
        ],
        environment: { HF_TOKEN: planted.serverVariable, CACHE: `redis://app:${planted.serverAddress}@localhost/0` },
      },
    },
  ],
  tasks: ['arc_easy/mini@2'],
  launches: 1,
  windowSeconds: 1,
  latencyRequests: 2,
  concurrency: 2,
  limit: 2,
};

/** Every kind that a text holds, as itself or as JSON, addresses and shells write it. */
function kindsIn(text: string): readonly string[] {
  return Object.entries(planted)
    .filter(([, secret]) =>
      [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)].some((form) => text.includes(form)),
    )
    .map(([kind]) => kind);
}

let folder: ReturnType<typeof temporaryFolder>;
const texts: Record<string, string> = {};

async function perbench(...words: readonly string[]): Promise<string> {
  const { ended } = startPerbench(words, { workingFolder: folder.path, homeFolder: folder.path, environment });
  const { stdout, stderr } = await ended;
  texts[`perbench ${words.join(' ')}`] = stdout + stderr;
  return stdout + stderr;
}

beforeAll(async () => {
  folder = temporaryFolder();
  writeFileSync(join(folder.path, 'suite.json'), JSON.stringify(suite));
  await perbench('run', 'suite.json', '-vv', '--json', '--out', 'report.html', '--out', 'out.json');
});
afterAll(() => folder[Symbol.dispose]());

describe('a working folder with any characters', () => {
  it('is no secret, and variables that are only named like one hide nothing', async () => {
    using home = temporaryFolder();
    const workingFolder = join(home.path, 'Über [my] runs (2)');
    mkdirSync(workingFolder);
    const said = async (...words: readonly string[]): Promise<string> => {
      const { ended } = startPerbench(words, {
        workingFolder,
        homeFolder: home.path,
        environment: { PWD: workingFolder, OLDPWD: workingFolder, KEY: 'film reviews', MY_API_KEY: 'imdb/per@2' },
      });
      const { stdout, stderr } = await ended;
      return stdout + stderr;
    };
    expect(await said('list', '--store', 'none.db')).toContain(`${workingFolder}/none.db`);
    expect(await said('tasks')).toMatch(/imdb\/per@2 .* 1,000 film reviews/);
    const task = join(workingFolder, 'tickets.csv');
    writeFileSync(
      task,
      `text,label\n${Array.from({ length: 12 }, (_, row) => `ticket ${row},${row % 2}`).join('\n')}\n`,
    );
    const mock = { models: [{ source: 'mock', engine: 'mock' }], tasks: ['imdb/mini'], protocol: 'paper' };
    writeFileSync(join(workingFolder, 'mock.json'), JSON.stringify(mock));
    expect(await said('run', 'mock.json', '-t', task, '--out', 'page.json')).not.toContain('[removed]');
    expect(await said('show')).toContain(task);
    expect(await said('rescore')).not.toMatch(/error|\[removed\]/);
  }, 60_000);
});

describe('secrets of a run', () => {
  it('were used: the run has answers, and an error that quotes a log', async () => {
    await using store = await openStoreIn(folder.path);
    const run = await store.latestRun();
    const cells = await store.cells(run?.id ?? '');
    expect(cells.map(({ state }) => state)).toEqual(['done', 'failed']);
    expect(cells[1]?.error?.message).toContain('exited with code 3');
    expect(run?.suite.models[0]).toMatchObject({ server: { environment: { HF_TOKEN: '[removed]' } } });
  });

  it('are in no output of it', async () => {
    await perbench('show', '-vv');
    await perbench('list', '--json');
    await perbench('report', '--json');
    await perbench('run', '--config', 'suite.json', '--dry-run', '--json');
    await perbench('show', '--config', 'suite.json');
    await perbench('show', '--config', 'suite.json', '--json');
    await perbench('models', 'pull', 'hf:owner/name/m.gguf', '-vv');
    await perbench(
      'run',
      '--model',
      `openai:http://me:${planted.argument}@127.0.0.1:9/v1`,
      '--task',
      'arc_easy/mini@2',
    );
    await perbench(
      'run',
      '--model',
      `openai:http://127.0.0.1:9/v1?api_key=${planted.argument}`,
      '--task',
      'arc_easy/mini@2',
    );
    for (const source of [
      `openai:http://127.0.0.1:9/v1?sig=${planted.queryKey}`,
      `http://127.0.0.1:9/v1?code=${planted.queryKey}`,
      `http://127.0.0.1:9/v1?more=sk-${planted.queryKey}`,
      `me:${planted.queryKey}@127.0.0.1:9`,
      `hf:me:${planted.queryKey}@owner/name`,
    ])
      await perbench('run', '-vv', '--model', source, '--task', 'arc_easy/mini@2');
    for (const format of [
      'csv',
      'json',
      'run',
      'jsonl',
      'lm-eval',
      'inspect',
      'every-eval-ever',
      'hf-eval-results',
      'parquet',
    ])
      await perbench('export', '--format', format, '--out', `exported/${format}`);
    const found = Object.entries(texts).map(([command, text]) => [command, kindsIn(text.replaceAll(command, ''))]);
    expect(found.filter(([, kinds]) => kinds?.length !== 0)).toEqual([]);
  }, 200_000);

  it('are in no file but those of the user and the log of the server itself', () => {
    const own = /^suite\.json$|\.log$/;
    const files = readdirSync(folder.path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(folder.path, join(entry.parentPath, entry.name)));
    const found = files.map((file) => [file, kindsIn(readFileSync(join(folder.path, file), 'latin1'))] as const);
    expect(found.filter(([file, kinds]) => kinds.length > 0 && !own.test(file))).toEqual([]);
    expect(files).toContain('report.html');
    expect(files).toContain('.perbench/perbench.db');
    expect(found.find(([file]) => file === 'suite.json')?.[1]).toContain('argument');
  });

  it('are asked for where a stored run needs them again', async () => {
    const words = ['resume', '-vv'];
    expect(await perbench(...words)).toMatch(
      /error: run \S+ can't be resumed by itself: server\.command of a model held a secret, which is not stored\nhint: Start it again by its own command/,
    );
  });

  it('of an older store are in no output of it either', async () => {
    const file = join(folder.path, '.perbench', 'perbench.db');
    using database = new DatabaseSync(file);
    database.prepare('update run set suite = ?').run(JSON.stringify(suite));
    for (const words of [
      ['show'],
      ['report', '--out', 'old.html'],
      ['export', '--format', 'run', '--out', 'old.run.json'],
    ])
      await perbench(...words);
    const written = ['old.html', 'old.run.json'].map((name) => readFileSync(join(folder.path, name), 'utf8'));
    expect(written.flatMap(kindsIn)).toEqual([]);
  });
});
