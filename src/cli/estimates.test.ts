import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type HubServer, type ServedFile, startHubServer } from '../../test/setup/hub-server.ts';
import { makeGguf } from '../../test/setup/make-gguf.ts';
import { runInProcess } from '../../test/setup/run-in-process.ts';
import { testFolder } from '../../test/setup/test-settings.ts';
import { rooflineFile } from '../app/machine-roofline.ts';
import { pinnedPackageVersion } from '../engines/llama-cpp/library-location.ts';
import { readHostFacts } from '../meters/host-facts.ts';
import { catalogue } from '../sources/catalogue.ts';

const repo = 'owner/toy-GGUF';

/** A model of so many layers, each a matrix of 2 million 32-bit floats. */
function model(layers: number): Buffer {
  const bytes = 8e6;
  return makeGguf(
    [
      ['general.architecture', 'toy'],
      ['toy.block_count', layers],
      ['toy.embedding_length', 64],
      ['toy.attention.head_count', 2],
    ],
    Array.from({ length: layers }, (_, layer) => ({
      name: `blk.${layer}.ffn_up.weight`,
      shape: [1000, 2000],
      offset: layer * bytes,
    })),
    layers * bytes,
  );
}

interface World {
  readonly folder: string;
  readonly hub: HubServer;
  readonly run: (...argv: readonly string[]) => ReturnType<typeof runInProcess>;
}

/** A hub, and a machine whose speed was measured: 1 GB and 10 billion operations a second. */
async function withWorld(files: readonly ServedFile[], work: (world: World) => Promise<void>): Promise<void> {
  await using hub = await startHubServer(files);
  await using folder = await testFolder();
  const { hostname, cpuModel, cores, memoryBytes } = await readHostFacts();
  const rates = [0, 1].map((type) => ({ type, name: `t${type}`, bytesPerSecond: 1e9, operationsPerSecond: 1e10 }));
  const roofline = {
    version: 3,
    measuredAtMs: Date.parse('2026-11-30'),
    otherShare: 0,
    library: pinnedPackageVersion,
    host: { hostname, cpuModel, cores, memoryBytes },
    threads: 2,
    stepMs: 0.001,
    rates,
    without: [],
  };
  const cacheDir = join(folder.path, '.cache/perbench');
  await mkdir(cacheDir, { recursive: true });
  await writeFile(rooflineFile(cacheDir), JSON.stringify(roofline));
  const environment = { HF_ENDPOINT: hub.endpoint, XDG_CACHE_HOME: join(folder.path, '.cache') };
  await work({ folder: folder.path, hub, run: (...argv) => runInProcess(argv, { folder: folder.path, environment }) });
}

const served = (path: string, layers: number): ServedFile => ({ repo, path, content: model(layers) });

it('estimates a model of the hub from its header, with its error, and fetches nothing else', async () => {
  await withWorld([served('toy.gguf', 2)], async ({ run, hub, folder }) => {
    const { code, stdout, stderr } = await run('plan', '--estimate', '-m', `hf:${repo}/toy.gguf`);
    expect([code, stderr]).toEqual([0, '']);
    // 16 MB are read in 16 ms; 512 tokens compute for 409.6 ms. The rest is attention and waiting.
    expect(stdout).toMatch(/^toy +4 M +4 M +15\.3 MiB +\d+ \[\d+, \d+\] MiB~ +12\d\d \[.+\]~ +61\.4 \[.+\]~ +no/m);
    expect(stdout).toContain('decode time 1.00 (0.50 to 2.00, assumed)');
    expect(stdout).toContain('speed of this machine: measured 2026-11-30 with 2 threads');
    expect(hub.seen.every(({ range }) => range === 'bytes=0-1048575')).toBe(true);
    await writeFile(join(folder, 'here.gguf'), model(1));
    const both = await run('plan', '--estimate', '--json', '-m', `hf:${repo}`, '-m', './here.gguf');
    const records = both.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ event }) => String(event).startsWith('estimate'));
    expect(records.map(({ event, name, isHere }) => [event, name, isHere])).toEqual([
      ['estimate', 'toy', false],
      ['estimate', 'here', true],
      ['estimates', undefined, undefined],
    ]);
    expect(records[0]).toMatchObject({
      fits: true,
      header: { parameters: 4e6, activeParameters: 4e6 },
      memory: { status: 'derived', unit: 'bytes', warnings: [{ reason: 'estimated' }], interval: { level: 0.95 } },
      outputTokensPerSecond: { status: 'derived', unit: 'tokens/s', n: 0 },
    });
  });
});

it('says why a model has no estimate, and estimates the others', async () => {
  await withWorld([served('toy.gguf', 1)], async ({ run, folder }) => {
    await writeFile(join(folder, 'bad.gguf'), 'no model');
    // Nothing listens at port 1, and nobody asks there.
    const others = ['./bad.gguf', './gone.gguf', 'hf:owner/none', 'http://127.0.0.1:1/v1'];
    const sources = [`hf:${repo}/toy.gguf`, `hf:${repo}/other.gguf`, 'gemma-3-270m', ...others];
    const { code, stdout, stderr } = await run('plan', '--estimate', ...sources.flatMap((source) => ['-m', source]));
    expect(code).toBe(5);
    expect(stdout).toMatch(/^toy .* MiB~/m);
    expect(stdout).toMatch(/^other +– +– +– +– +– +– +no/m);
    expect(stderr).toContain('has no file "other.gguf" at main');
    expect(stderr).toContain('gemma-3-270m: the header can be read before a download only on the hub, not on PyPI');
    for (const name of ['bad', 'gone', 'none', '127.0.0.1:1/v1'])
      expect(stdout).toMatch(new RegExp(`^.*${name} +– +– +– +– +– +– +no`, 'm'));
    expect(stderr).toContain('bad.gguf is not a GGUF file');
    expect(stderr).toContain('no such file: ');
    expect(stderr).toContain('http://127.0.0.1:1/v1: at a server, and no file tells');
    const offline = await run('plan', '--estimate', '--offline', '-m', `hf:${repo}/toy.gguf`, '-m', `hf:${repo}`);
    expect(offline.code).toBe(5);
    expect(offline.stdout).toMatch(/^toy +–/m);
    expect(offline.stderr).toContain('toy: offline, and not on this machine');
    expect(offline.stderr).toContain(`no GGUF file of hf:${repo} is on this machine`);
  });
});

