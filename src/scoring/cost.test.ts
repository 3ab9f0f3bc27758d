import { describe, expect, it } from 'vitest';
import { apiAt as api, measured, usualModel as own, usualPlan as plan } from '../../test/setup/task-costs.ts';
import type { Measurement } from '../core/measurement.ts';
import { overLaunches } from '../metrics/launches.ts';
import { priceOfTokens } from '../metrics/token-counts.ts';
import { createNormalSource, createRandom } from '../stats/random.ts';
import { breakEven, loadCost, ownCost } from './cost.ts';

const unknown: Measurement = { status: 'unavailable', reason: 'no_samples', detail: 'no launch produced a value' };

describe('the price of 1,000 answers', () => {
  it('at full use is that of the hours they take', () => {
    // 1,000 answers take 100 s: 3.6 / 36 = 0.1; at 12 and 9 a second 83.33 s and 111.11 s.
    const { fullUse } = ownCost(own, plan);
    expect(fullUse?.value).toBeCloseTo(0.1, 12);
    expect(fullUse?.interval?.low).toBeCloseTo(1 / 12, 12);
    expect(fullUse?.interval?.high).toBeCloseTo(1 / 9, 12);
  });

  it('adds electricity where energy was measured and has a price', () => {
    // 36 kJ = 0.01 kWh, at a PUE of 1.5 and 2 per kWh: 0.03; of 30 and 40 kJ 0.025 and 0.033333.
    const cost = ownCost(own, { ...plan, electricityPrice: 2, pue: 1.5 });
    expect(cost.electricity?.value).toBeCloseTo(0.03, 12);
    expect(cost.fullUse?.value).toBeCloseTo(0.13, 12);
    expect(cost.fullUse?.interval?.low).toBeCloseTo(1 / 12 + 0.025, 12);
    expect(cost.fullUse?.interval?.high).toBeCloseTo(1 / 9 + 0.1 / 3, 12);
    const without = ownCost({ ...own, energyPerItem: unknown }, { ...plan, electricityPrice: 2 });
    expect([without.electricity, without.fullUse?.value]).toEqual([undefined, expect.closeTo(0.1, 12)]);
  });

  it('has no interval where a spread is not known, and is unknown without a throughput', () => {
    expect(ownCost({ ...own, rate: measured(10, 'items/s') }, plan).fullUse).toEqual({
      value: 0.1,
      interval: undefined,
    });
    const none = ownCost({ ...own, rate: unknown }, { ...plan, answersPerDay: 1 });
    expect([none.fullUse, none.atLoad]).toEqual([undefined, undefined]);
  });
});

describe('the price at a load', () => {
  it('is that of whole devices, of which the throughput tells how many', () => {
    // A device gives 864,000 a day (777,600 to 1,036,800): 2,000,000 take 3 of them, or 2 at best (1.93), 3 at worst (2.57).
    const cost = loadCost(own, plan, 2_000_000);
    expect(cost?.devices).toEqual({ value: 3, interval: { low: 2, high: 3 } });
    expect(cost?.utilisation).toBeCloseTo(2_000_000 / 2_592_000, 12);
    // 3 x 86.4 a day for 2,000 thousands.
    expect(cost?.price.value).toBeCloseTo(0.1296, 12);
    expect(cost?.price.interval?.low).toBeCloseTo(0.0864, 12);
    expect(cost?.price.interval?.high).toBeCloseTo(0.1296, 12);
  });

  it('is that of full use where devices are wholly used', () => {
    const cost = loadCost(own, plan, 864_000);
    expect(cost?.devices.value).toBe(1);
    expect(cost?.price.value).toBeCloseTo(0.1, 12);
  });

  it('takes more devices in a part of the day, paid for all of it or then alone', () => {
    // In a quarter of the day a device gives 216,000: 400,000 take 2.
    const always = loadCost(own, { ...plan, dutyCycle: 0.25 }, 400_000);
    expect(always?.devices.value).toBe(2);
    expect(always?.utilisation).toBeCloseTo(400 / 432, 12);
    expect(always?.price.value).toBeCloseTo((2 * 86.4) / 400, 12);
    const stopped = loadCost(own, { ...plan, dutyCycle: 0.25, paysIdle: false }, 400_000);
    expect(stopped?.price.value).toBeCloseTo((2 * 86.4) / 4 / 400, 12);
  });

  it('counts whole copies of a model that takes several devices', () => {
    // Two devices give 1,728,000 a day.
    expect(loadCost({ ...own, devices: 2 }, plan, 100)?.devices.value).toBe(2);
    expect(loadCost({ ...own, devices: 2 }, plan, 1_728_001)?.devices.value).toBe(4);
  });
});

