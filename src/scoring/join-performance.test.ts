import { describe, expect, it } from 'vitest';
import type { Measurement, Unit } from '../core/measurement.ts';
import { joinPerformance } from './join-performance.ts';
import type { ScoreboardCell } from './scoreboard.ts';

function number(value: number, unit: Unit): Measurement {
  return { status: 'measured', value, unit, n: 3, warnings: [] };
}

const published: Measurement = { status: 'published', value: 0.5, unit: 'ratio', n: 100, warnings: [] };

function accuracyOnly(model: string, taskId: string): ScoreboardCell {
  return { model, taskId, state: 'done', measurements: { accuracy: published } };
}

function speed(model: string, taskId: string, itemsPerSecond: number): ScoreboardCell {
  return {
    model,
    taskId,
    protocol: 'serving',
    state: 'done',
    measurements: {
      accuracy: number(0.9, 'ratio'),
      throughput: number(itemsPerSecond, 'items/s'),
      memory: { status: 'unavailable', reason: 'unsupported', detail: 'mmap' },
      extra: { strict: number(0.8, 'ratio') },
    },
  };
}

describe('joinPerformance', () => {
  it('takes speed, and never accuracy, from the same task of the same model', () => {
    const { cells, notes } = joinPerformance(
      [accuracyOnly('a', 'gsm8k/lmeval@1')],
      [speed('a', 'gsm8k/per@1', 1), speed('a', 'gsm8k/lmeval@1', 2), speed('b', 'gsm8k/lmeval@1', 3)],
    );
    expect(notes).toEqual([]);
    expect(cells).toEqual([
      {
        ...accuracyOnly('a', 'gsm8k/lmeval@1'),
        protocol: 'serving',
        measurements: {
          accuracy: published,
          throughput: number(2, 'items/s'),
        },
      },
    ]);
  });

  it('takes it from the only other task on the data set, and says so', () => {
    const { cells, notes } = joinPerformance(
      [accuracyOnly('a', 'gsm8k/lmeval@1'), accuracyOnly('b', 'gsm8k/lmeval@1')],
      [speed('a', 'gsm8k/per@1', 1), speed('b', 'gsm8k/per@1', 2), speed('a', 'imdb/per@2', 3)],
    );
    expect(cells.map(({ measurements }) => measurements.throughput)).toEqual([
      number(1, 'items/s'),
      number(2, 'items/s'),
    ]);
    expect(notes).toEqual([
      'Speed and memory for gsm8k/lmeval@1 were measured on gsm8k/per@1, whose prompts and answers differ in length (a, b).',
    ]);
  });

  it.each([
    [
      'another model',
      'model-b',
      'gsm8k/x@1',
      [speed('model-a', 'gsm8k/x@1', 1)],
      'No speed and memory found for model-b: did you mean "model-a"?',
    ],
    ['no model at all', 'q', 'gsm8k/x@1', [], 'No speed and memory found for q.'],
    [
      'another data set',
      'a',
      'gsm8k/x@1',
      [speed('a', 'imdb/per@2', 1)],
      'No speed and memory found for a on gsm8k/x@1; known: imdb/per@2.',
    ],
    [
      'several tasks',
      'a',
      'gsm8k/x@1',
      [speed('a', 'gsm8k/y@1', 1), speed('a', 'gsm8k/z@1', 2)],
      'Speed and memory of a on gsm8k/x@1 could come from gsm8k/y@1, gsm8k/z@1: choose one with --task.',
    ],
    [
      'a cell that failed',
      'a',
      'gsm8k/x@1',
      [{ ...speed('a', 'gsm8k/x@1', 1), state: 'failed' as const }],
      'No speed and memory found for a.',
    ],
  ])('leaves a cell alone where there is %s', (_, model, taskId, performance, expected) => {
    const cell = accuracyOnly(model, taskId);
    expect(joinPerformance([cell], performance)).toEqual({ cells: [cell], notes: [expected] });
  });

  it('keeps what a cell has of its own, and takes a table without tasks for all of them', () => {
    const own = speed('a', 'gsm8k/x@1', 7);
    const { cells, notes } = joinPerformance([own, accuracyOnly('a', 'imdb/y@1')], [speed('a', 'table', 1)]);
    expect([cells[0], cells[1]?.measurements.throughput, notes]).toEqual([own, number(1, 'items/s'), []]);
  });
});
