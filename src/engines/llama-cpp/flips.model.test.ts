import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { generateAll, plainRequest } from '../../../test/conformance/engine-requests.ts';
import { modelSpec } from '../../../test/setup/model-spec.ts';
import { smallModel } from '../../../test/setup/small-models.ts';
import { answerFlips, type FlippedAnswer } from '../../scoring/answer-flips.ts';
import { createLlamaEngine } from './llama-engine.ts';

const flipSchema = z.object({ count: z.number(), low: z.number(), high: z.number() });
const referenceSchema = z.object({
  items: z.array(z.object({ prompt: z.string(), expected: z.string(), base: z.string(), other: z.string() })),
  figures: z.object({ lost: flipSchema, gained: flipSchema, changed: flipSchema }),
});

it.skipIf(process.platform !== 'linux' || process.arch !== 'x64')(
  'answers of a cache of q4_0 flip against f16 as single decoding says (kernels of Linux on x64)',
  async () => {
    const golden = join(import.meta.dirname, '../../../test/golden/reference-flips-smollm2.json');
    const { items, figures } = referenceSchema.parse(JSON.parse(await readFile(golden, 'utf8')));
    const answersWith = async (kvCache: string): Promise<readonly FlippedAnswer[]> => {
      const engineOptions = { device: 'cpu', flashAttention: 'on', kernels: 'haswell', kvCache };
      const file = await smallModel('smollm2-135m-instruct');
      const spec = modelSpec({ name: kvCache, engine: 'llama', file, engineOptions });
      await using model = await createLlamaEngine().open(spec, { threads: 1 }, new AbortController().signal);
      const requests = items.map(({ prompt }, index) => plainRequest(String(index), prompt, { maxTokens: 1 }));
      const answers = await generateAll(model, requests, { concurrency: 1 });
      return items.map(({ expected }, index) => {
        const answer = answers.get(String(index))?.text.trim() ?? '';
        return { answer, score: Number(answer === expected), cluster: undefined };
      });
    };
    const [a, b] = [await answersWith('f16'), await answersWith('q4_0')];
    expect(a.map(({ answer }) => answer)).toEqual(items.map(({ base }) => base));
    expect(b.map(({ answer }) => answer)).toEqual(items.map(({ other }) => other));
    const flips = answerFlips({ a, b }, 0.95);
    for (const name of ['lost', 'gained', 'changed'] as const) {
      const { count, low, high } = figures[name];
      expect(flips?.[name]?.count).toBe(count);
      expect(flips?.[name]?.share.low).toBeCloseTo(low, 9);
      expect(flips?.[name]?.share.high).toBeCloseTo(high, 9);
    }
  },
);
