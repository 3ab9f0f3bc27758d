import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { normalizeFlags, resolveOptions } from '../options/resolve-options.ts';
import { parseCommandLine } from '../program.ts';
import { runOptions } from '../tables/measure-options.ts';
import { resolveSuite } from './suite-of-command.ts';

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'perbench-candidates-'));
  mkdirSync(join(folder, 'suites'));
  for (const name of ['q-Q8_0.gguf', 'q-Q2_K.gguf', 'suites/s-1.gguf', 'suites/s-2.gguf'])
    writeFileSync(join(folder, name), name);
});
afterAll(() => rmSync(folder, { recursive: true }));

async function models(argv: readonly string[], suite?: string) {
  const parsed = parseCommandLine(normalizeFlags(['run', ...argv]), '1', () => undefined);
  const input = resolveOptions(runOptions, parsed?.given ?? {}, {});
  if (suite !== undefined) writeFileSync(join(folder, 'suites/s.yaml'), suite);
  const made = await resolveSuite({
    input: { options: input.values, origins: input.origins },
    fileName: suite === undefined ? undefined : 'suites/s.yaml',
    world: { workingFolder: folder, homeFolder: '/home/me', readStdin: async () => Buffer.alloc(0) },
  });
  return made.suite.models;
}

it('reads patterns and what is varied from flags, for all models of the command line', async () => {
  const made = await models([
    '-m',
    'q-{Q8_0,Q2_K}.gguf,smollm2-135m-instruct',
    '--engine',
    'mock',
    '--vary',
    'token-ms=0,1',
  ]);
  expect(
    made.map((model) =>
      typeof model === 'string' ? model : [model.name?.replace(`${folder}/`, ''), model.engineOptions],
    ),
  ).toEqual([
    ['q-Q8_0.gguf (tokenMs 0)', { tokenMs: 0 }],
    ['q-Q8_0.gguf (tokenMs 1)', { tokenMs: 1 }],
    ['q-Q2_K.gguf (tokenMs 0)', { tokenMs: 0 }],
    ['q-Q2_K.gguf (tokenMs 1)', { tokenMs: 1 }],
    ['smollm2-135m-instruct (tokenMs 0)', { tokenMs: 0 }],
    ['smollm2-135m-instruct (tokenMs 1)', { tokenMs: 1 }],
  ]);
});

it('has files from where the command was typed, and several settings', async () => {
  const made = await models(['-m', 'q-*.gguf', '--vary', 'kvCache=none,q8_0', '--vary', 'gpu-shares=[3,1],[1,1]']);
  expect(made).toHaveLength(8);
  expect(made[0]).toEqual({
    source: join(folder, 'q-Q2_K.gguf'),
    name: 'q-Q2_K (kvCache none, gpuShares 3 1)',
    style: 'auto',
    engine: 'llama',
    engineOptions: { gpuShares: [3, 1] },
  });
});

it('has the values of a setting that is named twice', async () => {
  const made = await models(['-m', 'q-Q8_0.gguf', '--vary', 'threads=1', '--vary', 'threads=2,3']);
  expect(made.map((model) => typeof model !== 'string' && model.engineOptions)).toEqual([
    { threads: 1 },
    { threads: 2 },
    { threads: 3 },
  ]);
});

it('takes files of a suite from its folder, drafts and patterns too; a flag replaces what the file varies', async () => {
  const text = `models:
  - source: ./s-*.gguf
    vary: { draft: [none, ./s-2.gguf, smollm2-135m-instruct], threads: [1, 2] }
`;
  const made = await models(['--vary', 'threads=8'], text);
  expect(made.map((model) => (typeof model === 'string' ? model : [model.name, model.engineOptions]))).toEqual([
    ['s-1 (draft none)', { threads: 8 }],
    ['s-1 (draft s-2)', { draft: join(folder, 'suites/s-2.gguf'), threads: 8 }],
    ['s-1 (draft smollm2-135m-instruct)', { draft: 'smollm2-135m-instruct', threads: 8 }],
    ['s-2 (draft none)', { threads: 8 }],
    ['s-2 (draft s-2)', { draft: join(folder, 'suites/s-2.gguf'), threads: 8 }],
    ['s-2 (draft smollm2-135m-instruct)', { draft: 'smollm2-135m-instruct', threads: 8 }],
  ]);
});

