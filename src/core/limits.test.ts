import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { gateLimitsSchema } from './limits-schema.ts';
import {
  constraintNames,
  formatLimit,
  gateLimitNames,
  isConstraint,
  isGateLimit,
  isUpperLimit,
  keepsBound,
  type LimitName,
  limitKind,
  parseBound,
  parseLimit,
  withLimit,
} from './limits.ts';

describe('a limit', () => {
  it.each([
    ['accuracy >= 0.7', 'minAccuracy', 0.7, 'accuracy >= 0.7'],
    ['Accuracy≥70%', 'minAccuracy', 0.7, 'accuracy >= 0.7'],
    ['memory <= 2GiB', 'maxMemory', 2 ** 31, 'memory <= 2 GiB'],
    ['memory<=2gib', 'maxMemory', 2 ** 31, 'memory <= 2 GiB'],
    ['latency <= 1.5s', 'maxLatency', 1500, 'latency <= 1.5 s'],
    ['latency p95 <= 800ms', 'maxLatencyP95', 800, 'latency p95 <= 800 ms'],
    ['latency  P99.9 <= 1 min', 'maxLatencyP99.9', 60_000, 'latency p99.9 <= 1 min'],
    ['TTFT p95 <= 500ms', 'maxTtftP95', 500, 'ttft p95 <= 500 ms'],
    ['tpot p50 <= 50', 'maxTpotP50', 50, 'tpot p50 <= 50 ms'],
    ['e2el p99.9 <= 2s', 'maxE2elP99.9', 2000, 'e2el p99.9 <= 2 s'],
    ['throughput >= 5', 'minThroughput', 5, 'throughput >= 5'],
    ['price <= 0.2', 'maxPrice', 0.2, 'price <= 0.2'],
    ['accuracy drop <= 1%', 'maxAccuracyDrop', 0.01, 'accuracy drop <= 0.01'],
    ['relative accuracy drop <= 5%', 'maxRelativeAccuracyDrop', 0.05, 'relative accuracy drop <= 0.05'],
    ['energy <= 0.5J', 'maxEnergy', 0.5, 'energy <= 0.5 J'],
    ['energy <= 1.5kJ', 'maxEnergy', 1500, 'energy <= 1.5 kJ'],
    ['energy rise <= 10%', 'maxEnergyRise', 0.1, 'energy rise <= 0.1'],
    ['throughput drop <= 0', 'maxThroughputDrop', 0, 'throughput drop <= 0'],
    ['latency rise <= 150%', 'maxLatencyRise', 1.5, 'latency rise <= 1.5'],
    ['latency p95 rise <= 0.1', 'maxLatencyP95Rise', 0.1, 'latency p95 rise <= 0.1'],
    ['memory rise <= 0.1', 'maxMemoryRise', 0.1, 'memory rise <= 0.1'],
    ['accuracy within 2% of best', 'withinBest', 0.02, 'accuracy within 0.02 of the best'],
  ] as const)('%j is read, and written in one way', (text, name, bound, written) => {
    const limit = parseLimit(text);
    expect(limit).toEqual({ name, bound });
    expect(formatLimit(limit)).toBe(written);
    expect(parseLimit(written)).toEqual(limit);
  });

  it.each([
    [
      'fast',
      '`fast` is not a limit: expected one such as `accuracy >= 0.7`, `memory <= 2GiB` or `latency p95 <= 800ms`',
    ],
    ['accuracy > 0.7', 'expected one such as'],
    ['latency p100 <= 1s', 'expected one such as'],
    ['ttft p100 <= 1s', 'expected one such as'],
    ['ttft <= 1s', 'expected one such as'],
    ['ttft p95 >= 1s', 'expected `ttft p95 <= …`'],
    ['withinBest <= 1', 'expected one such as'],
    ['accuracy <= 0.7', '`accuracy <= 0.7` is not a limit: expected `accuracy >= …`'],
    ['memory >= 2GiB', '`memory >= 2GiB` is not a limit: expected `memory <= …`'],
    ['accuracy drop >= 0.1', '`accuracy drop >= 0.1` is not a limit: expected `accuracy drop <= …`'],
    ['memory <= lots', '`memory <= lots` is not a limit: expected a size such as 2GiB or 800MB'],
    ['accuracy >= 70', '`accuracy >= 70` is not a limit: expected a share from 0 to 1, such as 0.7 or 70%'],
    ['accuracy within 2 of the best', 'expected a share from 0 to 1'],
  ])('%j is none, and it is said what was expected', (text, message) => {
    expect(() => parseLimit(text)).toThrow(RangeError);
    expect(() => parseLimit(text)).toThrow(message);
  });

  it.each([
    ['maxAccuracyDrop', 1.1, undefined],
    ['maxAccuracyDrop', Number.NaN, undefined],
    ['maxLatencyRise', '150%', 1.5],
    ['minThroughput', -1, undefined],
    ['maxMemory', 10, 10],
    ['maxMemory', '2gib', 2 ** 31],
    ['maxLatencyP99', '1s', 1000],
  ] as const)('by name, %s of %j is %j', (name, value, bound) => {
    expect(parseBound(name, value)).toBe(bound);
  });

  it('says of every name which way is good, and what is measured for it', () => {
    const names: readonly LimitName[] = [
      ...new Set<LimitName>([...gateLimitNames, ...constraintNames, 'maxLatencyP99', 'maxLatencyP97', 'maxTtftP95']),
    ];
    const rows = names.map((name) => [
      name,
      limitKind(name).metric,
      isUpperLimit(name),
      isConstraint(name),
      isGateLimit(name),
    ]);
    expect(rows).toEqual([
      ['maxAccuracyDrop', 'accuracy', false, false, true],
      ['maxRelativeAccuracyDrop', 'accuracy', false, false, true],
      ['maxThroughputDrop', 'throughput', false, false, true],
      ['maxLatencyRise', 'latency', true, false, true],
      ['maxLatencyP95Rise', 'latencyP95', true, false, true],
      ['maxMemoryRise', 'memory', true, false, true],
      ['maxEnergyRise', 'energyPerItem', true, false, true],
      ['minAccuracy', 'accuracy', false, true, true],
      ['minThroughput', 'throughput', false, true, true],
      ['maxLatency', 'latency', true, true, true],
      ['maxLatencyP95', 'latencyP95', true, true, true],
      ['maxMemory', 'memory', true, true, true],
      ['maxEnergy', 'energyPerItem', true, true, true],
      ['maxPrice', 'pricePerThousand', true, true, true],
      ['maxLatencyP99', 'latencyP99', true, true, false],
      ['maxLatencyP97', undefined, true, true, false],
      ['maxTtftP95', undefined, true, false, false],
    ]);
  });

  it('is kept by its bound, rounding errors aside', () => {
    expect(keepsBound(1 - 0.95, 0.05, true)).toBe(true);
    expect(keepsBound(0.7, 0.7, false)).toBe(true);
    expect(keepsBound(0.05 + 1e-9, 0.05, true)).toBe(false);
    expect(keepsBound(0.7 - 1e-9, 0.7, false)).toBe(false);
  });
});

