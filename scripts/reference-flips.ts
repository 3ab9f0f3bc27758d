/*
 * Answers that flip between two caches by the plainest way there is: one sequence, one token per decode, the likeliest
 * token as the answer. Prompts, scores, counts and Wilson's interval are written out here; nothing of the engine's
 * scheduling, of the task or of the statistics is used: a test compares their results with these.
 *
 *   node scripts/reference-flips.ts MODEL.gguf ITEMS > test/golden/reference-flips-NAME.json
 *
 * Items are the first of the built-in science questions (src/tasks/mini/arc_easy.jsonl), answered with one letter. The base
 * has a cache of f16, the configuration one of q4_0, both with flash attention. It computes on the haswell kernels of
 * Linux on x64 with 1 thread.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { argv, stdout } from 'node:process';
import { findLibrary, withKernels } from '../src/engines/llama-cpp/library-location.ts';
import { type CacheSettings, LlamaContext } from '../src/engines/llama-cpp/native/llama-context.ts';
import { LlamaModel } from '../src/engines/llama-cpp/native/llama-model.ts';
import { openLibrary } from '../src/engines/llama-cpp/native/open-library.ts';

interface Item {
  readonly question: string;
  readonly choices: { readonly text: readonly string[]; readonly label: readonly string[] };
  readonly answerKey: string;
}

const [, , file, countText] = argv;
if (file === undefined || countText === undefined) {
  throw new Error('usage: node scripts/reference-flips.ts MODEL.gguf ITEMS');
}
const model = new LlamaModel(openLibrary(withKernels(findLibrary('cpu'), 'haswell')), { file, threads: 1 });
const { tokenizer } = model;

function promptOf({ question, choices }: Item): string {
  const lines = choices.text.map((text, index) => `${choices.label[index]}. ${text}\n`);
  return `Question: ${question}\n${lines.join('')}The right letter is`;
}

function likeliest(context: LlamaContext, text: string): string {
  const tokens = [...tokenizer.encode(text)];
  context.clear();
  for (const [position, token] of tokens.entries()) {
    context.batch.clear();
    context.batch.add(token, position, 0, 1, true);
    context.decode();
  }
  const row = context.logits(1);
  return new TextDecoder().decode(tokenizer.piece(row.indexOf(Math.max(...row)))).trim();
}

/** Wilson's interval at 95 %. */
function wilson(count: number, n: number): { readonly low: number; readonly high: number } {
  const z = 1.959963984540054;
  const share = count / n;
  const middle = share + z ** 2 / (2 * n);
  const half = z * Math.sqrt((share * (1 - share)) / n + z ** 2 / (4 * n ** 2));
  return { low: Math.max(0, middle - half) / (1 + z ** 2 / n), high: (middle + half) / (1 + z ** 2 / n) };
}

const lines = (await readFile(join(import.meta.dirname, '../src/tasks/mini/arc_easy.jsonl'), 'utf8'))
  .trim()
  .split('\n');
const items = lines.slice(0, Number(countText)).map((line) => JSON.parse(line) as Item);
const shape = { sequences: 1, cells: 512, isUnified: false, keepsWindow: true, batchTokens: 1, outputs: 1 };
const [base = [], other = []] = ['f16', 'q4_0'].map((type) => {
  const context = new LlamaContext(model, shape, { type, flashAttention: 'on' } as CacheSettings);
  return items.map((item) => likeliest(context, promptOf(item)));
});
function flips(isFlip: (before: boolean, after: boolean, index: number) => boolean) {
  const found = items.filter((item, index) =>
    isFlip(base[index] === item.answerKey, other[index] === item.answerKey, index),
  );
  return { count: found.length, ...wilson(found.length, items.length) };
}
const figures = {
  lost: flips((before, after) => before && !after),
  gained: flips((before, after) => !before && after),
  changed: flips((_before, _after, index) => base[index] !== other[index]),
};
const asked = items.map((item, index) => ({
  prompt: promptOf(item),
  expected: item.answerKey,
  base: base[index],
  other: other[index],
}));
const modelSha256 = createHash('sha256')
  .update(await readFile(file))
  .digest('hex');
stdout.write(
  `${JSON.stringify({ modelSha256, llama: model.library.llama.version(), items: asked, figures }, null, 2)}\n`,
);
