import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DatasetName, Task } from '../../core/task.ts';
import { arcLmEval } from '../../tasks/arc.ts';
import { gsm8kLmEval } from '../../tasks/gsm8k.ts';
import { hellaswagPer } from '../../tasks/hellaswag.ts';
import { imdbPer } from '../../tasks/imdb.ts';
import { squadPer } from '../../tasks/squad.ts';
import { loadItems } from './load-items.ts';
import type { LoadedItems } from './loaded-items.ts';

const golden = path.join(import.meta.dirname, '../../../test/golden/datasets');
const signal = new AbortController().signal;

const tasks: Readonly<Record<DatasetName, Task>> = {
  gsm8k: gsm8kLmEval('strict', 0),
  arc_easy: arcLmEval(0),
  hellaswag: hellaswagPer(undefined, 0),
  squad2: squadPer(undefined, 0),
  imdb: imdbPer(
    {
      name: 'imdb',
      protocol: 'per',
      version: 1,
      title: 'four reviews',
      dataset: { name: 'imdb', split: 'test' },
      items: 4,
    },
    0,
  ),
};

interface HubRow extends Readonly<Record<string, unknown>> {
  readonly id: string;
  readonly text: string;
  readonly label: number;
  readonly ctx: string;
}

async function hubRows(name: DatasetName): Promise<readonly HubRow[]> {
  const text = await readFile(path.join(golden, 'rows', `${name}.jsonl`), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as HubRow);
}

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'perbench-formats-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function write(name: string, content: string | Uint8Array): Promise<void> {
  const at = path.join(folder, name);
  await mkdir(path.dirname(at), { recursive: true });
  await writeFile(at, content);
}

