import { readdirSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Sample } from '../core/sample.ts';
import { fixture, foreignFolder, textOf } from '../../test/setup/foreign-files.ts';
import { hostileModel, storedCells, writtenFiles } from '../../test/setup/stored-cells.ts';
import type { ForeignFile, ForeignFormat, ImportedCell, StoredCell } from './format.ts';
import { foreignFormats } from './foreign-formats.ts';

let cells: readonly StoredCell[] = [];

beforeAll(async () => {
  cells = await storedCells();
});

/** The engine's raw answer is for scoring again here; only Inspect's logs have a place for it. */
function withoutRaw(sample: Sample): Sample {
  return { ...sample, raw: '' };
}

function key({ model, taskId }: ImportedCell): string {
  return `${taskId} ${model}`;
}

describe.each(['lm-eval', 'inspect', 'every-eval-ever'] as const)('%s', (name) => {
  let format: ForeignFormat;
  let files: readonly ForeignFile[] = [];
  let imported: ReturnType<NonNullable<ForeignFormat['read']>['read']>;

  beforeAll(async () => {
    format = await foreignFormats[name].load();
    files = await writtenFiles(format.write?.(cells) ?? (async function* () {})());
    imported = format.read?.read(files, {}) ?? expect.fail('nothing was read');
  });

  it('accepts what it writes, and no other format does', async () => {
    const all: readonly ForeignFormat[] = await Promise.all(
      Object.values(foreignFormats).map(async (entry) => entry.load()),
    );
    const others = all.flatMap(({ read }) => (read === undefined || read.read === format.read?.read ? [] : [read]));
    expect(others).toHaveLength(2);
    for (const file of files) {
      expect([file.name, format.read?.accepts(file)]).toEqual([file.name, true]);
      for (const other of others) expect([file.name, other.accepts(file)]).toEqual([file.name, false]);
    }
  });

  it('stays in its folder, whatever models are called', () => {
    for (const { name: path } of files) {
      expect(path.split('/')).not.toContain('..');
      expect(path).toMatch(/^[\p{L}\p{N}._@+/-]+$/u);
    }
    expect(new Set(files.map(({ name: path }) => path)).size).toBe(files.length);
  });

  it('brings back every cell, with its numbers as published ones', () => {
    expect(imported.tool).toContain('perbench 0.1.0');
    expect(imported.createdAtMs).toBeDefined();
    expect(imported.notes).toEqual([]);
    const back = new Map(imported.cells.map((cell) => [key(cell), cell]));
    expect([...back.keys()].toSorted()).toEqual(cells.map(({ cell }) => `${cell.taskId} ${cell.model}`).toSorted());
    for (const { cell } of cells) {
      const measurements = back.get(`${cell.taskId} ${cell.model}`)?.measurements;
      expect(measurements?.accuracy).toEqual({ ...cell.measurements.accuracy, status: 'published' });
      for (const metric of ['throughput', 'latency', 'memory', 'timeToFirstTokenP50'] as const) {
        expect(measurements?.[metric]).toEqual({ ...cell.measurements[metric], status: 'published' });
      }
      expect(measurements?.extra?.['flexible_extract']).toMatchObject({ status: 'published', value: 0.5 });
    }
  });

  it('brings back every sample', async () => {
    for (const { cell, samples } of cells) {
      const back = imported.cells.find(({ model, taskId }) => model === cell.model && taskId === cell.taskId);
      const written = await Array.fromAsync(samples());
      expect(back?.samples.map(withoutRaw)).toEqual(written.map(withoutRaw));
    }
  });

  it('writes the same bytes for the same run', async () => {
    const again = await writtenFiles(format.write?.(cells) ?? (async function* () {})());
    expect(again.map(({ name: path }) => path)).toEqual(files.map(({ name: path }) => path));
    for (const [index, file] of again.entries())
      expect(Buffer.compare(file.bytes, files[index]?.bytes ?? new Uint8Array())).toBe(0);
  });

  it('leaves out cells that have no accuracy', async () => {
    const failed = cells.map((stored) => ({ ...stored, cell: { ...stored.cell, state: 'failed' as const } }));
    expect(await writtenFiles(format.write?.(failed) ?? (async function* () {})())).toEqual([]);
  });
});

it('hub results are one file for each task, in percent, without the mini set', async () => {
  const { write } = await foreignFormats['hf-eval-results'].load();
  const files = await writtenFiles(write(cells.filter(({ cell }) => cell.model !== hostileModel)));
  expect(files.map(({ name }) => name)).toEqual([
    'small-135m/.eval_results/gsm8k_lmeval5-strict@1.yaml',
    'small-135m/.eval_results/hellaswag_lmeval@1.yaml',
    'small-135m/.eval_results/gsm8k_per@2.yaml',
  ]);
  expect(new TextDecoder().decode(files[0]?.bytes)).toMatchInlineSnapshot(`
    "- dataset:
        id: openai/gsm8k
        task_id: gsm8k
      value: 50
      date: 2026-11-24
      notes: gsm8k/lmeval5-strict@1, exact_match of 4 items; 95 % interval 40 to 60;
        Q4_1; perbench 0.1.0
    "
  `);
  const mini = cells.map((stored) => ({ ...stored, cell: { ...stored.cell, taskId: 'own/task@1' } }));
  expect(await writtenFiles(write(mini))).toEqual([]);
});

it('the fixtures say nothing about the machine that they were made on', () => {
  const names = readdirSync(foreignFolder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.jsonl?$/u.test(name),
  );
  expect(names).toHaveLength(6);
  for (const name of names) expect(textOf(fixture(name))).not.toMatch(/\/(home|root|tmp|usr|work)\//u);
});
