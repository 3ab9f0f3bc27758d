import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Sweep } from '../core/sweep.ts';
import { listenOnLoopback } from '../../test/setup/listen-on-loopback.ts';
import { runInProcess } from '../../test/setup/run-in-process.ts';
import { testFolder } from '../../test/setup/test-settings.ts';

const quick = ['--window-seconds', '0.05', '--launches', '1'];
const mock = ['sweep', 'mock:none', '--model-args', 'tokenMs=0.2,contextTokens=300'];

async function run(...argv: readonly string[]) {
  await using folder = await testFolder();
  return await runInProcess(argv, { folder: folder.path });
}

/** The lines of a table without its numbers. */
function shape(text: string): readonly string[] {
  return text.split('\n').map((line) =>
    line
      .replaceAll(/(?<=\s)[\d.,]+(?: ± [\d.,]+)?!?(?=\s|$)/g, '#')
      .replaceAll(/\s+/g, ' ')
      .trim(),
  );
}

describe('perbench sweep', () => {
  it('prints two rows for each load, in the names of llama-bench, and why one is missing', async () => {
    const { code, stdout } = await run(...mock, ...quick, '--pp', '32,512', '--tg', '8', '--concurrency', '1,2');
    expect(code).toBe(3);
    const lines = shape(stdout);
    expect(lines[0]).toBe('none');
    expect(lines[1]).toMatch(/^test request total TTFT p50 TPOT p50 E2E p50 tokens requests in flight$/);
    for (const test of ['pp32 (c1)', 'tg8 @ d32 (c1)', 'pp32 (c2)', 'tg8 @ d32 (c2)'])
      expect(lines.some((line) => line.startsWith(`${test} # #`))).toBe(true);
    expect(lines.find((line) => line.startsWith('pp512 (c1)'))).toMatch(/unavailable$/);
    expect(stdout).toContain(
      "unavailable: pp512 tg8 c1: 512 prompt tokens and 8 to generate don't fit into a context of 300; also in 1 more",
    );
  });

  it('writes every format, and a chart, from the same numbers', async () => {
    await using folder = await testFolder();
    const names = ['s.json', 's.csv', 's.md', 's.tex', 's.prom', 's.bmf.json', 's.parquet', 's.svg', 's.pdf', 's.png'];
    const out = names.flatMap((name) => ['-o', name]);
    const argv = [
      ...mock,
      '--window-seconds',
      '0.05',
      '--launches',
      '2',
      '--pp',
      '32',
      '--tg',
      '8',
      '--concurrency',
      '2',
    ];
    const { code, stdout, stderr } = await runInProcess([...argv, '--json', ...out], { folder: folder.path });
    expect(code).toBe(0);
    for (const name of names) expect(stderr).toContain(`wrote ${join(folder.path, name)}`);
    const read = (name: string): Promise<string> => readFile(join(folder.path, name), 'utf8');
    const written = JSON.parse(await read('s.json')) as Sweep & { readonly schema: string };
    expect(written).toMatchObject({ schema: 'perbench-sweep/1', launches: 2, isInterrupted: false });
    const [cell] = written.cells;
    expect(cell).toMatchObject({ promptTokens: 32, outputTokens: 8, concurrency: 2, state: 'done', launches: 2 });
    const { outputTokensPerSecond: rate, outputTokens } = cell?.measurements ?? {};
    expect(outputTokens).toMatchObject({ value: 8 });
    expect(rate).toMatchObject({ unit: 'tokens/s', n: 2, interval: { level: 0.95 } });
    const records = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { readonly event: string });
    expect(records.map(({ event }) => event)).toEqual(['launch', 'load', 'sweep', 'done']);
    const [head = '', first = ''] = (await read('s.csv')).split('\n');
    expect(head).toMatch(/^model,prompt_tokens,output_tokens,concurrency,state,/);
    expect(first).toMatch(/^none,32,8,2,done,/);
    expect(await read('s.md')).toContain('tg8 @ d32 (c2)');
    expect(await read('s.prom')).toMatch(/task="pp32 tg8 c2"/);
    expect(await read('s.svg')).toContain('time to first token p50, ms');
  });

  it.each([
    [[], 0.05],
    [['--window-seconds', '0.1'], 0.1],
  ])('with %j takes the window from the suite file unless a flag says another', async (flags, windowSeconds) => {
    await using folder = await testFolder();
    const suite = 'models: [mock:none]\nwindowSeconds: 0.05\nlaunches: 1\n';
    await writeFile(join(folder.path, 's.yaml'), suite);
    const load = ['--pp', '32', '--tg', '4', '--concurrency', '1'];
    const argv = ['sweep', '--config', 's.yaml', ...load, ...flags, '--json'];
    const { stdout } = await runInProcess(argv, { folder: folder.path });
    const about = stdout.split('\n').find((line) => line.includes('"event":"sweep"')) ?? '{}';
    expect(JSON.parse(about)).toMatchObject({ windowSeconds, launches: 1 });
  });

  it('finds the highest concurrency within a limit', async () => {
    const search = [...mock, '--window-seconds', '0.05', '--pp', '32', '--tg', '4', '--max-concurrency', '4'];
    const all = await run(...search, '--within', 'ttft p50 <= 10s');
    expect(all.stdout).toMatch(
      /none, pp32 tg4: highest concurrency with ttft p50 <= 10 s: at least 4, the most that was tried\n/,
    );
    expect(all.code).toBe(0);
    const none = await run(...search, '--within', 'ttft p50 <= 0.01ms', '--json');
    expect(none.code).toBe(4);
    const found = none.stdout.split('\n').find((line) => line.includes('"highest-load"')) ?? '{}';
    expect(JSON.parse(found)).toMatchObject({
      answer: expect.stringMatching(/ttft p50 <= 0.01 ms: none: alone, a request takes [\d.]+ ms \[[\d.]+, /) as string,
      isFinished: true,
      found: { low: 0, high: 0, probes: [{ concurrency: 1, verdict: 'beyond' }] },
    });
  });
});

