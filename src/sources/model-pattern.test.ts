import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { expandPattern, isPattern } from './model-pattern.ts';

let folder = '';

/** Files with their sizes. */
const files: Readonly<Record<string, number>> = {
  'qwen-Q2_K.gguf': 20,
  'qwen-Q4_K_M.gguf': 40,
  'qwen-Q8_0.gguf': 80,
  'qwen-notes.txt': 1,
  'ladder/step10.gguf': 5,
  'ladder/step9.gguf': 5,
  'ladder/large-00001-of-00002.gguf': 4,
  'ladder/large-00002-of-00002.gguf': 4,
  'odd/a{b,c}.gguf': 1,
  'odd/a(b)+[c]1.gguf': 1,
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'perbench-pattern-'));
  for (const name of ['ladder', 'odd', 'empty']) mkdirSync(join(folder, name));
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), 'x'.repeat(bytes));
});
afterAll(() => rmSync(folder, { recursive: true }));

const world = (readsFile = true) => ({ folder, readsFile });

it.each<[string, readonly string[]]>([
  ['./qwen-{Q2_K,Q8_0}.gguf', ['./qwen-Q2_K.gguf', './qwen-Q8_0.gguf']],
  ['qwen-*.gguf', ['qwen-Q8_0.gguf', 'qwen-Q4_K_M.gguf', 'qwen-Q2_K.gguf']],
  ['qwen-Q?_?.gguf', ['qwen-Q8_0.gguf', 'qwen-Q2_K.gguf']],
  ['./ladder/*.gguf', ['./ladder/large-00001-of-00002.gguf', './ladder/step9.gguf', './ladder/step10.gguf']],
  ['{qwen-Q8_0,ladder/step*}.gguf', ['qwen-Q8_0.gguf', 'ladder/step9.gguf', 'ladder/step10.gguf']],
  ['odd/a(b)+[c]?.gguf', ['odd/a(b)+[c]1.gguf']],
  ['hf:o/r-{a,b}/m-{x,y}.gguf', ['hf:o/r-a/m-x.gguf', 'hf:o/r-a/m-y.gguf', 'hf:o/r-b/m-x.gguf', 'hf:o/r-b/m-y.gguf']],
  ['pip:p==1/m-{a,b}-{1..3}.bin', ['pip:p==1/m-a-{1..3}.bin', 'pip:p==1/m-b-{1..3}.bin']],
  ['./qwen-{Q2_K,Q*,Q2_K}.gguf', ['./qwen-Q2_K.gguf', './qwen-Q8_0.gguf', './qwen-Q4_K_M.gguf']],
  ['hf:o/r/m-{x,y,x}.gguf', ['hf:o/r/m-x.gguf', 'hf:o/r/m-y.gguf']],
  ['smollm2{,-135m}-instruct', ['smollm2-instruct', 'smollm2-135m-instruct']],
])('%s means %j', async (pattern, sources) => {
  expect(isPattern(pattern, world())).toBe(true);
  expect(await expandPattern(pattern, world())).toEqual(sources);
});

it.each(['qwen-Q8_0.gguf', 'odd/a{b,c}.gguf', 'pip:p==1/m-{1..3}.bin', 'https://h/m.gguf?a=b*c'])(
  '%s is one model',
  (source) => {
    expect(isPattern(source, world())).toBe(false);
  },
);

it('leaves names that a server is given alone, but for braces', async () => {
  expect(isPattern('org/model-*', world(false))).toBe(false);
  expect(await expandPattern('org/model-{7B,14B}', world(false))).toEqual(['org/model-7B', 'org/model-14B']);
});

it.each([
  [
    'qwen-{Q8_0,Q3_K}.gguf',
    'no file qwen-Q3_K.gguf for qwen-{Q8_0,Q3_K}.gguf in FOLDER, which has qwen-Q2_K.gguf, qwen-Q4_K_M.gguf, qwen-Q8_0.gguf',
  ],
  ['llama-*.gguf', 'no file fits llama-*.gguf in FOLDER, which has qwen-Q2_K.gguf, qwen-Q4_K_M.gguf, qwen-Q8_0.gguf'],
  ['empty/*.gguf', 'no file fits *.gguf in FOLDER/empty, which has no GGUF files'],
  ['gone/*.gguf', 'no file fits *.gguf: there is no folder FOLDER/gone'],
  ['*/step9.gguf', '*/step9.gguf: * and ? may stand in the name of a file, not in that of a folder'],
  ['./{a,{b,c}}.gguf', './{a,{b,c}}.gguf: braces within braces are not supported'],
])('refuses %s in one line', async (pattern, message) => {
  await expect(expandPattern(pattern, world())).rejects.toMatchObject({
    code: 'PB_USAGE',
    message: message.replace('FOLDER', folder),
  });
});
