import { describe, expect, it } from 'vitest';
import type { ModelEntry } from '../core/suite.ts';
import { suiteSchema } from '../core/suite.ts';
import { nameModel } from './prepare-models.ts';

function nameOf(model: Partial<ModelEntry>): string {
  const { models } = suiteSchema.parse({ models: [{ source: './qwen3-0.6b.gguf', ...model }] });
  const [entry] = models;
  if (entry === undefined || typeof entry === 'string') throw new Error('no model');
  return nameModel(entry, '/work').name;
}

describe('nameModel', () => {
  it.each<[string, Partial<ModelEntry>]>([
    ['qwen3-0.6b', {}],
    ['qwen3-0.6b', { thinking: 'auto' }],
    ['qwen3-0.6b (thinking off)', { thinking: 'off' }],
    ['qwen3-0.6b (thinking, 2k)', { thinking: { budget: 2048 } }],
    ['qwen3-0.6b (structured output)', { structuredOutput: true }],
    ['gpt-oss (thinking, low)', { source: 'openai:http://h:1/v1#gpt-oss', thinking: { effort: 'low' } }],
    ['Qwen3 (thinking)', { source: 'org/Qwen3', thinking: 'on', server: { preset: 'vllm' } as ModelEntry['server'] }],
    ['mine', { name: 'mine', thinking: 'off' }],
  ])('is %s', (name, model) => {
    expect(nameOf(model)).toBe(name);
  });

  it('finds a chat template from the folder of the suite', () => {
    const { models } = suiteSchema.parse({
      models: [{ source: './a.gguf', engineOptions: { chatTemplate: 'think.jinja' } }],
    });
    const [entry] = models;
    if (entry === undefined || typeof entry === 'string') throw new Error('no model');
    expect(nameModel(entry, '/suites').engineOptions).toEqual({ chatTemplate: '/suites/think.jinja' });
  });
});
