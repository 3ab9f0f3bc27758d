import { expect, it, onTestFinished } from 'vitest';
import { modelSpec } from '../../../test/setup/model-spec.ts';
import type { LoadedModel } from '../../core/engine.ts';
import { startNullServer } from '../../app/null-server/null-server.ts';
import { createOpenAiEngine } from './openai-engine.ts';

async function open(engineOptions: Readonly<Record<string, unknown>>): Promise<LoadedModel> {
  const server = await startNullServer({ tokens: 4, firstTokenMs: 0, tokenMs: 0 });
  onTestFinished(async () => server[Symbol.asyncDispose]());
  const spec = modelSpec({ name: 'm', engine: 'openai', source: server.baseUrl, engineOptions });
  const model = await createOpenAiEngine({ environment: {} }).open(spec, {}, new AbortController().signal);
  onTestFinished(async () => model[Symbol.asyncDispose]());
  return model;
}

it('takes the number of GPUs behind a server from its options', async () => {
  expect((await open({ devices: 4 })).info.deviceCount).toBe(4);
  expect((await open({})).info.deviceCount).toBeUndefined();
});
