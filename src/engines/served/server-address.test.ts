import { describe, expect, it } from 'vitest';
import { isServerAddress, parseServedAddress, servedSource, shortServedName } from './server-address.ts';

describe('the address of a server', () => {
  it.each([
    ['http://127.0.0.1:8000/v1', 'http://127.0.0.1:8000/v1'],
    ['http://127.0.0.1:8000/v1/', 'http://127.0.0.1:8000/v1'],
    ['http://127.0.0.1:8000', 'http://127.0.0.1:8000/v1'],
    ['https://example.com/', 'https://example.com/v1'],
    ['https://example.com/openai/v1', 'https://example.com/openai/v1'],
    ['http://h:8000/v1/chat/completions', 'http://h:8000/v1'],
    ['http://h:8000/v1/completions', 'http://h:8000/v1'],
    ['http://h:8000/v1/models', 'http://h:8000/v1'],
    ['http://h:8000/completions/', 'http://h:8000/v1'],
    ['localhost:8801', 'http://localhost:8801/v1'],
    ['gpu-1.example:8801/api', 'http://gpu-1.example:8801/api'],
    ['[::1]:8000', 'http://[::1]:8000/v1'],
  ])('%s is read as %s', (text, baseUrl) => {
    expect(isServerAddress(text)).toBe(true);
    expect(parseServedAddress(text)).toEqual({ baseUrl, query: '', servedName: undefined });
    expect(parseServedAddress(`${text}#m`)).toEqual({ baseUrl, query: '', servedName: 'm' });
  });

  it.each([
    'm.gguf',
    'smollm2-135m-instruct',
    'hf:o/r',
    './localhost:80',
    'https://host/f.gguf',
    'https://host/f.bin',
    `https://host/download#sha256=${'ab'.repeat(32)}`,
    'https://huggingface.co/o/r',
    'qwen2.5:7b',
    'http://',
  ])('%s is none', (text) => {
    expect(isServerAddress(text)).toBe(false);
  });

  it.each([
    ['smol 100%', 'smol 100%'],
    ['Qwen/Qwen2.5', 'Qwen/Qwen2.5'],
    ['a%20b', 'a b'],
    ['%ff', '%ff'],
    ['a#b', 'a#b'],
  ])('the name after # of %s is %s', (text, servedName) => {
    expect(parseServedAddress(`http://h:1/v1#${text}`).servedName).toBe(servedName);
  });

  it.each([
    ['http://h:1/v1?api-version=2024-10-21#m', 'http://h:1/v1', '?api-version=2024-10-21', 'm'],
    ['h:8000?tenant=a&x=b', 'http://h:8000/v1', '?tenant=a&x=b', undefined],
    [
      'https://n.example/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21',
      'https://n.example/openai/deployments/gpt-4o',
      '?api-version=2024-10-21',
      'gpt-4o',
    ],
    [
      'https://n.example/openai/deployments/d?api-version=1#m',
      'https://n.example/openai/deployments/d',
      '?api-version=1',
      'm',
    ],
    ['  http://h:1/v1/chat/completions#m ', 'http://h:1/v1', '', 'm'],
  ])('%s has its query and its name', (text, baseUrl, query, servedName) => {
    const address = { baseUrl, query, servedName };
    expect(parseServedAddress(text)).toEqual(address);
    expect(parseServedAddress(servedSource(address))).toEqual(address);
  });

  it.each(['Qwen/Qwen2.5', '100%', 'a%20b', 'two\nlines', '/models/a b.gguf'])(
    'the name %j survives writing',
    (name) => {
      const address = { baseUrl: 'http://h:1/v1', query: '', servedName: name };
      expect(parseServedAddress(servedSource(address))).toEqual(address);
    },
  );

  it.each([
    ['ftp://h/v1', 'expected the address of a server', 'Write openai:http://127.0.0.1:8000/v1#served-name'],
    ['gpt-4o', 'expected the address of a server, got "gpt-4o"', 'Write openai:https://api.openai.com/v1#gpt-4o'],
    ['chat:gpt-4o', 'expected the address of a server', 'Write openai:https://api.openai.com/v1#gpt-4o'],
    ['http://me:secret@h/v1', 'http://h/v1 contains a user or a password', 'OPENAI_API_KEY'],
    ['me:secret@h:80/v1', 'expected the address of a server, got "…@h:80/v1"', 'Write openai:http://'],
    ['http://me:a/secret@h/v1', 'got "http://[removed]@h/v1"', 'Write openai:http://'],
    ['http://h:99999/v1?k=secret', 'got "http://h:99999/v1?…"', 'Write openai:http://'],
    ['http://h/v1?api_key=secret', 'the query of the address http://h/v1 holds a key (api_key)', 'OPENAI_API_KEY'],
    ['h:80?subscription-key=secret#m', 'holds a key (subscription-key)', 'headers'],
    ['https://h/v1?api-version=1&token=secret', 'holds a key (token)', 'OPENAI_API_KEY'],
    ['http://h/v1?pass=open', 'holds a key (pass)', 'headers'],
    ['http://h/v1?session-jwt=abc', 'holds a key (session-jwt)', 'headers'],
    ['http://h/v1?tenant=sk-live12345', 'holds a key (tenant)', 'headers'],
    ['http://h/v1?a=1&b=ghp_abcdefgh1234', 'holds a key (b)', 'headers'],
    ['http:/h/v1', 'got "http:/h/v1"', 'Write openai:http://127.0.0.1:8000/v1#served-name'],
    ['http:///v1', 'got "http:///v1"', 'Write openai:http://127.0.0.1:8000/v1#served-name'],
    ['http://', 'got "http://"', 'Write openai:http://127.0.0.1:8000/v1#served-name'],
    ['https:h', 'got "https:h"', 'Write openai:http://127.0.0.1:8000/v1#served-name'],
    ['http://h:70000', 'got "http://h:70000"', 'Write openai:http://127.0.0.1:8000/v1#served-name'],
    ['', 'got ""', 'Write openai:http://127.0.0.1:8000/v1#served-name'],
  ])('%s is refused', (text, message, hint) => {
    const act = (): unknown => parseServedAddress(text);
    expect(act).toThrow(message);
    expect(act).toThrow(expect.objectContaining({ code: 'PB_USAGE', hint: expect.stringContaining(hint) }));
    expect(act).not.toThrow('secret');
  });

  it.each([
    ['Qwen/Qwen2.5-0.5B-Instruct', 'Qwen2.5-0.5B-Instruct'],
    ['/models/qwen.Q4_K_M.gguf', 'qwen.Q4_K_M'],
    ['C:\\models\\a.GGUF', 'a'],
    ['qwen2.5:7b', 'qwen2.5:7b'],
    ['folder/', 'folder/'],
  ])('%s is called %s', (servedName, short) => {
    expect(shortServedName(servedName)).toBe(short);
  });
});
