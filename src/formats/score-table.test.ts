import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { TableError } from '../core/errors.ts';
import { paperAnchors } from '../scoring/anchors.ts';
import { flagId } from '../scoring/factor.ts';
import { valueOf } from '../scoring/scoreboard.ts';
import { scoreTable } from './score-table.ts';

const header = 'task,model,accuracy,throughput,throughput_unit,latency,latency_unit,memory_mib';
const good = [
  't,a,0.5,100,items/s,10,ms,1000',
  't,b,0.7,50,items/s,20,ms,3000',
  't,c,0.9,10,items/s,60,ms,9000',
  't,d,0.6,80,items/s,15,ms,2000',
];

function table(...lines: readonly string[]): string {
  return lines.join('\n');
}

function problems(text: string): string {
  try {
    scoreTable(text, { file: 'mine.csv' });
  } catch (error) {
    if (error instanceof TableError) return error.message;
    throw error;
  }
  return 'no problem';
}

describe('scoreTable', () => {
  it('scores a table', () => {
    const { scoreboards, notes } = scoreTable(table(header, ...good));
    expect(scoreboards).toHaveLength(1);
    expect(scoreboards[0]?.rows.map(({ model, rank, score }) => [model, rank, score?.toFixed(6)])).toEqual([
      ['a', 3, '0.000000'],
      ['d', 1, '0.625549'],
      ['b', 2, '0.604275'],
      ['c', 3, '0.000000'],
    ]);
    expect(valueOf(scoreboards[0]?.rows[1]?.measurements.memory)).toBe(2000 * 2 ** 20);
    expect(notes).toEqual([]);
  });

  it("takes the paper's table, five tasks of 16 models", () => {
    const text = readFileSync(new URL('../../data/paper.csv', import.meta.url), 'utf8');
    const { scoreboards, notes } = scoreTable(text, { anchors: paperAnchors });
    expect(scoreboards.map(({ taskId, rows }) => `${taskId} ${rows.length}`)).toEqual([
      'gsm8k 16',
      'squad2 16',
      'hellaswag 16',
      'imdb 16',
      'arc_easy 16',
    ]);
    expect(scoreboards.map(({ rows }) => rows[0]?.model)).toEqual([
      'Qwen2.5-1.5B',
      'Gemma-2-2B',
      'Qwen2.5-1.5B',
      'Qwen2.5-0.5B',
      'Qwen2.5-1.5B',
    ]);
    expect(notes).toEqual([]);
    // As printed in the paper, where memory is headed MB and counted in multiples of 1,024.
    const asPrinted = scoreTable(text.replace('memory_mib', 'memory_mb'), { anchors: paperAnchors });
    expect(asPrinted.scoreboards).toEqual(scoreboards);
    expect(asPrinted.notes).toEqual(['"memory_mb" is read as MiB (2^20 bytes); use memory_bytes to be explicit']);
  });

  it('understands other headings, units and separators', () => {
    const text = '\uFEFFModel;ACC;tokens_per_second;latency_s;Memory GB\nx;0.5;10;0.2;1\ny;0.6;20;0.1;2\n\n';
    const { scoreboards, notes } = scoreTable(text);
    expect(scoreboards[0]).toMatchObject({
      taskId: 'table',
      units: { accuracy: 'ratio', throughput: 'tokens/s', latency: 'ms', memory: 'bytes' },
    });
    expect(scoreboards[0]?.rows.map(({ measurements }) => valueOf(measurements.latency))).toEqual([100, 200]);
    expect(notes).toEqual(['"Memory GB" is read as GiB (2^30 bytes); use memory_bytes to be explicit']);
    const percent = scoreTable('model\taccuracy percent\tthroughput\tlatency\tmemory_bytes\nx\t50\t1\t1\t1\n');
    expect(valueOf(percent.scoreboards[0]?.rows[0]?.measurements.accuracy)).toBe(0.5);
    expect(percent.notes).toEqual([
      'the table gives no unit of throughput: items/s assumed',
      'the table gives no unit of latency: ms assumed',
    ]);
  });

  it('says which column it does not read, and what may have been meant', () => {
    const { notes } = scoreTable(table(`${header},acuracy_n,comment`, ...good.map((line) => `${line},5,fine`)));
    expect(notes).toEqual(['column "acuracy_n" is ignored; did you mean "accuracy_n"?', 'column "comment" is ignored']);
  });

  it('leaves models without a measurement out of the scores', () => {
    const { scoreboards } = scoreTable(table(header, ...good, 't,e,0.99,1e9,items/s,n/a,ms,-'));
    expect(scoreboards[0]?.rows.at(-1)).toMatchObject({ model: 'e', score: undefined });
    expect(scoreboards[0]?.rows.at(-1)?.flags.map(({ text }) => text)).toEqual([
      'LAT not measured (empty in the table)',
      'MEM not measured (empty in the table)',
    ]);
    expect(scoreboards[0]?.rows.find(({ model }) => model === 'd')?.score).toBeCloseTo(0.625549275487, 11);
  });

  it('takes intervals and item counts', () => {
    const text = table(
      `${header},accuracy_n,throughput_low,throughput_high`,
      't,a,0.9,100,items/s,10,ms,1000,50,90,110',
      't,b,0.7,50,items/s,20,ms,3000,50,,',
    );
    const measurements = scoreTable(text).scoreboards[0]?.rows.find(({ model }) => model === 'a')?.measurements;
    expect(measurements?.accuracy).toMatchObject({
      n: 50,
      interval: { method: 'wilson', low: expect.closeTo(0.786397685625, 10) },
    });
    expect(measurements?.throughput).toMatchObject({ interval: { low: 90, high: 110 } });
  });

  it('keeps failed rows failed', () => {
    const { scoreboards } = scoreTable(
      table(`${header},state,error`, ...good.map((line) => `${line},done,`), 't,e,,,,,,,failed,out of memory'),
    );
    expect(scoreboards[0]?.rows.at(-1)?.flags.map((flag) => [flagId(flag), flag.text])).toEqual([
      ['failed', 'out of memory'],
    ]);
  });

  it('has one line per problem, with file, line and column', () => {
    const text = table(
      header,
      't,a,58,100,items/s,10,ms,1000',
      't,b,0.7,fast,items/s,20,ms,3000',
      't,c,0.9,10,furlongs,-60,ms,0',
      't,,0.6,NaN,items/s,Infinity,ms,2000',
      't,d,"0,6",1e999,items/s,0x10,ms,2000',
    );
    expect(problems(text)).toMatchInlineSnapshot(`
      "mine.csv:2:accuracy: expected a number from 0 to 1, got "58" (write 0.58 for 58 %)
      mine.csv:3:throughput: expected a number of at least 0, got "fast"
      mine.csv:4:throughput_unit: expected a unit (tokens/s, items/s, samples/s), got "furlongs"
      mine.csv:4:latency: expected a number of at least 0, got "-60"
      mine.csv:4:memory_mib: expected a number above 0, got "0"
      mine.csv:5:model: expected the name of a model, got nothing
      mine.csv:5:throughput: expected a number of at least 0, got "NaN"
      mine.csv:5:latency: expected a number of at least 0, got "Infinity"
      mine.csv:6:accuracy: expected a number from 0 to 1, got "0,6" (write 0.6)
      mine.csv:6:throughput: expected a number of at least 0, got "1e999"
      mine.csv:6:latency: expected a number of at least 0, got "0x10""
    `);
  });

  it('refuses tables that are no table of measurements', () => {
    expect(problems('')).toBe('mine.csv:1: expected a heading, got an empty file');
    expect(problems('a,b\n1,2\n')).toMatchInlineSnapshot(`
      "mine.csv:1: expected a column for model (model); the table has a, b
      mine.csv:1: expected a column for accuracy (accuracy, acc, accuracy_percent); the table has a, b
      mine.csv:1: expected a column for throughput (throughput, thr, tokens_per_second, items_per_second, samples_per_second); the table has a, b
      mine.csv:1: expected a column for latency (latency, lat, latency_ms, latency_s, ms_per_token, ms_per_item, ms_per_sample); the table has a, b
      mine.csv:1: expected a column for memory (memory, mem, memory_bytes, memory_mb, mem_mb, memory_mib, memory_gb, memory_gib); the table has a, b"
    `);
    expect(problems(`${header}\n`)).toBe('mine.csv:1: expected rows below the heading, got none');
    expect(problems(table(header, good[0] ?? '', 't,b,0.7'))).toBe(
      'mine.csv:3: expected 8 cells as in the heading, got 3',
    );
    expect(problems(table(header, 't,"a,0.5'))).toMatchInlineSnapshot(
      `"mine.csv:2: not readable as CSV: Quote Not Closed: the parsing is finished with an opening quote at line 2"`,
    );
    expect(problems(table(`${header},acc`, ...good.map((line) => `${line},1`)))).toBe(
      'mine.csv:1:acc: is a second column for accuracy; keep one',
    );
  });

  it('refuses the same model twice', () => {
    expect(problems(table(header, ...good, good[1] ?? ''))).toBe(
      'mine.csv:6:model: expected one row per model and task, got "b" again (first in line 3)',
    );
  });

  it('shows 20 problems and counts the rest', () => {
    const lines = problems(
      table(header, ...Array.from({ length: 30 }, (_, index) => `t,m${index},2,1,items/s,1,ms,1`)),
    ).split('\n');
    expect(lines).toHaveLength(21);
    expect(lines.at(-1)).toBe('and 10 more');
  });

  it('refuses a row in another unit than the others', () => {
    const { scoreboards } = scoreTable(table(header, ...good, 't,e,0.8,100,tokens/s,10,ms,1000'));
    expect(scoreboards[0]?.rows.at(-1)?.flags[0]?.text).toBe('THR is in tokens/s, the others are in items/s');
  });
});
