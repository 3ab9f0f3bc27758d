import { expect, it } from 'vitest';
import {
  textWithoutSecrets,
  isSecretName,
  rememberSecrets,
  rememberSecretsIn,
  rememberSecretVariables,
  removedSecrets,
  valueWithoutSecrets,
  withoutKnownSecrets,
  withoutSecrets,
} from './without-secrets.ts';

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

it.each([
  ['sh -c "vllm serve m --api-key sk-1 --port 1"', 'sh -c "vllm serve m --api-key [removed] --port 1"'],
  ['serve --verbose --hf-token hf_1 -v --api-key=k', 'serve --verbose --hf-token [removed] -v --api-key=[removed]'],
  ['HF_TOKEN=hf_1 MODE=fast serve', 'HF_TOKEN=[removed] MODE=fast serve'],
  [
    "curl -H 'Authorization: Bearer abc-def' http://h/?api_key=k1&q=2",
    "curl -H 'Authorization: Bearer [removed]' http://h/?api_key=[removed]&q=2",
  ],
  ['redis://app:p%40ss@host:1/0 https://token@host', 'redis://[removed]@host:1/0 https://[removed]@host'],
  ['postgres://me@host/db postgresql://me:pw@host/db', 'postgres://me@host/db postgresql://[removed]@host/db'],
  [
    `--options '{"port": 80, "api_key": "ab\\"c", "n": {"token":"t"}}'`,
    `--options '{"port": 80, "api_key": "[removed]", "n": {"token":"[removed]"}}'`,
  ],
  ['{"api_key":"k-1","model":"m"}', '{"api_key":"[removed]","model":"m"}'],
  [String.raw`"{\"password\":\"pw 1\",\"port\":1}"`, String.raw`"{\"password\":\"[removed]\",\"port\":1}"`],
  ['me:word-1@host:80 hf:me:word-1@owner/repo', 'me:[removed]@host:80 hf:me:[removed]@owner/repo'],
  ['serve --basic me:word --pass word -v', 'serve --basic [removed] --pass [removed] -v'],
  ['pip:package@1.2 hf:owner/repo@main qwen:7b@sha256:12', 'pip:package@1.2 hf:owner/repo@main qwen:7b@sha256:12'],
  ['the bearer of news is basic arithmetic', 'the bearer of news is basic arithmetic'],
  ['mail me@host.org or see https://host/@me?page=2', 'mail me@host.org or see https://host/@me?page=2'],
])('reads texts with several words: %s', (text, left) => {
  expect(valueWithoutSecrets(text)).toBe(left);
});

it.each([
  ['OPENAI_API_KEY', true],
  ['HFTOKEN', true],
  ['db-password', true],
  ['AWS_SECRET_ACCESS_KEY', true],
  ['Authorization', true],
  ['bos_token', false],
  ['HF_TOKEN_PATH', false],
  ['tokenizer', false],
  ['max-tokens', false],
  ['sort-keyword', false],
  ['MYSQL_PWD', true],
  ['PGPASS', true],
  ['AWS_ACCESS_KEY_ID', true],
  ['bypass', false],
  ['request-id', false],
  ['PWD', false],
  ['OLDPWD', false],
  ['SSH_AUTH_SOCK', false],
  ['SERVER_KEY_FILE', false],
])('knows by the name %s whether it is a secret: %s', (name, isSecret) => {
  expect(isSecretName(name)).toBe(isSecret);
});

it('removes what it was told from every text, as it is and as JSON, addresses and shells write it', () => {
  rememberSecrets(['s3cret/"part"', 'ollama', '', undefined, 'sk-no-key-required', '/home/me/key.pem', 'x1']);
  rememberSecretsIn({
    DATABASE: 'postgres://me:hunter2%21@host/db',
    server: { command: ['serve', '--token', 'token-77'] },
  });
  const secret = 's3cret/"part"';
  const forms = [secret, JSON.stringify(secret), encodeURIComponent(secret), String.raw`s3cret\/"part"`];
  for (const form of forms) expect(withoutKnownSecrets(`a ${form} b`)).not.toContain('s3cret');
  expect(withoutKnownSecrets('hunter2%21, hunter2! and token-77')).toBe('[removed], [removed] and [removed]');
  const harmless = 'ollama said sk-no-key-required at /home/me/key.pem, x1';
  expect(withoutKnownSecrets(harmless)).toBe(harmless);
});

it.each([
  { SSL_KEY: '/srv/my certs/server key.pem' },
  { SSL_KEY: '/Über [alt]/schlüssel' },
  { SSL_KEY: '~/keys (old)/server' },
  { SSL_KEY: String.raw`C:\Users\Some Body\key.pem` },
  { SSL_KEY: 'certs of mine/server.pem' },
  { PWD: '/tmp/Some Folder', OLDPWD: '/MNT/Data+1' },
  { SSH_AUTH_SOCK: '/run/user 1/keyring/ssh', HF_TOKEN_PATH: '/home/me/my tokens/hub' },
  { KEY: 'short answers', AUTH: 'none-of-2-needed', PAT: 'pat-and-mat-1' },
  { OPENAI_API_KEY: 'squad2/per-4shot@3' },
  { OPENAI_API_KEY: 'arc_easy' },
  { SERVER_TOKEN: 'Local-Server' },
  { SERVER_TOKEN: '2026-11-30' },
  { SERVER_TOKEN: 'gpt-4.1' },
])('damages no text by a variable that is only named like a secret: %j', (environment) => {
  rememberSecretVariables(environment);
  const text = Object.values(environment).join(' and ');
  expect(withoutKnownSecrets(text)).toBe(text);
});

it.each([
  [{ AUTHORIZATION: 'Bearer abcd-1234-efgh-5678' }, 'abcd-1234-efgh-5678'],
  [{ TLS_KEY: '-----BEGIN KEY-----\nMIIBVwIBADANBgkqhkiG9w0BAQEF\n-----END KEY-----' }, 'MIIBVwIBADANBgkqhkiG9w0BAQEF'],
  [{ STORE_SECRET: '/wJalrXUtnFEMI/K7MDENG+bPxRfiCY=' }, '/wJalrXUtnFEMI/K7MDENG+bPxRfiCY='],
  [{ KEY: 'https://me:pass-12-word@host/' }, 'pass-12-word'],
  [{ DB_PWD: 'open-7-sesame' }, 'open-7-sesame'],
])('removes the secrets of variables: %j', (environment, secret) => {
  rememberSecretVariables(environment);
  expect(withoutKnownSecrets(`it said ${secret}.`)).toBe('it said [removed].');
});

it('keeps paths in a stored value, also under a name of secrets', () => {
  const server = {
    command: ['serve', '--ssl-key', '/srv/my certs/k.pem'],
    environment: { PWD: '/x', API_KEY: './a key' },
  };
  expect(valueWithoutSecrets(server)).toEqual(server);
});

it('says where something was removed', () => {
  const stored = valueWithoutSecrets({
    server: { command: ['a', '--api-key', 'k'], environment: { HF_TOKEN: 't', A: '1' } },
  });
  expect(removedSecrets(stored)).toEqual(['server.command', 'server.environment.HF_TOKEN']);
});

it('leaves JSON that perbench prints as it is: its own fields have such names', () => {
  const line = '{"event":"pass-start","pass":"throughput","token":"yes"}';
  expect(textWithoutSecrets(line)).toBe(line);
});
