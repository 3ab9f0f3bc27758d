import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chooseDevice } from '../engines/llama-cpp/choose-device.ts';
import { makeGguf } from '../../test/setup/make-gguf.ts';
import { runInProcess } from '../../test/setup/run-in-process.ts';
import { testFolder } from '../../test/setup/test-settings.ts';

const mebibyte = 2 ** 20;

function modelOf(layers: number): Buffer {
  return makeGguf(
    [
      ['general.architecture', 'toy'],
      ['toy.block_count', layers],
      ['toy.context_length', 2048],
      ['toy.embedding_length', 64],
      ['toy.attention.head_count', 2],
    ],
    Array.from({ length: layers }, (_, layer) => ({
      name: `blk.${layer}.ffn_up.weight`,
      shape: [8],
      offset: layer * mebibyte,
    })),
    layers * mebibyte,
  );
}

interface Planned {
  readonly event: string;
  readonly model: string;
  readonly memoryBytes: number;
  readonly answersOf?: string;
}

it('counts the memory of a draft, and answers that several candidates share once', async () => {
  await using folder = await testFolder();
  await writeFile(join(folder.path, 'large.gguf'), modelOf(40));
  await writeFile(join(folder.path, 'small.gguf'), modelOf(4));
  const models = [
    { source: './large.gguf', engineOptions: { device: 'cpu' }, vary: { draft: ['none', './small.gguf'] } },
    { source: './large.gguf', name: 'half', engineOptions: { device: 'cpu', kvCache: 'q8_0' } },
    { source: './small.gguf', engineOptions: { device: 'cpu' } },
  ];
  await writeFile(join(folder.path, 'suite.json'), JSON.stringify({ models, tasks: ['imdb/mini'] }));
  const plan = async (...more: readonly string[]) =>
    runInProcess(['plan', 'suite.json', '--probe', 'never', ...more], { folder: folder.path });
  const { stdout, stderr, code } = await plan('--json');
  expect([code, stderr]).toEqual([0, '']);
  const records = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Planned);
  const [alone = 0, drafted, half = 0, small = 0] = records
    .filter(({ event }) => event === 'model')
    .map(({ memoryBytes }) => memoryBytes);
  expect(drafted).toBe(alone + small);
  expect(half).toBeLessThan(alone);
  const cells = records.filter(({ event }) => event === 'cell');
  const first = cells[0]?.model;
  expect(cells.map(({ answersOf }) => answersOf)).toEqual([undefined, first, undefined, undefined]);
  expect((await plan()).stdout).toContain(`answers of ${first}`);
});

describe('GPUs', () => {
  async function planOf(models: readonly unknown[], ...flags: readonly string[]) {
    await using folder = await testFolder();
    await writeFile(join(folder.path, 'm.gguf'), modelOf(4));
    await writeFile(join(folder.path, 'suite.json'), JSON.stringify({ models, tasks: ['imdb/mini'] }));
    return await runInProcess(['plan', 'suite.json', ...flags], { folder: folder.path });
  }
  const source = './m.gguf';

  it('of another machine are never timed here', async () => {
    const models = [{ source, vary: { gpuLayers: [1, 'all'] } }];
    const { stdout, code } = await planOf(models, '--gpu-memory', '1GiB', '--gpus', '2');
    expect(code).toBe(0);
    expect(stdout.match(/unknown +measured only on that machine/g)).toHaveLength(2);
  });

  it('need a size to place layers on', async () => {
    const { stderr, code } = await planOf([{ source }], '--gpus', '2');
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('hint: Add the memory of one GPU: --gpu-memory 24GiB.'),
    ]);
  });

  it('that a model cannot be run on make no problem of memory', async () => {
    const { stdout, stderr, code } = await planOf([{ source, engineOptions: { device: 'cpu', mainGpu: 1 } }]);
    expect(code).toBe(5);
    expect(stdout).toMatch(/unknown +cannot run/);
    expect(stderr).toContain('warning: m: mainGpu is for GPUs, but the CPU computes it');
  });

  it('that are not used are explained once', async () => {
    const { note, devices } = await chooseDevice('auto');
    const { stderr } = await planOf([source, { source, name: 'again' }], '--probe', 'never');
    const times = note === undefined || devices.length > 0 ? 0 : 1;
    expect(stderr.match(/computes on the CPU/g) ?? []).toHaveLength(times);
  });
});
