import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { modelSpec } from '../../../test/setup/model-spec.ts';
import { smallModel, type SmallModelName } from '../../../test/setup/small-models.ts';
import type { ModelSpec, LossResult, LossText, ModelPair } from '../../core/engine.ts';
import { EngineError, EnvironmentError, ModelError } from '../../core/errors.ts';
import type { LossFigures } from '../../core/loss.ts';
import { childrenOf } from '../../../test/e2e/perbench-process.ts';
import { readProcessMemory } from '../../meters/processes.ts';
import { createLossStatistics } from '../../stats/loss-statistics.ts';
import { createLlamaEngine, type LlamaEngineOptions } from './llama-engine.ts';

const golden = join(import.meta.dirname, '../../../test/golden');
const hasHaswell = process.platform === 'linux' && process.arch === 'x64';

type Options = ModelSpec['engineOptions'];

async function specOf(name: SmallModelName, engineOptions: Options): Promise<ModelSpec> {
  const options = { device: 'cpu', flashAttention: 'on', ...engineOptions };
  return modelSpec({
    name,
    engine: 'llama',
    file: await smallModel(name),
    promptStyle: 'auto',
    engineOptions: options,
  });
}

async function openPair(base: ModelSpec, model: ModelSpec, engine: LlamaEngineOptions = {}): Promise<ModelPair> {
  const { openPair: open } = createLlamaEngine(engine);
  if (open === undefined) throw new Error('the llama engine opens pairs');
  return open(base, model, { threads: 1 }, new AbortController().signal);
}

async function* each(texts: readonly LossText[]): AsyncGenerator<LossText> {
  yield* texts;
}

async function compareAll(pair: ModelPair, ...texts: readonly LossText[]): Promise<readonly LossResult[]> {
  return Array.fromAsync(pair.compare(each(texts), new AbortController().signal));
}

function figuresOf(results: readonly LossResult[]): LossFigures {
  const statistics = createLossStatistics();
  for (const result of results) if (result.status === 'done') statistics.add(result.positions);
  return statistics.figures();
}

async function chunks(chunkTokens: number, count?: number, repeats = 1): Promise<LossText> {
  const text = (await readFile(join(golden, 'loss-text.txt'), 'utf8')).repeat(repeats);
  return { id: 'text', kind: 'plain', text, chunkTokens, chunks: count };
}

const prompts: readonly LossText[] = [
  {
    id: 'chat',
    kind: 'answer',
    prompt: { style: 'chat', messages: [{ role: 'user', content: 'What is the capital of France?' }] },
    answer: 'The capital of France is Paris.',
  },
  { id: 'plain', kind: 'answer', prompt: { style: 'plain', text: 'Two and two are' }, answer: ' four.' },
  { id: 'choice', kind: 'continuation', context: 'The sky is', continuation: ' blue today' },
];

describe('a configuration against itself', () => {
  it('has a divergence of exactly 0, prompts and chunks alike', async () => {
    const spec = await specOf('smollm2-135m-instruct', { kvCache: 'q4_0' });
    await using pair = await openPair(spec, { ...spec, name: 'again' });
    expect(pair.promptStyle).toBe('chat');
    const results = await compareAll(pair, ...prompts, await chunks(64, 2));
    expect(results.map(({ id, status }) => [id, status])).toEqual(
      ['chat', 'plain', 'choice', 'text', 'text'].map((id) => [id, 'done']),
    );
    const [chat, plain, choice] = results.map((result) => (result.status === 'done' ? result.positions : undefined));
    // "The capital of France is Paris." takes 7 tokens of this vocabulary; the prompt isn't counted.
    expect([chat, plain, choice].map((positions) => positions?.divergences.length)).toEqual([7, 2, 2]);
    expect(figuresOf(results)).toMatchObject({
      klDivergence: { value: 0, low: 0, high: 0 },
      klMax: 0,
      topAgreement: { value: 1, high: 1 },
      perplexityRatio: { value: 1, low: 1, high: 1 },
    });
  });
});

const referenceSchema = z.object({
  chunkTokens: z.number(),
  figures: z.record(z.string(), z.number()),
});

