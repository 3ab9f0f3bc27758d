import { describe, expect, it } from 'vitest';
import { UsageError } from '../core/errors.ts';
import { parseModelRequest } from './model-request.ts';
import { describeSource, parseSource } from './model-source.ts';

const digest = 'ab'.repeat(32);

describe('parseSource', () => {
  it.each([
    ['./model.gguf', { kind: 'file', path: '/base/model.gguf' }],
    ['model.gguf', { kind: 'file', path: '/base/model.gguf' }],
    ['/models/a b.gguf', { kind: 'file', path: '/models/a b.gguf' }],
    ['../x', { kind: 'file', path: '/x' }],
    ['C:\\models\\x.gguf', { kind: 'file', path: '/base/C:\\models\\x.gguf' }],
    ['hf:o/r/f.gguf', { kind: 'hub', repo: 'o/r', file: 'f.gguf', revision: 'main', sha256: undefined }],
    ['hf:o/r/sub/f.gguf@v1.2', { kind: 'hub', repo: 'o/r', file: 'sub/f.gguf', revision: 'v1.2', sha256: undefined }],
    ['hf:o/r', { kind: 'repo', repo: 'o/r', revision: 'main' }],
    ['hf:o/r@v1', { kind: 'repo', repo: 'o/r', revision: 'v1' }],
    [
      `hf:o/r/f.gguf@refs/pr/1#sha256=${digest.toUpperCase()}`,
      { kind: 'hub', repo: 'o/r', file: 'f.gguf', revision: 'refs/pr/1', sha256: digest },
    ],
    [
      'pip:a==1.0/x/y.gguf',
      { kind: 'pip', parts: [{ package: 'a', version: '1.0', member: 'x/y.gguf' }], sha256: undefined },
    ],
    [`https://host/f.gguf?x=1#sha256=${digest}`, { kind: 'url', url: 'https://host/f.gguf?x=1', sha256: digest }],
    [`http://127.0.0.1:80/f#sha256=${digest}`, { kind: 'url', url: 'http://127.0.0.1:80/f', sha256: digest }],
  ])('reads %s', (text, source) => {
    expect(parseSource(text, '/base')).toEqual(source);
  });

  it('takes a text without slash or .gguf for a name', () => {
    expect(parseSource('gemma-3-270m', '/')).toBeUndefined();
  });

  it('joins parts by + and by ranges', () => {
    const expected = ['a-1==1/m/p00.bin', 'a-2==1/m/p01.bin', 'a-3==1/m/p02.bin', 'b==2/last'];
    const source = parseSource('pip:a-{1..3}==1/m/p{00..02}.bin+b==2/last', '/');
    expect(source).toMatchObject({ kind: 'pip' });
    expect(source && describeSource(source)).toBe(`pip:${expected.join('+')}`);
  });

  it.each([
    ['', 'it is empty'],
    ['hf:o/f.gguf', 'expected a file in the repository o/f.gguf'],
    [`hf:o/r#sha256=${digest}`, 'expected a file in the repository o/r'],
    ['hf:../r/f.gguf', 'expected hf:owner/repo/file.gguf'],
    ['hf:o/r/../../f.gguf', 'expected a file in the repository o/r'],
    ['hf:o/r/f.gguf@', '"" is not a valid revision'],
    ['hf:o/r/f.gguf@../x', '"../x" is not a valid revision'],
    ['pip:a/x.gguf', '"a/x.gguf" is not package==version/path/in/wheel'],
    ['pip:a==1/../../etc/passwd', '"../../etc/passwd" leads out of the wheel'],
    ['pip:--index-url==1/x', 'is not package==version/path/in/wheel'],
    ['pip:a{1..3}==1/p{1..4}', 'all {..} ranges of one part must have the same length'],
    ['pip:a{3..1}==1/p', 'must count up'],
    ['pip:a{1..99999}==1/p', 'must count up, with at most 1000 parts'],
    ['https://host/f.gguf', 'a URL needs #sha256= and 64 hex digits'],
    ['https://host/f.gguf#sha256=abc', 'a URL needs #sha256= and 64 hex digits'],
    [`http://host/f.gguf#sha256=${digest}`, 'plain http is refused, use https'],
    [`https://#sha256=${digest}`, 'not a valid URL'],
    ['ftp://host/f.gguf', '"ftp:" is not a supported source'],
    ['ollama:llama3', '"ollama:" is not a supported source'],
  ])('refuses %j and shows the forms', (text, problem) => {
    const act = (): unknown => parseSource(text, '/');
    expect(act).toThrow(UsageError);
    expect(act).toThrow(problem);
    expect(act).toThrow(expect.objectContaining({ hint: expect.stringContaining('hf:owner/repo/file.gguf@revision') }));
  });
});

it.each([
  ['https://huggingface.co/o/r', 'hf:o/r'],
  ['https://huggingface.co/o/r/tree/main', 'hf:o/r'],
  ['https://huggingface.co/o/r/blob/main/sub/f.gguf', 'hf:o/r/sub/f.gguf'],
  ['https://hf.co/o/r/resolve/v1/f.gguf?download=true', 'hf:o/r/f.gguf@v1'],
])('proposes what to write for the page %s', (page, spec) => {
  expect(() => parseSource(page, '/')).toThrow(expect.objectContaining({ hint: `Write ${spec}.` }));
});

describe('parseModelRequest', () => {
  it('gives a catalogue model its sources, the hub first, with the pinned checksum', () => {
    const { name, sources, sha256 } = parseModelRequest('smollm2-135m-instruct', '/');
    expect(name).toBe('smollm2-135m-instruct');
    expect(sources.map(({ kind }) => kind)).toEqual(['hub', 'pip']);
    expect(sources.every((source) => 'sha256' in source && source.sha256 === sha256)).toBe(true);
  });

  it.each([
    ['./x/My-Model.Q4_K_M.gguf', 'My-Model.Q4_K_M'],
    ['hf:o/r/sub/f.gguf@v1', 'f'],
    ['pip:a==1/x/w.gguf.part00+b==1/x/w.gguf.part01', 'w'],
    [`https://host/dir/w.gguf?key=1#sha256=${digest}`, 'w'],
  ])('names %s after its file', (text, name) => {
    expect(parseModelRequest(text, '/').name).toBe(name);
  });

  it('never shows the key in an address', () => {
    const [source] = parseModelRequest(`https://user:pass@host/w.gguf?key=1#sha256=${digest}`, '/').sources;
    expect(describeSource(source)).toBe('https://host/w.gguf');
  });
});
