import { expect, it } from 'vitest';
import type { RunRecord } from '../core/store.ts';
import { pageRun } from './page-data.ts';

it('has the suite of a run without its secrets', () => {
  const server = { preset: 'vllm', arguments: ['--api-key', 'sk-secret'], environment: { HF_TOKEN: 'hf_secret' } };
  const suite = { models: [{ source: 'm', server }], tasks: ['gsm8k'] };
  const shown = pageRun({ id: 'r', suite } as unknown as RunRecord).suite;
  expect(shown).toMatchObject({ models: [{ source: 'm', server: { preset: 'vllm' } }], tasks: ['gsm8k'] });
  expect(JSON.stringify(shown)).not.toContain('secret');
});