describe('the break-even', () => {
  it('is where the day of a device costs what the API takes', () => {
    // 86.4 a day against 0.2 per 1,000 (0.15 to 0.24): 432,000 answers (360,000 to 576,000).
    const { load, always, cheaper } = breakEven(ownCost(own, plan), api(0.2, [0.15, 0.24]), plan) ?? {};
    expect(load?.value).toBeCloseTo(432_000, 6);
    expect(load?.interval?.low).toBeCloseTo(360_000, 6);
    expect(load?.interval?.high).toBeCloseTo(576_000, 6);
    // B = C / 2: two devices break even at 864,000, as far as one reaches.
    expect(always?.value).toBeCloseTo(432_000, 6);
    expect(cheaper).toBeUndefined();
  });

  it('knows that a further device must pay off again', () => {
    // 0.12 per 1,000: B = 720,000, C = 864,000; B / (C - B) = 5: from 5 x 720,000 on the ranges overlap.
    const { load, always } = breakEven(ownCost(own, plan), api(0.12), plan) ?? {};
    expect(load?.value).toBeCloseTo(720_000, 6);
    expect(always?.value).toBeCloseTo(3_600_000, 4);
    const priceAt = (day: number): number => loadCost(own, plan, day)?.price.value ?? 0;
    expect(priceAt(721_000)).toBeLessThan(0.12);
    expect(priceAt(864_001)).toBeGreaterThan(0.12);
    for (let day = 3_600_001; day < 8_000_000; day += 7001) expect(priceAt(day)).toBeLessThan(0.12);
    expect(priceAt(3_500_000)).toBeGreaterThan(0.12);
  });

  it('is at no load where full use costs more, and open where only one end of the intervals says so', () => {
    // 86.4 / 0.09 = 960,000 answers: more than 864,000, but fewer than the 1,036,800 that the device may give.
    const { load, always } = breakEven(ownCost(own, plan), api(0.09, [0.088, 0.092]), plan) ?? {};
    expect(load).toEqual({
      value: 'never',
      interval: { low: expect.closeTo(86_400 / 0.092, 6) as number, high: 'never' },
    });
    expect(always?.value).toBe('never');
    const far = breakEven(ownCost(own, plan), api(0.05, [0.04, 0.06]), plan);
    expect(far?.load).toEqual({ value: 'never', interval: { low: 'never', high: 'never' } });
  });

  it('is at no load where electricity alone costs as much', () => {
    const dear = { ...plan, electricityPrice: 100 };
    // 0.01 kWh for 1.
    expect(breakEven(ownCost(own, dear), api(0.9, [0.9, 0.9]), dear)?.load.value).toBe('never');
    // Less 1 of 1.5: 86.4 / 0.5.
    expect(breakEven(ownCost(own, dear), api(1.5), dear)?.load.value).toBeCloseTo(172_800, 6);
  });

  it('is at no load for whoever may give any number, where electricity takes all', () => {
    const dear = { ...plan, electricityPrice: 100 };
    const kept = { ...own, isOffered: true };
    expect(breakEven(ownCost(kept, dear), api(0.9, [0.9, 0.9]), dear)?.load.interval).toMatchObject({ high: 'never' });
    expect(breakEven(ownCost(kept, dear), api(0.5, [0.5, 0.5]), dear)?.load).toEqual({
      value: 'never',
      interval: { low: 'never', high: 'never' },
    });
  });

  it('is open above where electricity is asked for and was not measured', () => {
    const asked = { ...plan, electricityPrice: 2, answersPerDay: 2_000_000 };
    const found = breakEven(ownCost({ ...own, energyPerItem: unknown }, asked), api(0.2, [0.19, 0.21]), asked);
    expect(found?.load).toMatchObject({ value: expect.closeTo(432_000, 6) as number, interval: { high: 'never' } });
    // Its price is too low, so that it is not shown to be cheaper; that the API is cheaper could be.
    expect(found?.cheaper).toBe('open');
    const cheap = breakEven(ownCost({ ...own, energyPerItem: unknown }, asked), api(0.05, [0.04, 0.06]), asked);
    expect(cheap?.cheaper).toBe('api');
  });

  it('is open below where a device may give more than it was asked for', () => {
    const loaded = { ...plan, answersPerDay: 2_000_000 };
    const cost = ownCost({ ...own, isOffered: true }, loaded);
    // 86.4 / 0.05 = 1,728,000 answers: beyond the 864,000 that were measured, but not beyond what may be.
    const found = breakEven(cost, api(0.05, [0.05, 0.05]), loaded);
    expect(found?.load).toEqual({
      value: 'never',
      interval: { low: expect.closeTo(1_728_000, 6) as number, high: 'never' },
    });
    expect(found?.always.interval?.low).toBeCloseTo(1_728_000, 6);
    expect(found?.cheaper).toBe('open');
    expect(breakEven(cost, api(0.2, [0.19, 0.21]), loaded)?.cheaper).toBe('own');
  });

  it('has no interval where a spread is not known, and is unknown without a price', () => {
    expect(breakEven(ownCost(own, plan), api(0.2), plan)?.load.interval).toBeUndefined();
    expect(breakEven(ownCost({ ...own, rate: unknown }, plan), api(0.2), plan)).toBeUndefined();
    expect(breakEven(ownCost(own, plan), { ...api(1), price: unknown }, plan)).toBeUndefined();
  });

  it.each([
    [0.05, [0.04, 0.06], 'api'],
    [0.13, [0.12, 0.14], 'open'],
    [0.2, [0.19, 0.21], 'own'],
    [0.2, undefined, 'open'],
  ] as const)('tells at the load of the plan what is cheaper: %d %j is %s', (price, ends, expected) => {
    const loaded = { ...plan, answersPerDay: 2_000_000 };
    expect(breakEven(ownCost(own, loaded), api(price, ends), loaded)?.cheaper).toBe(expected);
  });
});

