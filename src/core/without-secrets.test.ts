import { expect, it } from 'vitest';
import { valueWithoutSecrets, withoutSecrets } from './without-secrets.ts';

const shown = (line: string): string => withoutSecrets(line.split(' ')).join(' ');

it('removes keys, tokens and passwords, however they are written', () => {
  expect(shown('vllm serve m --api-key sk-1 sk-2 --hf-token hf_3 --port 1')).toBe(
    'vllm serve m --api-key [removed] [removed] --hf-token [removed] --port 1',
  );
  expect(shown('x --api-key=sk-1 --hf_token=hf_2 -hft hf_3 --ssl-keyfile-password=p --admin-api-key k')).toBe(
    'x --api-key=[removed] --hf_token=[removed] -hft [removed] --ssl-keyfile-password=[removed] --admin-api-key [removed]',
  );
  expect(shown('env HF_TOKEN=hf_1 OPENAI_API_KEY=sk=2 serve http://me:word@host/')).toBe(
    'env HF_TOKEN=[removed] OPENAI_API_KEY=[removed] serve http://[removed]@host/',
  );
});

it('keeps what only sounds like them', () => {
  const line =
    'vllm --tokenizer X --tokenizer-mode=auto --max-num-batched-tokens 8192 --return-tokens-as-token-ids --ssl-keyfile /k --api-key-file f --key-cache-dtype=q8_0 --override-kv tokenizer.ggml.bos_token=int:1';
  expect(shown(line)).toBe(line);
  const template = ['--chat-template', "{{ bos_token }}{% if a == 'b' %}", 'next'];
  expect(withoutSecrets(template)).toEqual(template);
});

it('removes them from values of any shape, and keeps the rest', () => {
  const server = { arguments: ['--api-key', 'sk-1', '--port', '1'], environment: { HF_TOKEN: 'hf_1', CUDA: '0' } };
  const suite = { models: [{ source: 'http://me:word@host/v1#m', server, limit: 3, key: null }], seed: 1 };
  expect(valueWithoutSecrets(suite)).toEqual({
    models: [
      {
        source: 'http://[removed]@host/v1#m',
        server: {
          arguments: ['--api-key', '[removed]', '--port', '1'],
          environment: { HF_TOKEN: '[removed]', CUDA: '0' },
        },
        limit: 3,
        key: null,
      },
    ],
    seed: 1,
  });
});
