import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DataError, InvalidItemError } from '../../core/errors.ts';
import type { Task } from '../../core/task.ts';
import { arcLmEval } from '../../tasks/arc.ts';
import { gsm8kLmEval } from '../../tasks/gsm8k.ts';
import { hellaswagPer } from '../../tasks/hellaswag.ts';
import { imdbPer } from '../../tasks/imdb.ts';
import { squadPer } from '../../tasks/squad.ts';
import { loadItems } from './load-items.ts';
import type { LoadedItems } from './loaded-items.ts';

const golden = path.join(import.meta.dirname, '../../../test/golden/datasets');

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'perbench-data-errors-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function write(name: string, content: string | Uint8Array): Promise<void> {
  const at = path.join(folder, name);
  await mkdir(path.dirname(at), { recursive: true });
  await writeFile(at, content);
}

const load = async (task: Task, skipInvalid = false, signal = new AbortController().signal): Promise<LoadedItems> =>
  loadItems(task, { dataDir: folder, skipInvalid }, signal);

/** Message of the error, with the temporary folder as DIR. */
async function messageOf(run: Promise<unknown>, kind: typeof DataError | typeof InvalidItemError): Promise<string> {
  const error: unknown = await run.then(
    () => 'no error',
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(kind);
  const { message } = error as Error;
  expect(message).not.toContain('\n');
  return message.replaceAll(folder, 'DIR');
}

const gsm8k = gsm8kLmEval('strict', 0);
const row = (question: string): string => JSON.stringify({ question, answer: 'so\n#### 4' });

describe('a split that is not there', () => {
  it('lists what was looked for', async () => {
    expect(await messageOf(load(gsm8k), DataError)).toMatchInlineSnapshot(
      `"gsm8k: split "test" is not in DIR; looked for gsm8k/test.jsonl, grade_school_math/data/test.jsonl, grade-school-math/grade_school_math/data/test.jsonl, test.jsonl, gsm8k/main/test-*.parquet, gsm8k/test-*.parquet, grade_school_math/data/main/test-*.parquet, grade_school_math/data/test-*.parquet, grade-school-math/grade_school_math/data/main/test-*.parquet, grade-school-math/grade_school_math/data/test-*.parquet, main/test-*.parquet"`,
    );
  });

  it('says so where the folder is missing, a file, or not given', async () => {
    const signal = new AbortController().signal;
    const missing = loadItems(gsm8k, { dataDir: path.join(folder, 'nowhere') }, signal);
    expect(await messageOf(missing, DataError)).toBe('gsm8k: DIR/nowhere is not a folder');
    await write('file', '');
    const file = loadItems(gsm8k, { dataDir: path.join(folder, 'file') }, signal);
    expect(await messageOf(file, DataError)).toBe('gsm8k: DIR/file is not a folder');
    expect(await messageOf(loadItems(gsm8k, {}, signal), DataError)).toBe('gsm8k: no data folder given');
  });

  it('is named where only the examples are missing', async () => {
    await write('gsm8k/test.jsonl', row('a'));
    expect(await messageOf(load(gsm8kLmEval('strict')), DataError)).toMatch(/^gsm8k: split "train" is not in DIR/u);
  });

  it('is named where one shard of several is missing', async () => {
    const shard = await readFile(path.join(golden, 'imdb/plain_text/test-00001-of-00002.parquet'));
    await write('imdb/plain_text/test-00001-of-00002.parquet', shard);
    expect(await messageOf(load(imdbPer()), DataError)).toBe(
      'DIR/imdb/plain_text: shard 0 of 2 of the parquet file "test" is missing',
    );
  });
});

describe('a damaged file', () => {
  it('is refused where jsonl is cut off, even when rows may be skipped', async () => {
    await write('gsm8k/test.jsonl', `${row('a')}\n${row('b').slice(0, 20)}`);
    expect(await messageOf(load(gsm8k, true), DataError)).toBe(
      'DIR/gsm8k/test.jsonl:2: the file ends in the middle of a row',
    );
  });

  it('is refused where JSON is cut off or not SQuAD', async () => {
    const squad = squadPer(undefined, 0);
    await write('squad2/dev-v2.0.json', '{"version": "v2.0", "data": [{"title": "x"');
    expect(await messageOf(load(squad), DataError)).toMatch(/^DIR\/squad2\/dev-v2\.0\.json: not valid JSON: .+/u);
    await write('squad2/dev-v2.0.json', '{"data": [{"title": "x"}]}');
    expect(await messageOf(load(squad), DataError)).toBe(
      'DIR/squad2/dev-v2.0.json: `data[0].paragraphs` must be a list, as in an official SQuAD 2.0 file',
    );
    await write('squad2/dev-v2.0.json', '[]');
    expect(await messageOf(load(squad), DataError)).toMatch(/`data` must be a list/u);
  });

  it('is refused where gzip is cut off or none', async () => {
    const packed = gzipSync(`${row('a')}\n`.repeat(1000));
    await write('gsm8k/test.jsonl.gz', packed.subarray(0, packed.length - 20));
    expect(await messageOf(load(gsm8k), DataError)).toMatch(
      /^DIR\/gsm8k\/test\.jsonl\.gz: not a complete gzip file: .+/u,
    );
    await write('gsm8k/test.jsonl.gz', 'plain text');
    expect(await messageOf(load(gsm8k), DataError)).toMatch(/not a complete gzip file: incorrect header check/u);
  });

  it.each([0.3, 0.6, 0.95])('is refused where parquet is cut off after %f of it', async (share) => {
    const whole = await readFile(path.join(golden, 'gsm8k/main/test-00000-of-00001.parquet'));
    await write('gsm8k/main/test-00000-of-00001.parquet', whole.subarray(0, Math.floor(share * whole.length)));
    expect(await messageOf(load(gsm8k), DataError)).toMatch(/parquet: not a complete parquet file: .+/u);
  });

  it('is refused where parquet is damaged inside', async () => {
    const whole = await readFile(path.join(golden, 'gsm8k/main/test-00000-of-00001.parquet'));
    await write('gsm8k/main/test-00000-of-00001.parquet', whole.fill(0xff, 4, 400));
    expect(await messageOf(load(gsm8k), DataError)).toMatch(/parquet: not a complete parquet file: .+/u);
  });

  const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1234\n';

  it.each([
    ['gsm8k/test.jsonl', pointer, 'a pointer of Git LFS, not the file'],
    ['gsm8k/test.jsonl.gz', pointer, 'a pointer of Git LFS, not the file'],
    ['gsm8k/main/test-00000-of-00001.parquet', pointer, 'a pointer of Git LFS, not the file'],
    ['gsm8k/test.jsonl', '<!DOCTYPE html><title>404</title>', 'a web page'],
    ['gsm8k/test.jsonl', 'PK\u0003\u0004', 'an Excel workbook or a zip archive'],
  ])('is named where %s is something else: %j', async (name, content, what) => {
    await write(name, content);
    expect(await messageOf(load(gsm8k), DataError)).toBe(`DIR/${name}: ${what}`);
  });

  it('is refused where text is not UTF-8', async () => {
    await write('gsm8k/test.jsonl', Buffer.concat([Buffer.from(`${row('a')}\n`), Buffer.from([0x22, 0xff, 0x22, 10])]));
    expect(await messageOf(load(gsm8k), DataError)).toBe('DIR/gsm8k/test.jsonl:2: not valid UTF-8');
  });

  it('is refused where an aclImdb folder has only one half', async () => {
    await write('aclImdb/test/pos/0_9.txt', 'good');
    expect(await messageOf(load(imdbPer()), DataError)).toMatch(/^DIR\/aclImdb\/test\/neg: cannot be read: ENOENT/u);
  });

  it('is refused where it holds nothing', async () => {
    await write('gsm8k/test.jsonl', '\n\n');
    expect(await messageOf(load(gsm8k), DataError)).toBe(
      'DIR/gsm8k/test.jsonl: no rows for gsm8k/lmeval5-strict-0shot@1',
    );
    await write('gsm8k/test.jsonl', '{}\n{}\n');
    expect(await messageOf(load(gsm8k, true), DataError)).toMatch(/no rows/u);
  });
});

describe('a row that does not fit', () => {
  it.each([
    ['{"question": "q"}', '`answer` must be text, got nothing'],
    ['{"question": 5, "answer": "#### 4"}', '`question` must be text, got 5'],
    ['{"question": "", "answer": "#### 4"}', '`question` must be non-empty text, got ""'],
    ['{"question": ["q"], "answer": "#### 4"}', '`question` must be text, got a list of 1'],
    ['"text"', '`row` must be an object, got "text"'],
    ['null', '`row` must be an object, got null'],
    ['{"question": "q", "answer": "four"}', '`answer` must be text that ends with a line "#### <number>", got "four"'],
    ['{"question": "q", "answer": }', "`row` must be JSON, got invalid JSON: Unexpected token '}'"],
  ])('is named with file, line and key: %s', async (bad, message) => {
    await write('gsm8k/test.jsonl', `${row('a')}\n\n${bad}\n${row('b')}\n`);
    const expected = `DIR/gsm8k/test.jsonl:3: ${message}`;
    expect(await messageOf(load(gsm8k), InvalidItemError)).toBe(expected);
  });

  it.each([
    [{ choices: { text: ['x', 'y'], label: ['A'] } }, '`choices.label` must be as long as choices.text (2), got 1'],
    [{ choices: { text: ['x', 5], label: ['A', 'B'] } }, '`choices.text.1` must be text, got 5'],
    [{ answerKey: 'E' }, '`answerKey` must be one of A, B, got "E"'],
    [{ choices: { text: 'uvwxyz'.split(''), label: 'ABCDEF'.split('') } }, '`choices` must be 2 to 5, got 6'],
    [
      { question: { stem: 'q', choices: [{ text: 'x' }, { text: 'y', label: 'B' }] } },
      '`question.choices.0.label` must be text, got nothing',
    ],
  ])('of ARC is named: %j', async (change, message) => {
    const fine = { id: '1', question: 'q', choices: { text: ['x', 'y'], label: ['A', 'B'] }, answerKey: 'A' };
    await write('arc_easy/ARC-Easy-test.jsonl', `${JSON.stringify({ ...fine, ...change })}\n`);
    expect(await messageOf(load(arcLmEval(0)), InvalidItemError)).toBe(
      `DIR/arc_easy/ARC-Easy-test.jsonl:1: ${message}`,
    );
  });

  it.each([
    [{ label: 4 }, '`label` must be 0, 1, 2 or 3, got 4'],
    [{ label: '' }, '`label` must be 0, 1, 2 or 3, got ""'],
    [{ endings: ['a', 'b', 'c'] }, '`endings` must be at least 4 entries, got a list of 3'],
    [{ ctx_a: 'c', ctx_b: null }, '`ctx_b` must be text, got null'],
    [{ ctx_a: 'c', ctx_b: '', endings: ['a', '[x]', 'c', 'd'] }, '`endings.1` must be non-empty text, got "[x]"'],
  ])('of HellaSwag is named: %j', async (change, message) => {
    const fine = { activity_label: 'l', ctx: 'c', endings: ['a', 'b', 'c', 'd'], label: 0 };
    await write('hellaswag/hellaswag_val.jsonl', `${JSON.stringify({ ...fine, ...change })}\n`);
    expect(await messageOf(load(hellaswagPer(undefined, 0)), InvalidItemError)).toContain(message);
  });

  it.each([
    [
      { is_impossible: true },
      '`data[0].paragraphs[0].qas[1].is_impossible` must be false, as there are 1 answers, got true',
    ],
    [{ answers: [{ text: 3 }] }, '`data[0].paragraphs[0].qas[1].answers.0.text` must be text, got 3'],
    [{ id: undefined }, '`data[0].paragraphs[0].qas[1].id` must be text, got nothing'],
    [{ answers: undefined }, '`data[0].paragraphs[0].qas[1].answers` must be a list, got nothing'],
  ])('of SQuAD is named by its path: %j', async (change, message) => {
    const fine = { id: '1', question: 'q', answers: [{ text: 'a' }], is_impossible: false };
    const qas = [fine, { ...fine, id: '2', ...change }];
    await write(
      'squad2/dev-v2.0.json',
      JSON.stringify({ data: [{ title: 't', paragraphs: [{ context: 'c', qas }] }] }),
    );
    expect(await messageOf(load(squadPer(undefined, 0)), InvalidItemError)).toBe(
      `DIR/squad2/dev-v2.0.json:2: ${message}`,
    );
  });

  it.each([
    ['positive!', '"positive!"'],
    [2, '2'],
    [-1, '-1'],
    [null, 'null'],
    [undefined, 'nothing'],
    [[1], 'a list of 1'],
  ])('of IMDB is named: label %j', async (label, got) => {
    await write('imdb/imdb_test.jsonl', `${JSON.stringify({ text: 'A film.', label })}\n`);
    expect(await messageOf(load(imdbPer(undefined, 0)), InvalidItemError)).toBe(
      `DIR/imdb/imdb_test.jsonl:1: \`label\` must be 0 or 1, or "neg" or "pos", got ${got}`,
    );
  });

  it('of a parquet file is named by its number', async () => {
    await write(
      'gsm8k/main/test-00000-of-00001.parquet',
      await readFile(path.join(golden, 'imdb/plain_text/test-00000-of-00002.parquet')),
    );
    expect(await messageOf(load(gsm8k), InvalidItemError)).toMatch(/parquet:1: `question` must be text, got nothing/u);
  });

  it('is left out and counted where that is asked for, without moving the others', async () => {
    await write('gsm8k/test.jsonl', `${row('a')}\nnot json\n{}\n${row('b')}\n`);
    const { items, itemIds, skipped, notes } = await load(gsm8k, true);
    expect(items).toHaveLength(2);
    expect(itemIds.map((id) => id.slice(0, 5))).toEqual(['00000', '00003']);
    expect(skipped.map(({ at }) => at.line)).toEqual([2, 3]);
    expect(notes).toEqual(['gsm8k/lmeval5-strict-0shot@1: 2 items here, 1319 in the published benchmark']);
  });
});

describe('rows with the same id', () => {
  const arc = (id: string): string =>
    JSON.stringify({ id, question: 'q', choices: { text: ['x', 'y'], label: ['A', 'B'] }, answerKey: 'A' });

  it('are refused, with both places', async () => {
    await write('arc_easy/ARC-Easy-test.jsonl', `${arc('1')}\n${arc('2')}\n${arc('1')}\n`);
    expect(await messageOf(load(arcLmEval(0)), InvalidItemError)).toBe(
      'DIR/arc_easy/ARC-Easy-test.jsonl:3: `id` must be unique, got "1" again (first at DIR/arc_easy/ARC-Easy-test.jsonl:1)',
    );
  });

  it('are left out but for the first where bad rows may be skipped', async () => {
    await write('arc_easy/ARC-Easy-test.jsonl', `${arc('1')}\n${arc('1')}\n${arc('2')}\n`);
    const { itemIds, skipped } = await load(arcLmEval(0), true);
    expect(itemIds).toEqual(['1', '2']);
    expect(skipped).toHaveLength(1);
  });
});

describe('rows that cannot make up the task', () => {
  it('are refused where a label is too rare', async () => {
    await write('imdb/imdb_test.jsonl', '{"text": "good", "label": 1}\n');
    expect(await messageOf(load(imdbPer()), DataError)).toBe(
      'DIR/imdb/imdb_test.jsonl: imdb/per@2 needs 500 different reviews of each label, found only 1 in total',
    );
  });

  it('are refused where there are fewer examples than the prompt shows', async () => {
    await write('gsm8k/test.jsonl', `${row('a')}\n`);
    await write('gsm8k/train.jsonl', `${row('b')}\n`);
    expect(await messageOf(load(gsm8kLmEval('strict')), DataError)).toBe(
      'DIR/gsm8k/train.jsonl: gsm8k/lmeval5-strict@1 needs 5 few-shot examples, found 1 rows',
    );
  });

  it('are refused where the examples are the evaluated items', async () => {
    const rows = ['a', 'b', 'c', 'd', 'e'].map(row).join('\n');
    await write('gsm8k/test.jsonl', `${rows}\n`);
    await write('gsm8k/train.jsonl', `${rows}\n`);
    expect(await messageOf(load(gsm8kLmEval('strict')), DataError)).toBe(
      'gsm8k/lmeval5-strict@1: 5 of 5 few-shot examples are also evaluated items',
    );
  });
});

describe('reading', () => {
  it('stops when it is told to', async () => {
    await write('gsm8k/test.jsonl', `${row('a')}\n`.repeat(10));
    await expect(load(gsm8k, false, AbortSignal.abort())).rejects.toThrow(/abort/iu);
  });

  it('says which file cannot be read', async () => {
    await mkdir(path.join(folder, 'gsm8k/test.jsonl'), { recursive: true });
    expect(await messageOf(load(gsm8k), DataError)).toMatch(/is not in DIR/u);
  });
});