describe('what cannot be', () => {
  it.each([
    [['mock:none', '--pp', '0'], 'whole numbers from 8 to 10000000, joined by commas, got "0"'],
    [['mock:none', '--pp', '64,many'], 'got "64,many"'],
    [['mock:none', '--tg', '0'], 'expected a whole number from 2 to 1000000, got "0"'],
    [['mock:none', '--concurrency', '1,1000'], 'whole numbers from 1 to 512'],
    [
      ['mock:none', '--within', 'ttft <= 500ms'],
      '--within: `ttft <= 500ms` is not a limit: expected one such as `ttft p95 <= 500ms`\nhint: Limit a percentile of',
    ],
    [
      ['mock:none', '--within', 'memory <= 2GiB'],
      'is no limit on a percentile of a time that requests take under load',
    ],
    [['mock:none', '--within', 'ttft p95 <= 0'], 'expected more than 0'],
    [['mock:none', '--within', 'ttft p95 <= 1s', '--concurrency', '4'], 'both --within and --concurrency were given'],
    [['mock:none', '--max-concurrency', '4'], '--max-concurrency is for --within alone'],
    [['nonesuch-model'], 'nonesuch-model'],
    [['mock:none', '--model-args', 'speed=9'], 'options of engine mock'],
    [['mock:none', '-o', 'a.xlsx'], '--out a.xlsx: unknown format ".xlsx" for sweep'],
    [[], 'no models to run'],
  ])('%j is refused in one line, with exit code 2', async (argv, message) => {
    const { code, stdout, stderr } = await run('sweep', ...argv);
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^ +at /m);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  it('is said of a server that is not there', async () => {
    const { code, stderr } = await run('sweep', 'http://127.0.0.1:9/v1', '--model-args', 'retrySeconds=0');
    expect(code).toBe(5);
    expect(stderr).toMatch(/127\.0\.0\.1:9/);
  });

  it('is no verdict on a limit where nothing was asked', async () => {
    const port = await listenOnLoopback(
      createServer((request, response) => {
        if (request.url !== '/v1/models') response.statusCode = 404;
        response.end(JSON.stringify({ object: 'list', data: [{ id: 'm', object: 'model' }] }));
      }),
    );
    const url = `http://127.0.0.1:${port}/v1`;
    const { code, stdout } = await run('sweep', url, '--pp', '16', '--within', 'ttft p95 <= 500ms');
    expect(stdout).toContain('nothing could be measured');
    expect(stdout).toContain('HTTP 404');
    expect(stdout).not.toContain('beyond');
    expect(code).toBe(3);
  });
});