describe.skipIf(!hasHaswell)('a cache of q4_0 against one of f16 (kernels of Linux on x64)', () => {
  it('has the figures that single decoding has', async () => {
    const file = await readFile(join(golden, 'reference-loss-smollm2.json'), 'utf8');
    const { chunkTokens, figures: reference } = referenceSchema.parse(JSON.parse(file));
    const kernels = 'haswell';
    const base = await specOf('smollm2-135m-instruct', { kernels });
    const model = await specOf('smollm2-135m-instruct', { kernels, kvCache: 'q4_0' });
    await using pair = await openPair(base, model);
    const found = figuresOf(await compareAll(pair, await chunks(chunkTokens)));
    expect([found.tokens, found.texts]).toEqual([reference['tokens'], reference['texts']]);
    const half = found.klDivergence.high - found.klDivergence.value;
    const pairs = {
      klMean: found.klDivergence.value,
      // Student's t of 4 degrees, at 97.5 %.
      klStandardError: half / 2.776445,
      klMedian: found.klMedian,
      klMax: found.klMax,
      sameTop: found.topAgreement.value,
      basePerplexity: found.basePerplexity,
      perplexity: found.perplexity,
    };
    // Single positions are kept in float32; the means agree to the last digits.
    for (const [name, value] of Object.entries(pairs)) {
      const expected = reference[name] ?? Number.NaN;
      expect(Math.abs(value / expected - 1), `${name}: ${value} for ${expected}`).toBeLessThan(1e-6);
    }
  });
});

describe('two models', () => {
  it('of other tokenizers are refused in one line', async () => {
    const base = await specOf('smollm2-135m-instruct', {});
    const other = await specOf('gemma-3-270m', {});
    const refused = await openPair(base, other).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ModelError);
    expect(String(refused)).toMatch(/gemma-3-270m.*: its vocabulary has 262144 tokens, that of the base 49152$/u);
  });

  it('that both together need more memory than there is are refused with both numbers', async () => {
    const base = await specOf('smollm2-135m-instruct', {});
    const availableBytes = (): number => 250 * 2 ** 20;
    // By another path the same file is loaded a second time.
    const again = { ...base, name: 'again', file: `${base.file?.replace(/([^/]+)$/u, './$1')}` };
    const refused = await openPair(base, again, { availableBytes }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(EnvironmentError);
    expect(String(refused)).toMatch(/again beside .* needs at least \d+ MiB of memory, 250 MiB are available$/u);
    await using pair = await openPair(base, { ...base, name: 'again' }, { availableBytes });
    expect(pair.promptStyle).toBe('chat');
  });
});

describe('what can not be compared', () => {
  it('is left out with its reason, and the next is compared', async () => {
    const spec = await specOf('smollm2-135m-instruct', {});
    const { openPair: open } = createLlamaEngine();
    await using pair = await open?.(spec, spec, { threads: 1, contextTokens: 64 }, new AbortController().signal);
    if (pair === undefined) throw new Error('the llama engine opens pairs');
    const [, short] = prompts;
    if (short === undefined) throw new Error('there are three prompts');
    const long: LossText = {
      ...short,
      id: 'long',
      kind: 'answer',
      prompt: { style: 'plain', text: 'a' },
      answer: ' b'.repeat(80),
    };
    const empty: LossText = { id: 'empty', kind: 'plain', text: '', chunkTokens: 32 };
    const wide: LossText = { id: 'wide', kind: 'plain', text: 'a b c', chunkTokens: 128 };
    const results = await compareAll(pair, long, empty, wide, short);
    expect(results.map((result) => (result.status === 'skipped' ? result.reason : result.status))).toEqual([
      "its 80 tokens don't fit into a context of 64",
      'it has 0 tokens, and a chunk takes 32',
      "a chunk of 128 tokens doesn't fit into a context of 64",
      'done',
    ]);
  });

  it('ends when it is told to, and when its process dies', async () => {
    const spec = await specOf('smollm2-135m-instruct', {});
    const before = childrenOf(process.pid);
    await using pair = await openPair(spec, spec);
    const stop = new AbortController();
    const results = pair.compare(each([await chunks(64)]), stop.signal);
    const iterator = results[Symbol.asyncIterator]();
    await iterator.next();
    stop.abort(new Error('enough'));
    await expect(iterator.next()).rejects.toThrow('enough');
    const child = childrenOf(process.pid).find((pid) => !before.includes(pid));
    if (child === undefined) return;
    process.kill(child, 'SIGKILL');
    await expect(compareAll(pair, await chunks(64))).rejects.toThrow(EngineError);
  });
});

describe.skipIf(process.platform !== 'linux')('memory of a vocabulary of 262,144 tokens (read on Linux)', () => {
  it('does not grow with the number of positions', async () => {
    const before = childrenOf(process.pid);
    const base = await specOf('gemma-3-270m', {});
    await using pair = await openPair(base, await specOf('gemma-3-270m', { kvCache: 'q4_0' }));
    const [child = 0] = childrenOf(process.pid).filter((pid) => !before.includes(pid));
    const peak = (): number => readProcessMemory([child])?.peakBytes ?? Number.NaN;
    const few = figuresOf(await compareAll(pair, await chunks(64, 3)));
    const peakOfFew = peak();
    const many = figuresOf(await compareAll(pair, await chunks(64, 12, 3)));
    expect([few.tokens, many.tokens]).toEqual([93, 372]);
    // The rows of the others alone would take 279 MiB for each of the two.
    expect(peak() - peakOfFew).toBeLessThan(64 * 2 ** 20);
  });
});
