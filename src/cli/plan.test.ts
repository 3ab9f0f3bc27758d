import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
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