it('says once what is so of many models', async () => {
  await withWorld([], async ({ run }) => {
    const servers = ['a', 'b', 'c', 'd', 'e'].flatMap((name) => ['-m', `http://127.0.0.1:1/v1#${name}`]);
    const { stderr } = await run('plan', '--estimate', ...servers);
    expect(stderr).toBe('warning: a, b, c and 2 more: at a server, and no file tells\n');
    const listed = await run('models', 'list', '--fit', '--offline');
    const offline = listed.stderr.split('\n').filter((text) => text.includes('offline'));
    expect(offline).toEqual([expect.stringMatching(/^warning: .+ and \d+ more: offline, and not on this machine$/u)]);
  });
});

it('shows the memory of what no machine has in a unit that can be read', async () => {
  await withWorld([], async ({ run, folder }) => {
    await writeFile(join(folder, 'huge.gguf'), model(1));
    const { stdout } = await run('plan', '--estimate', '-m', './huge.gguf', '--context-tokens', '4000000000');
    expect(stdout).toMatch(/^huge .* \d+\.\d (?:\[[\d., ]+\] )?[GT]iB~/mu);
  });
});

it('lists what fits first, the largest at the top', async () => {
  const [small, large] = catalogue.filter(({ hub }) => hub !== undefined);
  const files = [small, large].flatMap((entry, index): ServedFile[] =>
    entry?.hub === undefined ? [] : [{ repo: entry.hub.repo, path: entry.hub.file, content: model(index + 1) }],
  );
  await withWorld(files, async ({ run }) => {
    const { code, stdout, stderr } = await run('models', 'list', '--fit');
    expect(code).toBe(0);
    const names = stdout
      .split('\n')
      .slice(1, 3)
      .map((line) => line.split(' ')[0]);
    expect(names).toEqual([large?.name, small?.name]);
    expect(stderr).toContain('Models that fit come first, the largest of them at the top');
    expect(stderr).toContain('or it is private');
  });
});

it('says of GPUs that nothing is known of them, and what is free on each', async () => {
  const [entry] = catalogue.filter(({ hub }) => hub !== undefined);
  const files = entry?.hub === undefined ? [] : [{ repo: entry.hub.repo, path: entry.hub.file, content: model(1) }];
  await withWorld(files, async ({ run, folder }) => {
    const { stdout } = await run('models', 'list', '--fit', '--gpu-memory', '4GiB', '--gpus', '2');
    expect(stdout).toContain(
      'assumed since no run on this machine tells: memory of GPUs 1.00 (0.76 to 1.32, assumed); estimates',
    );
    expect(stdout).toContain(`no speed of ${entry?.name}: a GPU computes it, whose speed is measured, not estimated`);
    expect(stdout).toMatch(/^free memory: .* on the host, 4\.0 GiB on each of 2 GPUs$/m);
    await writeFile(join(folder, 'here.gguf'), model(1));
    const host = await run('plan', '--estimate', '-m', './here.gguf');
    expect(host.stdout).toContain(
      'assumed since no run on this machine tells: memory 1.00 (0.76 to 1.32, assumed), prefill time 1.00',
    );
    expect(host.stdout).not.toContain('GPU');
  });
});

it('has no speed for other numbers of threads than that of the machine', async () => {
  await withWorld([], async ({ run, folder }) => {
    await writeFile(join(folder, 'here.gguf'), model(1));
    const { code, stdout } = await run('plan', '--estimate', '--threads', '7', '-m', './here.gguf');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^here .* MiB~ +– +– +yes/m);
    expect(stdout).toContain('no speed of here: it has 7 threads, and the speed of this machine is known with 2');
    const same = await run('plan', '--estimate', '--threads', '2', '-m', './here.gguf');
    expect(same.stdout).toMatch(/^here .* MiB~ +\d+ \[/m);
  });
});

it('refuses flags that mean nothing', async () => {
  await withWorld([], async ({ run }) => {
    const refusals = [
      await run('plan', '--recalibrate', '-m', 'gemma-3-270m'),
      await run('plan', '--estimate', '--probe', 'never', '-m', 'gemma-3-270m'),
      await run('models', 'list', '--gpu-memory', '8GiB'),
    ];
    expect(refusals.map(({ code, stderr }) => [code, stderr.split('\n')[0]])).toEqual([
      [2, 'error: --recalibrate is for --estimate alone'],
      [2, 'error: both --estimate and --probe were given'],
      [2, 'error: --gpu-memory is for --fit alone'],
    ]);
  });
});

it('measures the machine where it has not been', { timeout: 60_000 }, async () => {
  await withWorld([], async ({ run, folder }) => {
    const file = rooflineFile(join(folder, '.cache/perbench'));
    await rm(file);
    await writeFile(join(folder, 'own.gguf'), model(1));
    const { code, stdout } = await run('plan', '--estimate', '-m', './own.gguf');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^own .* MiB~ +[\d.]+ \[.+\]~/m);
    const { rates } = JSON.parse(await readFile(file, 'utf8')) as { readonly rates: readonly { name: string }[] };
    expect(rates.map(({ name }) => name)).toEqual(['f16', 'f32']);
  });
});
