import { onTestFinished } from 'vitest';
import type { GenerateRequest, GenerationResult, LoadedModel, ModelSpec, PassOptions } from '../../src/core/engine.ts';
import { createOpenAiEngine } from '../../src/engines/served/openai-engine.ts';
import { generateAll } from '../conformance/engine-requests.ts';
import { modelSpec } from '../setup/model-spec.ts';
import { startThinkingServer, type ThinkingServer, type ThinkingServerOptions } from './thinking-server.ts';

const never = new AbortController().signal;

/** A model behind a server that thinks; both are closed with the test. */
export async function open(
  options: ThinkingServerOptions,
  spec: Partial<ModelSpec> = {},
  clientProcesses = 1,
): Promise<{ readonly model: LoadedModel; readonly server: ThinkingServer }> {
  const server = await startThinkingServer(options);
  onTestFinished(async () => server[Symbol.asyncDispose]());
  const engineOptions = { retrySeconds: 1, backoffSeconds: 0.01, contextTokens: 8192, loglikelihood: 'none' };
  const given = { name: 'thinker', engine: 'openai', source: server.baseUrl, promptStyle: 'instruct' } as const;
  const engine = createOpenAiEngine({ environment: {} });
  const model = await engine.open(modelSpec({ ...given, engineOptions, ...spec }), { clientProcesses }, never);
  onTestFinished(async () => model[Symbol.asyncDispose]());
  return { model, server };
}

/** One answer; fails the test on a request that failed. */
export async function ask(
  model: LoadedModel,
  changes: Partial<GenerateRequest> = {},
  pass: Partial<PassOptions> = {},
): Promise<GenerationResult> {
  const prompt = { style: 'chat', messages: [{ role: 'user', content: 'Which one?' }] } as const;
  const request: GenerateRequest = { id: 'a', prompt, maxTokens: 4, stop: [], ...changes };
  const result = (await generateAll(model, [request], pass)).get('a');
  if (result === undefined) throw new Error('no result');
  return result;
}
