import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startHubServer } from '../../test/setup/hub-server.ts';
import { type GgufEntry, makeGguf } from '../../test/setup/make-gguf.ts';
import { testFolder, testSettings } from '../../test/setup/test-settings.ts';
import { runInProcess } from '../../test/setup/run-in-process.ts';
import { describeModel } from './model-facts.ts';
import { estimateModelMemory } from './model-memory.ts';
import { pullModel } from './pull-model.ts';

const entries: readonly GgufEntry[] = [
  ['general.architecture', 'toy'],
  ['general.file_type', 15],
  ['general.license', 'mit'],
  ['toy.block_count', 4],
  ['toy.context_length', 8192],
  ['toy.embedding_length', 64],
  ['toy.attention.head_count', 8],
  ['toy.attention.head_count_kv', 2],
  ['tokenizer.ggml.tokens', ['a', 'b']],
  ['tokenizer.chat_template', '{% for m in messages %}<|im_start|>{{ m }}{% endfor %}'],
];
const tensors = [{ name: 'a', shape: [64, 10], offset: 0 }];

function without(...keys: readonly string[]): readonly GgufEntry[] {
  return entries.filter(([key]) => !keys.includes(key));
}

async function described(content: readonly GgufEntry[]) {
  await using folder = await testFolder();
  await writeFile(join(folder.path, 'toy.gguf'), makeGguf(content, tensors, 4096));
  return await describeModel('toy.gguf', testSettings(folder.path), { baseDir: folder.path });
}

describe('describeModel', () => {
  it('reads a file: what its header says, and what it would take', async () => {
    await using folder = await testFolder();
    const path = join(folder.path, 'toy.gguf');
    await writeFile(path, makeGguf(entries, tensors, 4096));
    const { memory, ...facts } = await describeModel('./toy.gguf', testSettings(folder.path), { baseDir: folder.path });
    expect(facts).toMatchObject({
      name: 'toy',
      path,
      architecture: 'toy',
      parameters: 640,
      quantisation: 'Q4_K_M',
      contextTokens: 8192,
      chatTemplate: 'ChatML',
      licence: 'mit',
    });
    expect(memory.map(({ contextTokens, sequences }) => [contextTokens, sequences])).toEqual([
      [2048, 1],
      [2048, 16],
      [8192, 1],
    ]);
    for (const { contextTokens, sequences, bytes } of memory) {
      expect(bytes).toBe((await estimateModelMemory(path, { contextTokens, sequences })).totalBytes);
    }
  });

  it('says of nothing what the file does not', async () => {
    expect(await described(without('general.file_type', 'general.license', 'tokenizer.chat_template'))).toMatchObject({
      quantisation: undefined,
      licence: undefined,
      chatTemplate: 'none',
    });
    expect(await described(without('toy.block_count'))).toMatchObject({ memory: [], contextTokens: 8192 });
    await expect(described(without('general.architecture'))).rejects.toThrow('names no architecture');
    const other: readonly GgufEntry[] = [
      ...without('tokenizer.chat_template', 'general.file_type'),
      ['tokenizer.chat_template', '\n{{ bos }}\n{{ messages }}'],
      ['general.file_type', 99],
    ];
    expect(await described(other)).toMatchObject({ chatTemplate: 'other: {{ bos }}', quantisation: undefined });
  });

  it('asks no larger context than a short one was trained on', async () => {
    const short: readonly GgufEntry[] = [...without('toy.context_length'), ['toy.context_length', 512]];
    const { memory } = await described(short);
    expect(memory.map(({ contextTokens, sequences }) => [contextTokens, sequences])).toEqual([
      [512, 1],
      [512, 16],
    ]);
  });

  it('finds a model on this machine by its name, and says what the catalogue knows of one that is not', async () => {
    const content = makeGguf(entries, tensors, 4096);
    await using hub = await startHubServer([{ repo: 'o/r', path: 'Some-Model.gguf', content }]);
    await using folder = await testFolder();
    const settings = testSettings(folder.path, { hubEndpoint: hub.endpoint });
    await pullModel('hf:o/r/Some-Model.gguf', settings);
    expect(await describeModel('Some-Model', settings)).toMatchObject({ name: 'Some-Model', architecture: 'toy' });
    expect(await describeModel('hf:o/r/Some-Model.gguf', settings)).toMatchObject({ architecture: 'toy' });
    expect(await describeModel('smollm2-135m-instruct', settings)).toMatchObject({
      path: undefined,
      architecture: undefined,
      parameters: 134_515_008,
      licence: 'Apache-2.0',
      memory: [],
    });
    expect(hub.seen.filter(({ path }) => path?.includes('SmolLM2'))).toEqual([]);
  });
});

describe('perbench models', () => {
  it('show prints what is known, and unknown for what is not', async () => {
    await using folder = await testFolder();
    await writeFile(join(folder.path, 'toy.gguf'), makeGguf(without('general.license'), tensors, 4096));
    const show = async (name: string) =>
      runInProcess(['models', 'show', name], { folder: folder.path, environment: { XDG_CACHE_HOME: folder.path } });
    const { stdout, code } = await show('toy.gguf');
    expect(code).toBe(0);
    expect(stdout.replaceAll(folder.path, '')).toMatchInlineSnapshot(`
      "model           toy
      source          /toy.gguf
      file            /toy.gguf
      size            4.5 KiB
      sha256          unknown
      architecture    toy
      parameters      640
      quantisation    Q4_K_M
      context length  8,192 tokens
      chat template   ChatML
      licence         unknown
      memory          about 112.8 MiB for one sequence of 2,048 tokens (an upper bound)
      memory          about 120.3 MiB for 16 sequences of 2,048 tokens (an upper bound)
      memory          about 114.3 MiB for one sequence of 8,192 tokens (an upper bound)
      "
    `);
    const missing = await show('gemma-3-270m');
    expect(missing).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^architecture +unknown$/m),
      stderr: 'Not on this machine, so its file tells nothing: perbench models pull gemma-3-270m\n',
    });
    expect(await show('none.gguf')).toMatchObject({ code: 5, stderr: expect.stringMatching(/^error: no such file/) });
    await writeFile(join(folder.path, 'text.gguf'), 'hello');
    expect(await show('text.gguf')).toMatchObject({ code: 5, stderr: expect.stringMatching(/is not a GGUF file/) });
    expect(await show('gema-3-270m')).toMatchObject({ code: 2, stderr: expect.stringMatching(/gemma-3-270m/) });
  });

  it('list ends with what all take on disk', async () => {
    const content = makeGguf(entries, tensors, 4096);
    await using hub = await startHubServer([{ repo: 'o/r', path: 'Some-Model.gguf', content }]);
    await using folder = await testFolder();
    await pullModel('hf:o/r/Some-Model.gguf', testSettings(folder.path, { hubEndpoint: hub.endpoint }));
    const list = async () =>
      runInProcess(['models', 'list'], {
        folder: folder.path,
        environment: { XDG_CACHE_HOME: folder.path, HF_HUB_CACHE: join(folder.path, 'huggingface/hub') },
      });
    const { stdout } = await list();
    expect(stdout).toMatch(/^Some-Model +.* yes +hf:o\/r\/Some-Model\.gguf@/m);
    expect(stdout).toMatch(/\non disk: 1 model, 4\.\d KiB\n$/);
  });
});
