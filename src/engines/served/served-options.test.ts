import { expect, it } from 'vitest';
import { managedServerSchema } from '../../core/suite.ts';
import { serverKey } from './served-options.ts';

type Settings = Parameters<typeof managedServerSchema.parse>[0];

const environment = { OPENAI_API_KEY: 'usual', VLLM_API_KEY: 'v', LLAMA_API_KEY: 'l', MINE: 'mine', EMPTY: ' ' };
const keyOf = (settings: Settings, named?: string, from: typeof environment | object = environment) =>
  serverKey(managedServerSchema.parse(settings), { ...from }, named);

it('finds the key that a server asks for', () => {
  expect(keyOf({ preset: 'vllm' })).toBe('v');
  expect(keyOf({ preset: 'llama-server' })).toBe('l');
  expect(keyOf({ preset: 'sglang' })).toBe('usual');
  expect(keyOf({ preset: 'vllm' }, 'MINE')).toBe('mine');
  expect(keyOf({ preset: 'vllm' }, 'EMPTY')).toBeUndefined();
  expect(keyOf({ preset: 'vllm', environment: { VLLM_API_KEY: 'own' } })).toBe('own');
  expect(keyOf({ preset: 'llama-server', arguments: ['--api-key', 'a,b'] })).toBe('a');
  expect(keyOf({ command: ['serve', '--api-key=c=1'] })).toBe('c=1');
  expect(keyOf({ preset: 'vllm' }, undefined, {})).toBeUndefined();
});
