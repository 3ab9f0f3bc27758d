import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runInProcess, type EndedInProcess } from '../../test/setup/run-in-process.ts';
import { testFolder, type TestFolder } from '../../test/setup/test-settings.ts';
import type { TaskCosts } from '../scoring/cost.ts';
import { parseLoad } from './tables/cost-options.ts';

let folder: TestFolder;

function perbench(...argv: readonly string[]): Promise<EndedInProcess> {
  return runInProcess(argv, { folder: folder.path });
}

async function made(file: string): Promise<string> {
  return readFile(join(folder.path, file), 'utf8');
}

const mock = (source: string, tokenMs: number): object => ({
  source,
  engine: 'mock',
  engineOptions: { answers: ['positive', 'negative'], tokenMs, memoryBytes: 2 ** 28 },
});
const brief = { concurrency: 2, launches: 2, windowSeconds: 0.05, latencyRequests: 3, limit: 30, waitQuiet: 0 };
const models = [mock('q8', 0.6), mock('q4', 0.4), mock('api-y', 1)];

beforeAll(async () => {
  folder = await testFolder();
  const suite = { models, ...brief, tasks: ['imdb/mini', 'arc_easy/mini'] };
  await writeFile(join(folder.path, 'suite.json'), JSON.stringify(suite));
  await writeFile(
    join(folder.path, 'prices.yaml'),
    'currency: EUR\nmodels:\n  gpt-x: {input: 15, cachedInput: 5, output: 60}\n  api-y: {input: 1, output: 2}\n',
  );
  const { code, stderr } = await perbench('run', 'suite.json', '-q');
  if (code === 1) throw new Error(stderr);
}, 60_000);
afterAll(async () => {
  await folder[Symbol.asyncDispose]();
});

async function costs(...argv: readonly string[]): Promise<TaskCosts> {
  await perbench('cost', '--price-per-hour', '1.2', '-t', 'imdb', '-o', 'c.json', ...argv);
  const [first] = (JSON.parse(await made('c.json')) as { readonly costs: readonly TaskCosts[] }).costs;
  if (first === undefined) throw new Error('no costs');
  return first;
}

