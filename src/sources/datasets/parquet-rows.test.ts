import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { array, assert, asyncProperty, integer, oneof, record } from 'fast-check';
import { expect, it } from 'vitest';
import { fuzzSetting, fuzzTimeoutMs } from '../../../test/setup/fuzz-setting.ts';
import { DataError } from '../../core/errors.ts';
import { parquetRows } from './parquet-rows.ts';

const golden = join(import.meta.dirname, '../../../test/golden/datasets');

async function countRows(content: Uint8Array<ArrayBuffer>): Promise<number | Error> {
  try {
    return (await Array.fromAsync(parquetRows('x.parquet', content))).length;
  } catch (error) {
    if (error instanceof DataError) return error;
    throw error;
  }
}

it.each(['squad2/squad_v2/validation-00000-of-00001.parquet', 'arc_easy/ARC-Easy/test-00000-of-00001.parquet'])(
  'reads all rows of a damaged file or refuses it, and loses no error: %s',
  { timeout: fuzzTimeoutMs },
  async (name) => {
    const whole = new Uint8Array(await readFile(join(golden, name)));
    const rows = await countRows(whole);
    const lost: unknown[] = [];
    const lose = (reason: unknown): number => lost.push(reason);
    process.on('unhandledRejection', lose);
    // Most of what can be told apart is in the footer.
    const place = oneof(
      integer({ min: 0, max: whole.length - 1 }),
      integer({ min: whole.length - 1500, max: whole.length - 1 }),
    );
    const flip = record({ at: place, mask: integer({ min: 1, max: 255 }) });
    await assert(
      asyncProperty(array(flip, { minLength: 1, maxLength: 4 }), async (flips) => {
        const damaged = new Uint8Array(whole);
        for (const { at, mask } of flips) damaged[at] = (damaged[at] ?? 0) ^ mask;
        const outcome = await countRows(damaged);
        expect(typeof outcome === 'number' ? outcome === rows : /^x\.parquet: [^\n]+$/u.test(outcome.message)).toBe(
          true,
        );
      }),
      fuzzSetting(300),
    );
    await new Promise((resolve) => setTimeout(resolve, 10));
    process.off('unhandledRejection', lose);
    expect(lost).toEqual([]);
  },
);