it('reads words of a list that is varied', async () => {
  const made = await models(
    ['--vary', 'arguments=,--enforce-eager --max-num-seqs 8'],
    'models: [{source: o/m, server: {preset: vllm}}]\n',
  );
  expect(made).toMatchObject([
    { name: 'm (arguments none)', server: { arguments: [] } },
    {
      name: 'm (arguments --enforce-eager --max-num-seqs 8)',
      server: { arguments: ['--enforce-eager', '--max-num-seqs', '8'] },
    },
  ]);
});

it('reads numbers of a list that is varied', async () => {
  expect(await models(['-m', 'q-Q2_K.gguf', '--vary', 'gpuShares=3 1,1 1'])).toMatchObject([
    { engineOptions: { gpuShares: [3, 1] } },
    { engineOptions: { gpuShares: [1, 1] } },
  ]);
});

it('names the candidate whose settings do not go together, and its place', async () => {
  const problem =
    's-1 (kvCache q8_0, flashAttention off): options of engine llama: flashAttention: a quantised key-value cache needs it';
  const text = `models:
  - source: ./s-1.gguf
    vary: { kvCache: [f16, q8_0], flashAttention: [auto, off] }
`;
  await expect(models([], text)).rejects.toThrow(`suites/s.yaml:3:11: vary: ${problem}`);
  const flags = ['--vary', 'kvCache=f16,q8_0', '--vary', 'flashAttention=auto,off'];
  await expect(models(['-m', 'suites/s-1.gguf', ...flags])).rejects.toThrow(`vary: ${problem}`);
});

it.each([
  [
    'a setting that there is not',
    { kvCashe: '[f16]' },
    ':3:22: unknown setting to vary "kvCashe" (did you mean "kvCache"?)',
  ],
  ['a value that there is not', { kvCache: '[f17]' }, ':3:22: vary.kvCache: expected one of "f32", "f16", '],
])('says where a suite varies %s', async (_, vary, message) => {
  const written = Object.entries(vary).map(([key, value]) => `${key}: ${value}`);
  const text = `models:\n  - source: ./s-1.gguf\n    vary: { ${written.join(', ')} }\n`;
  await expect(models([], text)).rejects.toMatchObject({
    code: 'PB_CONFIG',
    message: expect.stringContaining(`suites/s.yaml${message}`),
  });
});

it('says where a suite has a pattern without files', async () => {
  await expect(models([], 'models:\n  - source: ./z-{1,2}.gguf\n')).rejects.toMatchObject({
    code: 'PB_CONFIG',
    message: `suites/s.yaml:2:13: no file z-1.gguf for z-{1,2}.gguf in ${folder}/suites, which has s-1.gguf, s-2.gguf`,
  });
});

it.each([
  ['kvCache', 'PB_USAGE', '--vary: expected a setting and its values, got "kvCache"'],
  ['kv-cash=f16', 'PB_UNKNOWN_NAME', 'unknown setting to vary "kv-cash"'],
  ['threads=1,many', 'PB_USAGE', 'vary.threads: expected a number, got "many"'],
])('refuses --vary %s', async (flag, code, message) => {
  await expect(models(['-m', 'q-Q8_0.gguf', '--vary', flag])).rejects.toMatchObject({
    code,
    message: expect.stringContaining(message),
  });
});

it('says what to do where the shell has opened a pattern', async () => {
  const hint = "Name models with -m, and quote patterns: -m 'model-*.gguf'.";
  const argv = ['run', '-m', 'q-1.gguf', 'q-2.gguf', 'q-3.gguf'];
  expect(() => parseCommandLine(normalizeFlags(argv), '1', () => undefined)).toThrow(expect.objectContaining({ hint }));
});