describe('perbench cost', () => {
  it('prices own models and APIs, in every format', async () => {
    const files = ['c.csv', 'c.md', 'c.tex', 'c.parquet'].flatMap((file) => ['-o', file]);
    const plan = ['--price-per-hour', '1.2', '--load', '50000/day', '--duty-cycle', '50%', '--prices', 'prices.yaml'];
    const { code, stdout, stderr } = await perbench('cost', ...plan, ...files);
    expect([code, stderr.match(/wrote /gu)?.length]).toEqual([0, 4]);
    expect(stdout).toMatch(/^IMDB, mini set · price of 1,000 answers\nModel .*Accuracy/u);
    // One device all day: 28.8 for 50 thousands.
    expect(stdout).toMatch(/\nq8 +own .* 0\.576/u);
    expect(stdout).toContain('the mock engine stands in for a model');
    expect(stdout).toContain(
      'Cheapest of your own at 50,000 answers a day: q8 and q4 alike, 0.576 EUR per 1,000 answers',
    );
    expect(stdout).toMatch(/break-even\nModel +Against +Cheaper from/u);
    const [headings = '', ...lines] = (await made('c.csv')).trim().split('\r\n');
    expect([headings.split(',').slice(0, 3), lines.length]).toEqual([['run', 'task', 'currency'], 8]);
    expect(await made('c.md')).toContain('load in 50 % of the day, devices always on');
    expect(await made('c.tex')).toContain(String.raw`\label{tab:break-even-imdb-mini-2}`);
  });

  it('prices an API of the run by its own tokens and others by the first model, or by one that is named', async () => {
    const { own, apis, breakEvens } = await costs('--prices', 'prices.yaml');
    expect(own.map(({ model }) => model)).toEqual(['q8', 'q4']);
    expect(apis.map(({ model, tokensOf, accuracy }) => [model, tokensOf, accuracy?.status])).toEqual([
      ['gpt-x', 'q8', undefined],
      ['api-y', 'api-y', 'measured'],
    ]);
    expect(breakEvens).toHaveLength(4);
    const named = await costs('--prices', 'prices.yaml', '--tokens-of', 'q4');
    expect(named.apis[0]?.tokensOf).toBe('q4');
  });

  it('takes a share of the input at the price of the cache', async () => {
    const priceAt = async (share: string): Promise<number> => {
      const { apis } = await costs('--prices', 'prices.yaml', '--cached-share', share);
      const price = apis[0]?.price;
      return price === undefined || price.status === 'unavailable' ? 0 : price.value;
    };
    const [none, half, all] = [await priceAt('0'), await priceAt('50%'), await priceAt('1')];
    expect(half).toBeCloseTo((none + all) / 2, 9);
    expect(all).toBeLessThan(none);
    // Without a price of its own, a cached token costs what others cost.
    expect((await costs('--prices', 'prices.yaml')).apis[1]?.price).toEqual(
      (await costs('--prices', 'prices.yaml', '--cached-share', '1')).apis[1]?.price,
    );
  });

  it('says of a price without electricity that it lacks it', async () => {
    const { stdout } = await perbench('cost', '--price-per-hour', '1', '--electricity', '0.3', '-t', 'imdb');
    expect(stdout).toContain('! q8, q4, api-y: without electricity, which was not measured');
    expect(stdout).toMatch(/\nq8 +own .*!/u);
  });

  it('takes a rate as that of the busy part of a day, and a number per day as that of all of it', async () => {
    const perDay = async (...argv: readonly string[]): Promise<number | undefined> =>
      (await costs(...argv)).plan.answersPerDay;
    expect(await perDay('--load', '2/s')).toBe(172_800);
    expect(await perDay('--load', '2/s', '--duty-cycle', '25%')).toBe(43_200);
    expect(await perDay('--load', '172800/day', '--duty-cycle', '25%')).toBe(172_800);
  });

  it('has the same costs from an exported run, in any folder', async () => {
    await perbench('export', '--format', 'run', '-o', 'base.json');
    const argv = ['--price-per-hour', '1.2', '--load', '600/h', '--prices', 'prices.yaml', '--json'];
    const [stored, exported] = [await perbench('cost', ...argv), await perbench('cost', 'base.json', ...argv)];
    const records = ({ stdout }: EndedInProcess): readonly string[] =>
      stdout.split('\n').filter((line) => line.includes('"event":"cost"'));
    expect(records(exported)).toHaveLength(2);
    expect(records(exported)).toEqual(records(stored));
    const drawn = await perbench(
      'cost',
      'base.json',
      '--price-per-hour',
      '1',
      '-t',
      'imdb',
      '-o',
      'e.svg',
      '--store',
      'none.db',
    );
    expect(drawn.code).toBe(0);
    const missing = await perbench('cost', 'gone.json', '--price-per-hour', '1');
    expect([missing.code, missing.stderr]).toEqual([2, expect.stringMatching(/gone\.json: .*no such file/u)]);
  });

  it('says of flags that they change nothing by themselves', async () => {
    const argv = ['--pue', '1.4', '--cached-share', '50%', '--tokens-of', 'q4'];
    const { code, stderr } = await perbench('cost', '--price-per-hour', '1', ...argv);
    expect(code).toBe(0);
    expect(stderr).toContain('--pue changes nothing without --electricity');
    expect(stderr).toContain('--cached-share changes nothing without --prices');
    expect(stderr).toContain('--tokens-of changes nothing without --prices');
    const { stderr: used } = await perbench('cost', '--price-per-hour', '1', '--pue', '1.4', '--electricity', '0');
    expect(used).not.toContain('changes nothing');
  });

  it('draws a chart of one task, in each format', async () => {
    const files = ['c.svg', 'c.pdf', 'c.png'].flatMap((file) => ['-o', file]);
    const argv = ['cost', '--price-per-hour', '1.2', '--prices', 'prices.yaml', '--width', '100', ...files];
    const { code, stderr } = await perbench(...argv, '-t', 'imdb');
    expect([code, stderr.match(/wrote /gu)?.length]).toEqual([0, 3]);
    expect(await made('c.svg')).toContain('Price over load on IMDB, mini set');
    const both = await perbench(...argv);
    expect([both.code, both.stderr]).toEqual([2, expect.stringContaining('--out c.svg: a chart is of one task')]);
  });

  it("takes the price of the run's suite", async () => {
    await writeFile(
      join(folder.path, 'priced.json'),
      JSON.stringify({ models: models.slice(0, 1), ...brief, tasks: ['imdb/mini'], pricePerHour: 2.5 }),
    );
    await perbench('run', 'priced.json', '-q', '--store', 'priced.db');
    expect((await perbench('cost', '--store', 'priced.db', '-v')).stdout).toContain('at 2.5 per device and hour');
  });

  it.each([
    [[], 'no hourly price: neither a flag nor the suite of the run has one'],
    [['--price-per-hour', '-1'], '--price-per-hour'],
    [['--price-per-hour', '1', '--load', '0'], '--load'],
    [['--price-per-hour', '1', '--load', '5/year'], '--load'],
    [['--price-per-hour', '1', '--duty-cycle', '0'], '--duty-cycle'],
    [['--price-per-hour', '1', '--cached-share', '2'], '--cached-share'],
    [['--price-per-hour', '1', '--pue', '0.9'], '--pue'],
    [['--price-per-hour', '1', '-t', 'gsm8k'], 'no task "gsm8k"'],
    [['--price-per-hour', '1', '--tokens-of', 'q5'], 'has no model "q5"; it has q8, q4, api-y'],
    [['--price-per-hour', '1', '--prices', 'none.yaml'], "none.yaml: can't be read"],
    [['--price-per-hour', '1', '-o', 'c.xml'], 'unknown format ".xml"'],
  ])('refuses %j in one line', async (argv, message) => {
    const { code, stdout, stderr } = await perbench('cost', ...argv);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^ +at /mu);
  });

  it('refuses a run whose models are all in the file of prices, or have no throughput', async () => {
    await writeFile(
      join(folder.path, 'all.yaml'),
      'models: {q8: {input: 1, output: 1}, q4: {input: 1, output: 1}, api-y: {input: 1, output: 1}}',
    );
    const all = await perbench('cost', '--price-per-hour', '1', '--prices', 'all.yaml');
    expect([all.code, all.stderr]).toEqual([2, expect.stringContaining('all its models are in the file of prices')]);
    const crashing = { source: 'x', engine: 'mock', engineOptions: { crashAtRequest: 1 } };
    await writeFile(
      join(folder.path, 'x.json'),
      JSON.stringify({ models: [crashing], ...brief, tasks: ['imdb/mini'] }),
    );
    await perbench('run', 'x.json', '-q', '--store', 'x.db');
    const none = await perbench('cost', '--price-per-hour', '1', '--store', 'x.db');
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('no model of your own with a throughput')]);
  });
});

it.each([
  ['50000', 50_000, false],
  ['50000/day', 50_000, false],
  ['2/s', 172_800, true],
  ['1.5 / min', 2160, true],
  ['120/h', 2880, true],
  ['1e6/d', 1_000_000, false],
])('reads a load of %s', (text, perDay, isRate) => {
  expect(parseLoad(text)).toEqual({ perDay, isRate });
});

it.each(['0/s', '-1', '1/constructor', 'many', '1e400'])('takes %s for no load', (text) => {
  expect(parseLoad(text)).toBeUndefined();
});
