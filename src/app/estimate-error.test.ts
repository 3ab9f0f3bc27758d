import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { manifest, newCell, newRun, passResult } from '../../test/conformance/store-records.ts';
import { makeGguf } from '../../test/setup/make-gguf.ts';
import { quietHost } from '../../test/setup/quiet-host.ts';
import { testFolder, testSettings } from '../../test/setup/test-settings.ts';
import type { PassResult } from '../core/cell.ts';
import type { Manifest, ModelFacts } from '../core/manifest.ts';
import { readModelOutline } from '../gguf/model-outline.ts';
import { rememberSha256 } from '../sources/file-sha256.ts';
import { memoryOfOutline } from '../sources/model-memory.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import { estimateErrors, knownRatios } from './estimate-error.ts';
import type { MachineRoofline } from './machine-roofline.ts';

/** A matrix of 16-bit floats, 2 MB; what it does not state of attention costs nothing. */
const file = makeGguf(
  [
    ['general.architecture', 'toy'],
    ['toy.block_count', 1],
    ['toy.embedding_length', 8],
  ],
  [{ name: 'blk.0.ffn_up.weight', shape: [1000, 1000], offset: 0 }],
  4e6,
);

const { host } = manifest;
const roofline: MachineRoofline = {
  version: 3,
  measuredAtMs: 0,
  otherShare: 0,
  library: '',
  host,
  threads: 2,
  stepMs: 1,
  // The matrix of the test file is of 32-bit floats: read in 4 ms, computed with 100 tokens in 20 ms, after two steps.
  rates: [
    { type: 0, name: 'f32', bytesPerSecond: 1e9, operationsPerSecond: 10e9 },
    { type: 1, name: 'f16', bytesPerSecond: 1e9, operationsPerSecond: 10e9 },
  ],
  without: [],
};

const latency = passResult({
  host: quietHost,
  warnings: [],
  latencies: {
    endToEndMs: [100, 100],
    timeToFirstTokenMs: [30, 36],
    timePerOutputTokenMs: [9, null],
    outputTokens: [4, 1],
    promptTokens: [100, 100],
  },
});

async function ratiosOf(
  passes: (bytes: number) => readonly PassResult[],
  changed: {
    readonly facts?: Partial<ModelFacts>;
    readonly manifest?: Partial<Manifest>;
    readonly isGone?: boolean;
    /** What is at its place now. */
    readonly content?: Buffer;
    readonly rememberedSha256?: string;
    readonly onDetail?: (text: string) => void;
  } = {},
) {
  await using folder = await testFolder();
  await using store = await openSqliteStore({ file: ':memory:' });
  const source = join(folder.path, 'tiny.gguf');
  await writeFile(source, file);
  const { totalBytes } = memoryOfOutline(await readModelOutline(source), { contextTokens: 1, sequences: 4 });
  const known = manifest.models['tiny'];
  if (known === undefined) throw new Error('no model');
  const place = changed.isGone === true ? join(folder.path, 'gone.gguf') : source;
  const facts = { ...known, source: place, fileBytes: file.length, threads: 2, ...changed.facts };
  await store.createRun(newRun('r', { manifest: { ...manifest, models: { tiny: facts }, ...changed.manifest } }), [
    newCell('c'),
  ]);
  const claim = await store.claimCell('c', 'test', 60_000);
  if (claim === undefined) throw new Error('no claim');
  for (const result of passes(totalBytes)) await store.appendPassResult(claim, result);
  const settings = testSettings(folder.path);
  if (changed.content !== undefined) await writeFile(source, changed.content);
  if (changed.rememberedSha256 !== undefined) await rememberSha256(source, changed.rememberedSha256, settings.cacheDir);
  return await knownRatios({ store, settings, host, roofline, onDetail: changed.onDetail });
}

const throughput = (peakBytes: number, kvBytes: number): PassResult => ({
  ...latency,
  pass: 'throughput',
  concurrency: 4,
  latencies: undefined,
  memory: {
    nowBytes: peakBytes,
    peakBytes,
    isPeakReset: true,
    split: { weightsBytes: 0, kvBytes, computeBytes: 0, overheadBytes: 0 },
    reservedBytes: undefined,
    doubt: undefined,
  },
});

it('sets what was measured against what would have been estimated', async () => {
  const [found] = await ratiosOf((bytes) => [latency, throughput(1.2 * (bytes + 5e6), 5e6)]);
  expect(found?.model).toBe('tiny');
  expect(found?.ratios.memory[0]).toBeCloseTo(1.2, 9);
  // 33 ms on average over 20 + 2, and 9 over 4 + 2.
  expect(found?.ratios.firstToken[0]).toBeCloseTo(1.5, 9);
  expect(found?.ratios.token[0]).toBeCloseTo(1.5, 9);
});

it('leaves out what says nothing of estimates here', async () => {
  const busy = { ...latency, warnings: [{ reason: 'host_busy', detail: 'others' }] as const };
  expect(await ratiosOf(() => [busy])).toMatchObject([{ ratios: { firstToken: [], token: [] } }]);
  const passes = () => [latency];
  expect(await ratiosOf(passes, { manifest: { host: { ...host, cores: 64 } } })).toEqual([]);
  expect(await ratiosOf(passes, { facts: { threads: 1 } })).toEqual([]);
  expect(await ratiosOf(passes, { facts: { engine: 'managed' } })).toEqual([]);
  const draftFile = { source: '', fileSha256: '', fileBytes: 1 };
  expect(await ratiosOf(passes, { facts: { draftFile } })).toEqual([]);
  expect(await ratiosOf(passes, { facts: { fileBytes: 7 } })).toEqual([]);
  expect(await ratiosOf(passes, { isGone: true })).toEqual([]);
  expect(await ratiosOf(passes)).toHaveLength(1);
});

it('passes over a file that is broken or of another model now, and says so', async () => {
  const told: string[] = [];
  const onDetail = (text: string): void => void told.push(text);
  const passes = () => [latency];
  expect(await ratiosOf(passes, { content: Buffer.alloc(file.length, 'garbage'), onDetail })).toEqual([]);
  expect(told).toEqual([expect.stringMatching(/^runs of tiny say nothing of estimates: .*tiny\.gguf/)]);
  told.length = 0;
  expect(await ratiosOf(passes, { facts: { parameters: 7 }, onDetail })).toEqual([]);
  expect(await ratiosOf(passes, { facts: { architecture: 'other' }, onDetail })).toEqual([]);
  expect(await ratiosOf(passes, { rememberedSha256: 'cd'.repeat(32), onDetail })).toEqual([]);
  const another = expect.stringMatching(/tiny\.gguf is another file than tiny was, so its runs say nothing/) as string;
  expect(told).toEqual([another, another, another]);
  const same = { parameters: 1e6, architecture: 'toy' };
  expect(await ratiosOf(passes, { facts: same })).toHaveLength(1);
  expect(await ratiosOf(passes, { rememberedSha256: 'ab'.repeat(32) })).toHaveLength(1);
});

it('counts a model once, however often it was measured', () => {
  const ratios = (...memory: readonly number[]) => ({ memory, firstToken: [], token: [] });
  const errors = estimateErrors([
    { model: 'a', sha256: 'a', ratios: ratios(1, 4) },
    { model: 'b', sha256: 'b', ratios: ratios(2, 2, 2) },
  ]);
  expect(errors.memory).toMatchObject({ n: 2 });
  // Two models that took twice as much, and the one that is assumed to have been right.
  expect(errors.memory.factor).toBeCloseTo(2 ** (2 / 3), 9);
  expect(errors.token).toMatchObject({ factor: 1, n: 0 });
});
