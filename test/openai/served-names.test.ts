import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request as forward, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type NullServer, startNullServer } from '../../src/app/null-server/null-server.ts';
import { prepareRun } from '../../src/app/prepare-run.ts';
import { suiteSchema } from '../../src/core/suite.ts';
import { readHostFacts } from '../../src/meters/host-facts.ts';
import { createMachineMeter } from '../../src/meters/machine-meter.ts';
import type { RunPlan } from '../../src/run/plan.ts';
import { openRun } from '../../src/run/open-run.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { testSettings } from '../setup/test-settings.ts';
import { runInProcess } from '../setup/run-in-process.ts';
import { listenOnLoopback } from '../setup/listen-on-loopback.ts';

let server: NullServer;
let folder: string;

beforeAll(async () => {
  server = await startNullServer({ tokens: 4, firstTokenMs: 0, tokenMs: 0 });
});
afterAll(async () => server[Symbol.asyncDispose]());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perbench-served-'));
  onTestFinished(async () => rm(folder, { recursive: true, force: true }));
});

/** The address of a server that says that it serves these models, and answers as the null server does. */
async function serve(...ids: readonly string[]): Promise<string> {
  const list = JSON.stringify({ data: ids.map((id) => ({ id, max_model_len: 8192 })) });
  const listening = createServer((incoming, response) => {
    if (incoming.url === '/v1/models') return void response.end(list);
    const { method, url, headers } = incoming;
    const outgoing = forward({ ...portOf(server.baseUrl), method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    incoming.pipe(outgoing);
  });
  return listen(listening);
}

/** The origin of a server on loopback that is gone when the test ends. */
async function listen(listening: Server): Promise<string> {
  const port = await listenOnLoopback(listening);
  return `http://127.0.0.1:${port}`;
}

const portOf = (url: string): { readonly host: string; readonly port: string } => {
  const { hostname: host, port } = new URL(url);
  return { host, port };
};

const small = ['-t', 'imdb/mini', '--limit', '4', '--protocol', 'paper', '--wait-quiet', '0', '--no-progress'];

/** Names and sources of the models that a plan has. */
async function planned(...argv: readonly string[]) {
  const { code, stdout, stderr } = await runInProcess(['run', ...argv, ...small, '--dry-run', '--json'], { folder });
  const records = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { event: string; name: string; source: string });
  const models = records.filter(({ event }) => event === 'model');
  return { code, stderr, models: models.map(({ name, source }) => [name, source]) };
}

describe('a model at a server', () => {
  it('is called by its own short name in a run, and shown with its address', async () => {
    const origin = await serve('Qwen/Qwen2.5-0.5B-Instruct');
    const { code, stdout, stderr } = await runInProcess(['run', '-m', origin, ...small], { folder });
    expect([code, stderr]).toEqual([
      expect.any(Number),
      expect.stringContaining('Qwen2.5-0.5B-Instruct / imdb/mini@2: done'),
    ]);
    expect(stdout).not.toContain(origin);
    const shown = await runInProcess(['show'], { folder });
    expect(shown.stdout).toContain(`server: Qwen2.5-0.5B-Instruct at ${origin}/v1#Qwen/Qwen2.5-0.5B-Instruct\n`);
  });

  it('has its host in its name only where two would be alike', async () => {
    const [one, two] = [await serve('A/m', 'B/m'), await serve('m.gguf')];
    const [a, b, other] = [`${one}/v1#A/m`, `${one}/v1#B/m`, `${two}/v1#m.gguf`];
    const hostOf = (url: string): string => url.slice('http://'.length);
    expect((await planned('-m', two)).models).toEqual([['m', other]]);
    expect((await planned('-m', a, '-m', two)).models).toEqual([
      [`m@${hostOf(one)}`, a],
      [`m@${hostOf(two)}`, other],
    ]);
    expect((await planned('-m', `${a},${b}`)).models).toEqual([
      ['A/m', a],
      ['B/m', b],
    ]);
    await writeFile(
      join(folder, 's.yaml'),
      `models: [{ source: '${two}', name: mine }, '${a}', { source: m, engine: mock }]`,
    );
    expect((await planned('s.yaml')).models.map(([name]) => name)).toEqual(['mine', `m@${hostOf(one)}`, 'm']);
  });

  it('is asked with the key of the environment', async () => {
    const keyed = createServer(({ headers }, response) => {
      if (headers.authorization === 'Bearer sk-good') response.end('{"data":[{"id":"m"}]}');
      else response.writeHead(401).end();
    });
    const origin = await listen(keyed);
    const plan = async (environment: Readonly<Record<string, string>>, ...words: readonly string[]) =>
      runInProcess(['run', '-m', origin, ...words, ...small, '--dry-run'], { folder, environment });
    expect((await plan({})).stderr).toContain('the server asks for a key (HTTP 401)');
    expect((await plan({ OPENAI_API_KEY: 'sk-good' })).code).toBe(0);
    expect((await plan({ MINE: 'sk-good' }, '--model-args', 'apiKeyVariable=MINE')).code).toBe(0);
  });

  it.each(['run', 'plan'])('is looked for by %s before anything starts', async (command) => {
    const origin = await serve('a', 'b');
    const words = command === 'plan' ? ['plan', '--probe', 'never'] : ['run'];
    const { code, stderr } = await runInProcess([...words, '-m', origin, ...small.slice(0, -1)], { folder });
    expect([code, stderr]).toEqual([
      5,
      `error: ${origin}/v1 serves 2 models: a, b\nhint: Name one of them after #, as in ${origin}/v1#a.\n`,
    ]);
  });
});

/** A plan of one served model, found afresh or as a stored run has it. */
async function prepare(source: string, isStored: boolean): Promise<RunPlan> {
  const suite = suiteSchema.parse({
    models: [source],
    tasks: ['imdb/mini'],
    limit: 4,
    protocol: 'paper',
    concurrency: 2,
    waitQuiet: 0,
  });
  const context = {
    settings: testSettings(folder),
    environment: {},
    workingFolder: folder,
    dataDir: undefined,
    commandLine: ['perbench'],
    perbenchVersion: '0',
    ownTasks: undefined,
    logFolder: undefined,
    readCeiling: async () => undefined,
    meter: createMachineMeter(),
    hostFacts: () => readHostFacts(),
    onPull: undefined,
    onStep: undefined,
  };
  return prepareRun(suite, context, new AbortController().signal, { isStored });
}

it('runs are found again by what is served, however it is written, and as before models were looked for', async () => {
  const origin = await serve('A/m');
  const { suiteKey: before } = await prepare(`openai:${origin}/v1#A/m`, true);
  for (const written of [`openai:${origin}/v1#A/m`, origin, `${origin}/v1/`, `openai:${origin}`]) {
    const found = await prepare(written, false);
    expect(found.suiteKey).toBe(before);
    // What is stored with the run leaves nothing to be asked.
    expect(found.suite.models).toMatchObject([{ name: 'm', engine: 'openai', source: `${origin}/v1#A/m` }]);
  }
});

it('a run that was stored with the address as the name goes on under it', async () => {
  const origin = await serve('A/m');
  const plan = await prepare(`openai:${origin}/v1`, true);
  expect(plan.models.map(({ spec }) => spec.name)).toEqual([`${origin}/v1`]);
  const file = join(folder, 'p.db');
  {
    await using store = await openSqliteStore({ file });
    await openRun(plan, store, { now: new Date(), random: () => 0.5 });
  }
  const { stderr } = await runInProcess(['resume', '--store', file, '--no-progress'], { folder });
  expect(stderr).toContain(`${origin}/v1 / imdb/mini@2: done`);
});
