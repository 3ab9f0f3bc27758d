import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { array, assert, asyncProperty, constantFrom, integer, oneof, record, tuple } from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PerbenchError } from '../../src/core/errors.ts';
import { readModelHeader } from '../../src/gguf/gguf-kind.ts';
import { estimateModelMemory } from '../../src/sources/model-memory.ts';
import { fuzzSetting, fuzzTimeoutMs } from '../setup/fuzz-setting.ts';
import { type GgufEntry, makeGguf } from '../setup/make-gguf.ts';
import { type TestFolder, testFolder } from '../setup/test-settings.ts';

const entries: readonly GgufEntry[] = [
  ['general.architecture', 'llama'],
  ['general.type', 'model'],
  ['general.alignment', 32],
  ['split.count', 1],
  ['split.no', 0],
  ['llama.block_count', 2],
  ['llama.attention.head_count', [2, 2]],
  ['llama.context_length', 512],
  ['llama.pooling_type', 0],
  ['tokenizer.ggml.tokens', ['a', 'b', 'ç']],
  ['tokenizer.chat_template', '{{ messages }}'],
];
const tensors = [
  { name: 'token_embd.weight', shape: [4, 3], offset: 0 },
  { name: 'output.weight', shape: [3], offset: 64 },
];
const keys = entries.map(([key]) => key);

/** Entries that are doubled, dropped, or have a value of another type. */
const changedEntries = array(
  oneof(
    constantFrom(...entries),
    tuple(
      constantFrom(...keys),
      oneof(
        integer({ min: 0, max: 2 ** 32 - 1 }),
        constantFrom('', 'bert', 'adapter', 'x'.repeat(300), '\u001b[31m\n'),
        array(integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 3 }),
      ),
    ),
  ),
  { maxLength: 14 },
);

/** Bytes that become others, numbers of eight bytes that become large, a cut. */
const damage = record({
  flips: array(tuple(integer({ min: 0, max: 600 }), integer({ min: 1, max: 255 })), { maxLength: 4 }),
  lengths: array(
    tuple(
      integer({ min: 8, max: 500 }),
      constantFrom(0n, 1n << 20n, 1n << 31n, 1n << 40n, (1n << 53n) - 1n, (1n << 64n) - 1n),
    ),
    { maxLength: 2 },
  ),
  bytes: integer({ min: 0, max: 2000 }),
});

let folder: TestFolder;
beforeAll(async () => {
  folder = await testFolder();
});
afterAll(async () => folder[Symbol.asyncDispose]());

describe('GGUF headers', () => {
  it('are read, or refused in one line, whatever is wrong with them', { timeout: fuzzTimeoutMs }, async () => {
    const path = join(folder.path, 'm.gguf');
    await assert(
      asyncProperty(oneof(constantFrom(entries), changedEntries), damage, async (own, { flips, lengths, bytes }) => {
        const file = makeGguf(own as readonly GgufEntry[], tensors, 128).subarray(0, bytes);
        for (const [at, value] of lengths) if (at + 8 <= file.length) file.writeBigUInt64LE(value, at);
        for (const [at, mask] of flips) if (at < file.length) file[at] = (file[at] ?? 0) ^ mask;
        await writeFile(path, file);
        const before = process.memoryUsage().rss;
        const outcome = await readAll(path);
        expect(process.memoryUsage().rss - before).toBeLessThan(500 * 2 ** 20);
        if (!(outcome instanceof Error)) return;
        expect(outcome).toBeInstanceOf(PerbenchError);
        expect(outcome.message).not.toMatch(/\p{Cc}/u);
        expect(outcome.message.length).toBeLessThan(400);
      }),
      fuzzSetting(600),
    );
  });
});

async function readAll(path: string): Promise<unknown> {
  try {
    await readModelHeader(path);
    return await estimateModelMemory(path, { contextTokens: 512, sequences: 1 });
  } catch (error) {
    return error;
  }
}
