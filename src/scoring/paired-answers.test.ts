import { describe, expect, it } from 'vitest';
import { cell, compared } from '../../test/setup/compared-cells.ts';
import type { CellEvidence, ItemAnswer } from './compare-cells.ts';
import { changeText, comparisonVerdict, type MetricComparison } from './comparison.ts';

/** A cell of 100 items, half of them right, with what else is measured of each. */
function measuredCell(metricsOf: (item: number) => ItemAnswer['metrics'], change: Partial<CellEvidence> = {}) {
  const plain = cell(50, 100, { launches: {}, ...change });
  const answers = Array.from(
    plain.answers,
    ([id, answer], item) => [id, { ...answer, metrics: metricsOf(item) }] as const,
  );
  return { ...plain, answers: new Map(answers) };
}

function rows(a: CellEvidence, b: CellEvidence): readonly MetricComparison[] {
  return compared(a, b).metrics.slice(1);
}

const valid = (count: number) => measuredCell((item) => ({ json_valid: item < count ? 1 : 0, 'field:date': 1 }));

describe('metrics of items', () => {
  it('are compared as accuracy is, beneath it, but for single fields', () => {
    const [row, ...others] = rows(valid(60), valid(90));
    expect(others).toEqual([]);
    expect(row).toMatchObject({
      metric: 'extra.json_valid',
      a: { value: 0.6, n: 100 },
      b: { value: 0.9 },
      test: 'McNemar mid-p',
      verdict: 'better',
    });
    expect(row?.change).toBeCloseTo(0.3, 10);
    expect(row?.interval?.low).toBeGreaterThan(0.2);
    expect(row?.interval?.high).toBeLessThan(0.4);
    expect(row && changeText(row)).toBe('+30.0 points');
    expect(rows(valid(90), valid(60))[0]?.verdict).toBe('worse');
    expect(rows(valid(60), valid(61))[0]?.verdict).toBe('no_clear_difference');
  });

  it('count as 0 where no answer came', () => {
    const half = measuredCell((item) => (item < 50 ? { fields_right: 0.5 } : {}));
    const [row] = rows(
      half,
      measuredCell(() => ({ fields_right: 0.5 })),
    );
    expect(row).toMatchObject({ a: { value: 0.25 }, b: { value: 0.5 }, verdict: 'better' });
  });

  it('of which nobody knows which way is good are called different', () => {
    const often = (count: number) => measuredCell((item) => ({ ties: item < count ? 1 : 0 }));
    const found = compared(often(10), often(40));
    expect(found.metrics[1]).toMatchObject({ metric: 'extra.ties', verdict: 'different' });
    expect(comparisonVerdict([found], { a: 'A', b: 'B' })).toBe(
      'B against A: different in ties (+30.0 points); no clear difference in the rest (~).',
    );
  });

  it('are part of the sentence', () => {
    const found = compared(valid(60), valid(90));
    expect(comparisonVerdict([found], { a: 'A', b: 'B' })).toBe(
      'B against A: better in valid JSON (+30.0 points); no clear difference in the rest (~).',
    );
  });

  it('are left out where a side does not tell them, is not finished, or has values outside of [0, 1]', () => {
    expect(rows(valid(60), cell(50, 100, { launches: {} }))).toEqual([]);
    expect(rows(valid(60), { ...valid(90), state: 'running' })).toEqual([]);
    const long = measuredCell((item) => ({ words: item, f1: 1 }));
    expect(rows(long, long).map(({ metric }) => metric)).toEqual(['extra.f1']);
  });

  it('are in the doubts of accuracy', () => {
    const warnings = [{ reason: 'budget_cut', detail: '9 % of the items have no answer' }] as const;
    const accuracy = { status: 'measured', value: 0.5, unit: 'ratio', n: 100, warnings } as const;
    const doubtful = { ...valid(60), measurements: { accuracy } };
    expect(rows(doubtful, valid(90))[0]?.doubts).toEqual(['A: budget_cut: 9 % of the items have no answer']);
  });
});
