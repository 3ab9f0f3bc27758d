import { expect, it } from 'vitest';
import { normalizeFlags, resolveOptions } from '../options/resolve-options.ts';
import { parseCommandLine } from '../program.ts';
import { runOptions } from '../tables/measure-options.ts';
import { resolveSuite } from './suite-of-command.ts';

async function settings(argv: readonly string[]) {
  const parsed = parseCommandLine(normalizeFlags(['run', ...argv]), '1', () => undefined);
  const input = resolveOptions(runOptions, parsed?.given ?? {}, {});
  return resolveSuite({
    input: { options: input.values, origins: input.origins },
    fileName: undefined,
    world: { workingFolder: '/work-here', homeFolder: '/home/me', readStdin: async () => Buffer.alloc(0) },
  });
}

it.each([
  ['loglikelihood=None', { loglikelihood: 'none' }],
  ['loglikelihood="echo"', { loglikelihood: 'echo' }],
  ['loglikelihood=null', {}],
  ['contextTokens=None,devices=2', { devices: 2 }],
  ["contextTokens='8192'", { contextTokens: 8192 }],
  ['retrySeconds=1e2', { retrySeconds: 100 }],
  ['body={"a":1,"b":[2,3],"c":"x,y"},devices=2', { body: { a: 1, b: [2, 3], c: 'x,y' }, devices: 2 }],
  ['headers={"x-k":"${K}"}', { headers: { 'x-k': '${K}' } }],
  ["apiKeyVariable='MY_KEY'", { apiKeyVariable: 'MY_KEY' }],
])('reads %s', async (args, engineOptions) => {
  const { suite } = await settings(['-m', 'openai:http://h:1/v1#m', '--model-args', args]);
  expect(suite.models).toMatchObject([{ engineOptions }]);
  expect(Object.keys((suite.models[0] as { engineOptions: object }).engineOptions)).toEqual(Object.keys(engineOptions));
});

it.each([
  ['loglikelihood=TRUE', { loglikelihood: true }],
  ['loglikelihood=false', { loglikelihood: false }],
  ['tokenMs="3"', { tokenMs: 3 }],
  ['answers=["a","b"]', { answers: ['a', 'b'] }],
])('reads %s of the mock engine', async (args, engineOptions) => {
  const { suite } = await settings(['-m', 'a.gguf', '--engine', 'mock', '--model-args', args]);
  expect(suite.models).toMatchObject([{ engineOptions }]);
});

it.each([
  ['vllm', 'pretrained=Qwen/Qwen2.5-0.5B,tensor_parallel_size=2', 'vllm serve'],
  ['sglang', 'pretrained=a/b', 'sglang.launch_server'],
  ['vllm', '', 'vllm serve'],
  ['hf', 'pretrained=EleutherAI/pythia-160m,dtype=float', 'hf:OWNER/REPO-GGUF'],
  ['gguf', '', './model.gguf'],
  ['watsonx_llm', 'model_id=a', 'openai:ADDRESS#NAME'],
  ['textsynth', '', 'openai:ADDRESS#NAME'],
  ['acme-chat', 'model=a,base_url=http://127.0.0.1:1/v1', 'openai:ADDRESS#NAME'],
  ['acme_completions', 'base_url=https://api.acme.example/v1,model=a', 'openai:ADDRESS#NAME'],
])("says what to write for lm-eval's %s with %j", async (backend, args, hint) => {
  const error: unknown = await settings(['--model', backend, ...(args === '' ? [] : ['--model_args', args])]).catch(
    (caught: unknown) => caught,
  );
  expect(error).toMatchObject({
    code: 'PB_USAGE',
    message: expect.stringContaining(backend),
    hint: expect.stringContaining(hint),
  });
});
