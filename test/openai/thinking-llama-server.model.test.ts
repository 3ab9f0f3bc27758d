import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LoadedModel, ModelSpec } from '../../src/core/engine.ts';
import { createOpenAiEngine } from '../../src/engines/served/openai-engine.ts';
import { generateAll } from '../conformance/engine-requests.ts';
import { findLlamaServer, type LlamaServer, startLlamaServer } from '../setup/llama-server.ts';
import { modelSpec } from '../setup/model-spec.ts';
import { smallModel } from '../setup/small-models.ts';
import { ask } from './open-thinker.ts';

const tool = await findLlamaServer();
const missing = 'missing' in tool ? tool.missing : undefined;

/** Opens a block of thoughts unless it is told not to, and says the user's tone. */
const template = `{%- for m in messages -%}<|im_start|>{{ m.role }}
{{ m.content }}<|im_end|>
{% endfor -%}
{%- if tone is defined -%}<|im_start|>system
Answer in a {{ tone }} tone.<|im_end|>
{% endif -%}
{%- if add_generation_prompt -%}<|im_start|>assistant
{% if enable_thinking is defined and enable_thinking is false %}<think>

</think>

{% else %}<think>
{% endif %}{%- endif -%}`;

const jsonSchema = {
  type: 'object',
  properties: { colour: { type: 'string', enum: ['red', 'blue'] } },
  required: ['colour'],
  additionalProperties: false,
};

describe.skipIf(missing !== undefined)(`llama-server${missing === undefined ? '' : ` (${missing})`}`, () => {
  let folder: Awaited<ReturnType<typeof mkdtempDisposable>> | undefined;
  let server: LlamaServer | undefined;
  beforeAll(async () => {
    folder = await mkdtempDisposable(join(tmpdir(), 'perbench-thinking-'));
    const chatTemplate = join(folder.path, 'thinking.jinja');
    await writeFile(chatTemplate, template);
    const model = await smallModel('smollm2-135m-instruct');
    server = await startLlamaServer('folder' in tool ? tool.folder : '', model, { chatTemplate });
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    await folder?.remove();
  });

  async function open(spec: Partial<ModelSpec>): Promise<LoadedModel> {
    const engine = createOpenAiEngine({ environment: {} });
    const given = { name: 'served', engine: 'openai', source: server?.baseUrl, promptStyle: 'instruct' } as const;
    const engineOptions = { loglikelihood: 'none' };
    return engine.open(modelSpec({ ...given, engineOptions, ...spec }), {}, new AbortController().signal);
  }

  it('thinks to its budget, is stopped by force, and answers', async () => {
    await using model = await open({ thinking: { budget: 12 } });
    expect(model.info.thinking).toEqual({
      mode: 'on',
      budget: 12,
      because: 'its template opens a think block (<think>)',
    });
    for (const isStreamed of [false, true]) {
      const prompt = { style: 'chat', messages: [{ role: 'user', content: 'Name nine animals of the sea.' }] } as const;
      const result = await ask(model, { prompt, maxTokens: 6 }, { isStreamed });
      expect(result).toMatchObject({ thinkingTokens: 12, outputTokens: 18, finishReason: 'length' });
      expect(result.thoughts?.length).toBeGreaterThan(10);
      expect(result.text).not.toContain('think>');
      expect(result.text.length).toBeGreaterThan(3);
      expect(result.times.firstTokenMs).toBeLessThan(result.times.lastTokenMs);
    }
  });

  it('answers many at once as it answers one', async () => {
    await using model = await open({ thinking: { budget: 8 } });
    const requests = Array.from({ length: 8 }, (_, index) => ({
      id: `${index}`,
      prompt: { style: 'chat', messages: [{ role: 'user', content: `Name ${index + 2} animals.` }] } as const,
      maxTokens: 4,
      stop: [],
    }));
    const results = await generateAll(model, requests, { concurrency: 4 });
    expect([...results.values()].map(({ thinkingTokens, outputTokens }) => [thinkingTokens, outputTokens])).toEqual(
      requests.map(() => [8, 12]),
    );
  });

  it('does not think by default, since the template has a switch', async () => {
    await using model = await open({});
    expect(model.info.thinking).toEqual({ mode: 'off', because: 'its template has enable_thinking' });
    const result = await ask(model, { maxTokens: 6 });
    expect(result.thoughts).toBeUndefined();
    expect(result.outputTokens).toBeLessThanOrEqual(6);
  });

  it('gives the template its arguments', async () => {
    await using toned = await open({ templateArgs: { tone: 'very dry' } });
    await using bare = await open({});
    const [more, fewer] = [await ask(toned), await ask(bare)];
    expect(more.promptTokens).toBeGreaterThan(fewer.promptTokens + 5);
    expect(toned.info.thinking?.because).not.toContain('not confirmed');
    await using unknown = await open({ templateArgs: { volume: 11 } });
    expect(unknown.info.thinking?.because).toContain('templateArgs (volume) are not confirmed');
  });

  it.each(['off', { budget: 10 }] as const)(
    'keeps to a JSON schema in its answers, with thinking %j',
    async (thinking) => {
      await using model = await open({ thinking, structuredOutput: true });
      expect(model.capabilities.structuredOutput).toBe(true);
      const result = await ask(model, { jsonSchema, maxTokens: 40 });
      expect(['red', 'blue']).toContain((JSON.parse(result.text) as { readonly colour: string }).colour);
      expect(result.thinkingTokens).toBe(thinking === 'off' ? undefined : 10);
    },
  );
});
