import { describe, expect, it } from 'vitest';
import { accessToken, servedCommit, startHubServer, type ServedFile } from '../../../test/setup/hub-server.ts';
import { testFolder, testSettings } from '../../../test/setup/test-settings.ts';
import type { DataSource } from '../../core/task-definition.ts';
import { type OwnTable, readOwnTable } from './own-table.ts';

const { signal } = new AbortController();

function served(path: string, rows: string, isSmall = false): ServedFile {
  return { type: 'dataset', repo: 'someone/tickets', path, content: Buffer.from(rows), isSmall };
}

const row = (text: string): string => `{"text": "${text}"}\n`;

interface Asked extends Partial<DataSource> {
  readonly isOffline?: boolean;
}

/** Reads it from a hub that has these files; asked again in turn, from the same cache. */
async function readFrom(files: readonly ServedFile[], ...asked: readonly Asked[]): Promise<OwnTable> {
  await using hub = await startHubServer(files);
  await using folder = await testFolder();
  let table: OwnTable | undefined;
  for (const { isOffline = false, ...source } of asked) {
    const settings = testSettings(folder.path, { hubEndpoint: hub.endpoint, isOffline });
    table = await readOwnTable({ path: 'hf:someone/tickets', ...source }, { settings, signal });
  }
  if (table === undefined) throw new Error('nothing asked');
  return table;
}

const texts = ({ rows }: OwnTable): readonly unknown[] => rows.map(({ values }) => values['text']);

const splits = [
  served('README.md', '# tickets', true),
  served('dataset_infos.json', '{}', true),
  served('data/train-00000-of-00001.jsonl', row('train')),
  served('data/test-00000-of-00002.jsonl', row('one')),
  served('data/test-00001-of-00002.jsonl', row('two')),
];

describe('data sets of the hub', () => {
  it('the test split by default, all its parts, and the commit is said', async () => {
    const table = await readFrom(splits, {});
    expect(texts(table)).toEqual(['one', 'two']);
    expect(table.notes).toEqual([
      `hf:someone/tickets: split test (data/test-00000-of-00002.jsonl, data/test-00001-of-00002.jsonl) at commit ${servedCommit}`,
    ]);
    expect(table.files).toHaveLength(2);
  });

  it('another split, at a revision, also from the cache without a network', async () => {
    const source = { split: 'train', revision: servedCommit };
    expect(texts(await readFrom(splits, source))).toEqual(['train']);
    const again = await readFrom(splits, { split: 'train' }, { split: 'train', isOffline: true });
    expect(texts(again)).toEqual(['train']);
    expect(again.notes[0]).toMatch(/, from the cache: offline$/u);
  });

  it.each<[what: string, files: readonly ServedFile[], source: Partial<DataSource>, wanted: readonly string[]]>([
    ['the only split', [served('only.csv', 'text\na\n', true)], {}, ['a']],
    [
      'a folder named after a split',
      [served('en/test/0000.jsonl', row('a')), served('en/train/0000.jsonl', row('b'))],
      {},
      ['a'],
    ],
    [
      'a configuration',
      [served('en/test.jsonl', row('a')), served('de/test.jsonl', row('b'))],
      { config: 'de' },
      ['b'],
    ],
    [
      'the default configuration',
      [served('default/test.jsonl', row('a')), served('de/test.jsonl', row('b'))],
      {},
      ['a'],
    ],
    ['one format of several', [served('test.csv', 'text\na\n', true), served('test.jsonl', row('b'))], {}, ['b']],
  ])('%s', async (_what, files, source, wanted) => {
    expect(texts(await readFrom(files, source))).toEqual(wanted);
  });

  it.each<[what: string, files: readonly ServedFile[], asked: readonly Asked[], message: string]>([
    [
      'no data',
      [served('README.md', 'x', true)],
      [{}],
      'hf:someone/tickets: no Parquet, JSON Lines, CSV, TSV or JSON file',
    ],
    [
      'several splits',
      [served('a.csv', 'x', true), served('b.csv', 'y', true)],
      [{}],
      'several splits and none called test; found a, b',
    ],
    [
      'several configurations',
      [served('en/test.csv', 'x'), served('de/test.csv', 'y')],
      [{}],
      'several configurations; found en, de',
    ],
    ['no such configuration', splits, [{ config: 'en' }], 'no configuration "en"; found (none)'],
    ['no such split', splits, [{ split: 'dev' }], 'no split "dev"; found train, test'],
    ['no such revision', splits, [{ revision: 'v9' }], 'dataset someone/tickets has no revision "v9"'],
    ['no such data set', splits, [{ path: 'hf:no/one' }], 'the hub has no dataset no/one'],
    ['no name', splits, [{ path: 'hf:tickets' }], 'hf:tickets: not a data set of the hub'],
    ['two revisions', splits, [{ path: 'hf:someone/tickets@main', revision: 'v1' }], 'revision "v1" is set too'],
    [
      'offline with an empty cache',
      splits,
      [{ isOffline: true }],
      'offline, and hf:someone/tickets is not in the cache',
    ],
    [
      'offline with another split',
      splits,
      [{ split: 'train' }, { isOffline: true }],
      'only split train is in the cache',
    ],
  ])('%s is refused', async (_what, files, asked, message) => {
    await expect(readFrom(files, ...asked)).rejects.toThrow(message);
  });

  it('without settings none is fetched', async () => {
    await expect(readOwnTable({ path: 'hf:someone/tickets' }, { signal })).rejects.toThrow('cannot be fetched here');
  });

  it('a gated one needs a key', async () => {
    await using hub = await startHubServer(splits);
    await using folder = await testFolder();
    hub.faults.isGated = true;
    const settings = testSettings(folder.path, { hubEndpoint: hub.endpoint });
    const source = { path: 'hf:someone/tickets@main' };
    await expect(readOwnTable(source, { settings, signal })).rejects.toThrow('is gated');
    const table = await readOwnTable(source, { settings: { ...settings, hubToken: accessToken }, signal });
    expect(texts(table)).toEqual(['one', 'two']);
  });
});
