import { expect, it } from 'vitest';
import type { CellMeasurements } from '../../core/cell.ts';
import type { RaceVerdict } from '../../core/race.ts';
import { toldMeasurements } from './race-record.ts';

const measured = (value: number) => ({ status: 'measured', value, unit: 'ratio', n: 10, warnings: [] }) as const;
const all: CellMeasurements = {
  accuracy: measured(0.5),
  throughput: measured(9),
  energyPerItem: measured(1),
  // The mean of the answers is what the one over the other tells.
  energyPerCorrect: measured(2),
  extra: { f1: measured(0.5) },
};
const verdict: RaceVerdict = {
  model: 'one',
  status: 'eliminated',
  isNamed: false,
  reason: 'accuracy is below 0.6',
  isAssumed: false,
  launches: 1,
  n: 10,
  tau: 0.6,
  logE: 4,
  accuracy: { kind: 'interval', low: 0.1, high: 0.58 },
  values: null,
  score: null,
};

it('tells nothing that a mean of stopped answers is in', () => {
  const { accuracy, throughput, energyPerItem, energyPerCorrect, extra } = toldMeasurements(all, verdict);
  const detail = 'eliminated after 10 items: accuracy is below 0.6; between 0.100 and 0.580';
  expect(accuracy).toEqual({ status: 'unavailable', reason: 'stopped_early', detail });
  expect(energyPerCorrect).toEqual(accuracy);
  expect(extra).toBeUndefined();
  expect([throughput, energyPerItem]).toEqual([all.throughput, all.energyPerItem]);
});

it('tells everything where every item was answered', () => {
  expect(toldMeasurements(all, { ...verdict, accuracy: { kind: 'exact', value: 0.5 } })).toBe(all);
});
