import { describe, expect, it } from 'vitest';
import { accessToken, type HubServer, type ServedFile, startHubServer } from '../../test/setup/hub-server.ts';
import { type GgufEntry, makeGguf } from '../../test/setup/make-gguf.ts';
import { testFolder, testSettings } from '../../test/setup/test-settings.ts';
import { DownloadError, ModelError, PerbenchError } from '../core/errors.ts';
import { type RemoteModel, readRemoteModel } from './remote-header.ts';
import type { SourceSettings } from './source-settings.ts';

const repo = 'owner/model-GGUF';
const mebibyte = 2 ** 20;

/** A model with a vocabulary of so many tokens, and so many bytes of weights. */
function model(vocabulary: number, weightsBytes: number, more: readonly GgufEntry[] = []): Buffer {
  const tokens = Array.from({ length: vocabulary }, (_, index) => `token ${index}`);
  const entries: readonly GgufEntry[] = [
    ['general.architecture', 'toy'],
    ['toy.block_count', 1],
    ['toy.embedding_length', 8],
    ['toy.attention.head_count', 2],
    ['tokenizer.ggml.tokens', tokens],
    ...more,
  ];
  return makeGguf(entries, [{ name: 'blk.0.attn_q.weight', shape: [8, 8], offset: 0 }], weightsBytes);
}

async function withHub<Result>(
  contents: Readonly<Record<string, Buffer>>,
  work: (
    hub: HubServer,
    read: (file?: string, more?: Partial<SourceSettings>) => Promise<RemoteModel>,
  ) => Promise<Result>,
): Promise<Result> {
  const files = Object.entries(contents).map(([path, content]): ServedFile => ({ repo, path, content }));
  await using hub = await startHubServer(files);
  await using folder = await testFolder();
  const settings = testSettings(folder.path, { hubEndpoint: hub.endpoint });
  return await work(hub, (file = 'm.gguf', more = {}) =>
    readRemoteModel({ kind: 'hub', repo, file, revision: 'main', sha256: undefined }, 'retry', {
      ...settings,
      ...more,
    }),
  );
}

async function caught(reading: Promise<RemoteModel>): Promise<PerbenchError> {
  const outcome = await reading.catch((error: unknown) => error);
  if (outcome instanceof PerbenchError) return outcome;
  throw new Error('it was read, or failed in another way', { cause: outcome });
}

const ranges = ({ seen }: HubServer): readonly (string | undefined)[] =>
  seen.filter(({ host }) => host === 'store').map(({ range }) => range);

describe('readRemoteModel', () => {
  it('fetches the beginning of a file, and no weights', async () => {
    const content = model(10, 4 * mebibyte);
    await withHub({ 'm.gguf': content }, async (hub, read) => {
      const { outline, fileBytes, header } = await read();
      expect(fileBytes).toBe(content.length);
      expect(header.architecture).toBe('toy');
      expect(outline).toMatchObject({ parameters: 64, weightsBytes: 4 * mebibyte, vocabularySize: 10 });
      expect(ranges(hub)).toEqual([`bytes=0-${mebibyte - 1}`]);
    });
  });

  it('asks for what is missing of a header that is longer', async () => {
    const content = model(120_000, 4 * mebibyte);
    await withHub({ 'm.gguf': content }, async (hub, read) => {
      expect((await read()).outline.vocabularySize).toBe(120_000);
      expect(ranges(hub)).toEqual([`bytes=0-${mebibyte - 1}`, `bytes=${mebibyte}-${4 * mebibyte - 1}`]);
    });
  });

  it('stops reading where a server sends the whole file instead of a part', async () => {
    await withHub({ 'm.gguf': model(120_000, 64 * mebibyte) }, async (hub, read) => {
      hub.faults.ignoresRanges = true;
      expect((await read()).outline).toMatchObject({ vocabularySize: 120_000, weightsBytes: 64 * mebibyte });
    });
  });

  it('sends a key to the hub, and not to where the hub redirects', async () => {
    await withHub({ 'm.gguf': model(1, 256) }, async (hub, read) => {
      hub.faults.isGated = true;
      const error = await caught(read());
      expect(error).toBeInstanceOf(DownloadError);
      expect(error).toMatchObject({
        message: expect.stringContaining('is gated'),
        hint: expect.stringContaining('HF_TOKEN'),
      });
      await read('m.gguf', { hubToken: accessToken });
      expect(hub.seen.at(-2)).toMatchObject({ host: 'hub', authorization: `Bearer ${accessToken}` });
      expect(hub.seen.at(-1)).toMatchObject({ host: 'store', authorization: undefined });
    });
  });

  it('adds up the parts of a split model', async () => {
    const split = (part: number): readonly GgufEntry[] => [
      ['split.count', 2],
      ['split.no', part],
    ];
    const [first, second] = [model(1, 1024, split(0)), model(1, 2048, split(1))];
    const names = ['m-00001-of-00002.gguf', 'm-00002-of-00002.gguf'] as const;
    await withHub({ [names[0]]: first, [names[1]]: second }, async (_, read) => {
      const { outline, fileBytes } = await read(names[0]);
      expect(outline).toMatchObject({ parameters: 128, weightsBytes: 3072 });
      expect(fileBytes).toBe(first.length + second.length);
      expect((await caught(read(names[1]))).message).toContain('is a later part of a split model');
    });
    await withHub({ [names[0]]: first }, async (_, read) => {
      expect((await caught(read(names[0]))).message).toContain('has no file "m-00002-of-00002.gguf" at main');
    });
  });

  it('tries again where a connection is cut or a server is busy', async () => {
    await withHub({ 'm.gguf': model(1, 2 * mebibyte) }, async (hub, read) => {
      hub.faults.cutAfterBytes = [1000];
      hub.faults.statuses = [503];
      expect((await read()).outline.weightsBytes).toBe(2 * mebibyte);
      expect(ranges(hub)).toHaveLength(3);
    });
  });

  it('says what is wrong with a file, or that there is none', async () => {
    const whole = model(10, 256);
    const contents = {
      'cut.gguf': whole.subarray(0, 100),
      'short.gguf': whole.subarray(0, whole.length - 256),
      'page.gguf': Buffer.from('<!doctype html><title>Log in</title>'),
      'empty.gguf': Buffer.alloc(0),
      'adapter.gguf': makeGguf([
        ['general.architecture', 'llama'],
        ['general.type', 'adapter'],
      ]),
    };
    await withHub(contents, async (_, read) => {
      const messages = await Promise.all(
        Object.keys(contents).map(async (name) => (await caught(read(name))).message.replace(`hf:${repo}/`, '')),
      );
      expect(messages).toEqual([
        'cut.gguf is a damaged GGUF file: the file ends before its header does',
        'short.gguf is a damaged GGUF file: the file ends before its weights do',
        'page.gguf is not a GGUF file: it is a web page',
        'empty.gguf is not a GGUF file: it is an empty file',
        expect.stringContaining('adapter.gguf is no language model: it is '),
      ]);
      const damaged = await caught(read('cut.gguf'));
      expect(damaged).toBeInstanceOf(ModelError);
      expect(damaged).toMatchObject({ hint: 'Look at the file on the hub, or take another one.' });
      expect((await caught(read('other.gguf'))).message).toContain('has no file "other.gguf" at main');
    });
  });

  it('needs to be told how long a file is', async () => {
    await withHub({ 'm.gguf': model(1, 256) }, async (hub, read) => {
      hub.faults.ignoresRanges = true;
      hub.faults.isChunked = true;
      expect((await caught(read())).message).toContain("doesn't say how long the file is");
    });
  });
});