describe('limits together', () => {
  it('are said once each, and only where they make sense', () => {
    const limits = withLimit({ maxMemory: 5 }, 'accuracy >= 0.7', isConstraint);
    expect(limits).toEqual({ maxMemory: 5, minAccuracy: 0.7 });
    expect(() => withLimit(limits, 'memory <= 2GiB', isConstraint)).toThrow('`memory <= 2GiB` is given twice');
    expect(() => withLimit(limits, 'accuracy drop <= 0.1', isConstraint)).toThrow('does not apply here');
    expect(() => withLimit(limits, 'latency p99 <= 1s', isGateLimit)).toThrow('does not apply here');
  });

  it('mean the same by name and written out, in a suite file', () => {
    const named = gateLimitsSchema(z).parse({ maxAccuracyDrop: '1%', maxMemory: '2gib' });
    expect(gateLimitsSchema(z).parse(['accuracy drop <= 1%', 'memory <= 2GiB'])).toEqual(named);
    const wrong = gateLimitsSchema(z).safeParse(['memory <= 2GiB', 'latency p99 <= 1s']);
    expect(JSON.stringify(wrong.error?.issues)).toContain('`latency p99 <= 1s` does not apply here');
  });

  it('may be advisory, by name and written out, beside others on the same', () => {
    const limits = { maxMemory: 2 ** 31, advisory: { maxMemory: 2 ** 30, maxLatencyRise: 0.1 } };
    const schema = gateLimitsSchema(z);
    expect(schema.parse({ maxMemory: '2GiB', advisory: { maxMemory: '1GiB', maxLatencyRise: '10%' } })).toEqual(limits);
    expect(schema.parse({ maxMemory: '2GiB', advisory: ['memory <= 1GiB', 'latency rise <= 10%'] })).toEqual(limits);
    const written = ['memory <= 2GiB', { advisory: 'memory <= 1GiB' }, { advisory: 'latency rise <= 10%' }];
    expect(schema.parse(written)).toEqual(limits);
    // What was read is read again: runs keep their suite in this form.
    expect(schema.parse(limits)).toEqual(limits);
    const twice = schema.safeParse([{ advisory: 'memory <= 1GiB' }, { advisory: 'memory <= 2GiB' }]);
    expect(JSON.stringify(twice.error?.issues)).toContain('"path":[1,"advisory"]');
  });
});