describe('intervals', () => {
  /** Launches that vary by 5 % in throughput and 8 % in energy, and answers of about 400 and 60 tokens. */
  function drawn(seed: number): { readonly price: boolean; readonly load: boolean } {
    const normal = createNormalSource(createRandom(seed));
    const launches = (value: number, deviation: number): number[] =>
      Array.from({ length: 4 }, () => value * Math.exp(deviation * normal()));
    const model = {
      ...own,
      rate: overLaunches(launches(10, 0.05), 'items/s', []),
      energyPerItem: overLaunches(launches(36, 0.08), 'J/item', []),
    };
    const dear = { ...plan, electricityPrice: 2, pue: 1.5 };
    const answers = Array.from({ length: 100 }, () => [400 + 50 * normal(), 60 + 20 * normal()] as const);
    const sums = (of: (prompt: number, output: number) => number): number =>
      answers.reduce((total, [prompt, output]) => total + of(prompt, output), 0);
    const counts = {
      items: answers.length,
      uncounted: 0,
      prompt: sums((prompt) => prompt),
      output: sums((_, output) => output),
      promptSquares: sums((prompt) => prompt ** 2),
      outputSquares: sums((_, output) => output ** 2),
      products: sums((prompt, output) => prompt * output),
    };
    const price = priceOfTokens(counts, { input: 2e-7, output: 2e-6 });
    const cost = ownCost(model, dear);
    const { load } = breakEven(cost, { ...api(1), price }, dear) ?? {};
    const holds = (interval: { low: number | 'never'; high: number | 'never' } | undefined, truth: number): boolean =>
      interval !== undefined &&
      interval.low !== 'never' &&
      interval.low <= truth &&
      (interval.high === 'never' || interval.high >= truth);
    // 0.1 of machine and 0.03 of electricity; 86.4 a day over 0.08 + 0.12 - 0.03.
    return { price: holds(cost.fullUse?.interval, 0.13), load: holds(load?.interval, 86_400 / 0.17) };
  }

  it('hold the truth at least as often as they say', () => {
    const all = Array.from({ length: 2000 }, (_, seed) => drawn(seed + 1));
    for (const name of ['price', 'load'] as const) {
      // Three standard errors of 2,000 draws below 95 %.
      expect(all.filter((each) => each[name]).length / all.length).toBeGreaterThan(0.935);
    }
  });
});