const jsonl = (rows: readonly unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

const fromParquet = async (name: DatasetName): Promise<LoadedItems> =>
  loadItems(tasks[name], { dataDir: golden }, signal);
const fromFolder = async (name: DatasetName): Promise<LoadedItems> =>
  loadItems(tasks[name], { dataDir: folder }, signal);

/** What must not depend on the format. */
function contentOf({ items, itemIds, dataSha256, itemIdsSha256 }: LoadedItems): Partial<LoadedItems> {
  expect(items).toHaveLength(4);
  return { items, itemIds, dataSha256, itemIdsSha256 };
}

describe('the same rows in every format have the same items and data hash', () => {
  it('GSM8K: jsonl, also without a sub-folder and packed', async () => {
    await write('test.jsonl.gz', gzipSync(jsonl(await hubRows('gsm8k'))));
    expect(contentOf(await fromFolder('gsm8k'))).toEqual(contentOf(await fromParquet('gsm8k')));
    await write('gsm8k/test.jsonl', `\ufeff${jsonl(await hubRows('gsm8k')).replaceAll('\n', '\r\n\r\n')}`);
    expect(contentOf(await fromFolder('gsm8k'))).toEqual(contentOf(await fromParquet('gsm8k')));
    const { files } = await fromFolder('gsm8k');
    expect(files).toEqual([
      {
        path: path.join(folder, 'gsm8k/test.jsonl'),
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/u),
        bytes: expect.any(Number),
      },
    ]);
  });

  it('ARC: the hub as jsonl, and the official file', async () => {
    await write('arc_easy/ARC-Easy-test.jsonl', jsonl(await hubRows('arc_easy')));
    expect(contentOf(await fromFolder('arc_easy'))).toEqual(contentOf(await fromParquet('arc_easy')));
    const official = (await hubRows('arc_easy')).map(({ id, question, choices, answerKey }) => {
      const { text, label } = choices as { readonly text: readonly string[]; readonly label: readonly string[] };
      const pairs = text.map((choice, index) => ({ text: choice, label: label[index] }));
      return { id, question: { stem: question, choices: pairs }, answerKey };
    });
    await write('ARC-V1-Feb2018-2/ARC-Easy/ARC-Easy-Test.jsonl', jsonl(official));
    await rm(path.join(folder, 'arc_easy'), { recursive: true });
    expect(contentOf(await fromFolder('arc_easy'))).toEqual(contentOf(await fromParquet('arc_easy')));
  });

  it('HellaSwag: the cleaned copy, and the official file', async () => {
    await write('hellaswag/hellaswag_val.derived.jsonl', jsonl(await hubRows('hellaswag')));
    expect(contentOf(await fromFolder('hellaswag'))).toEqual(contentOf(await fromParquet('hellaswag')));
    const official = (await hubRows('hellaswag')).map(({ ctx, label, endings, activity_label: activity }, ind) => {
      const start = ctx.lastIndexOf('. ') + 2;
      const second = ctx.slice(start, start + 1).toLowerCase() + ctx.slice(start + 1);
      return { ind, activity_label: activity, ctx_a: ctx.slice(0, start - 1), ctx_b: second, ctx, endings, label };
    });
    await write('hellaswag_val.jsonl', jsonl(official));
    await rm(path.join(folder, 'hellaswag'), { recursive: true });
    expect(contentOf(await fromFolder('hellaswag'))).toEqual(contentOf(await fromParquet('hellaswag')));
  });

  it('SQuAD: the official file', async () => {
    const data = (await hubRows('squad2')).map(({ id, title, context, question, answers }) => {
      const { text } = answers as { readonly text: readonly string[] };
      const qas = [
        {
          id,
          question,
          answers: text.map((answer) => ({ text: answer, answer_start: null })),
          is_impossible: text.length === 0,
        },
      ];
      return { title, paragraphs: [{ context, qas }] };
    });
    await write('dev-v2.0.json', JSON.stringify({ version: 'v2.0', data }));
    expect(contentOf(await fromFolder('squad2'))).toEqual(contentOf(await fromParquet('squad2')));
  });

  it.each(['squad2/validation.jsonl', 'squad_v2/dev-v2.0.jsonl', 'squad2/dev-v2.0.json'])(
    "SQuAD: the hub's rows as JSON lines, %s",
    async (name) => {
      await write(name, jsonl(await hubRows('squad2')));
      expect(contentOf(await fromFolder('squad2'))).toEqual(contentOf(await fromParquet('squad2')));
    },
  );

  it.each([
    ['gsm8k', 'gsm8k/test.jsonl'],
    ['arc_easy', 'ai2_arc/test.jsonl'],
    ['hellaswag', 'hellaswag/validation.jsonl'],
    ['imdb', 'imdb/test.jsonl.gz'],
  ] as const)("%s: the hub's rows as JSON lines, %s", async (task, name) => {
    const rows = jsonl(await hubRows(task));
    await write(name, name.endsWith('.gz') ? gzipSync(rows) : rows);
    expect(contentOf(await fromFolder(task))).toEqual(contentOf(await fromParquet(task)));
  });

  it.each([
    ['neg', 'pos'],
    ['negative', 'Positive'],
    ['0', '1'],
  ])('IMDB: labels %j and %j', async (negative, positive) => {
    const rows = (await hubRows('imdb')).map((row) => ({ ...row, label: row.label === 1 ? positive : negative }));
    await write('imdb/imdb_test.jsonl', jsonl(rows));
    expect(contentOf(await fromFolder('imdb'))).toEqual(contentOf(await fromParquet('imdb')));
  });

  it('IMDB: packed jsonl, and the unpacked aclImdb folder, in any order', async () => {
    await write('imdb/imdb_test.jsonl.gz', gzipSync(jsonl(await hubRows('imdb'))));
    expect(contentOf(await fromFolder('imdb'))).toEqual(contentOf(await fromParquet('imdb')));
    await rm(path.join(folder, 'imdb'), { recursive: true });
    for (const [index, { text, label }] of (await hubRows('imdb')).entries()) {
      await write(label === 1 ? `aclImdb/test/pos/${index}_9.txt` : `aclImdb/test/neg/${index}_2.txt`, text);
    }
    await write('aclImdb/test/pos/urls.txt', 'not a review');
    expect(contentOf(await fromFolder('imdb'))).toEqual(contentOf(await fromParquet('imdb')));
    expect((await fromFolder('imdb')).files).toHaveLength(1);
  });

  it('IMDB: all shards of a parquet file', async () => {
    expect((await fromParquet('imdb')).files).toHaveLength(2);
  });
});

describe('the built-in rows', () => {
  it('need no folder', async () => {
    const { miniTasks } = await import('../../tasks/mini.ts');
    const loaded = await loadItems(miniTasks.gsm8k(), {}, signal);
    expect(loaded.items).toHaveLength(40);
    expect(loaded.examples).toHaveLength(6);
    expect(loaded.notes).toEqual([]);
  });
});
