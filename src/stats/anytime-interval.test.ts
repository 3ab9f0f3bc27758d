import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arrangements } from '../../test/setup/arrangements.ts';
import { anytimeInterval, createBettingTest, type BettingHypothesis } from './anytime-interval.ts';

// Expected values: computed independently in Python and JavaScript.
const paired = [1, 0, 1, 0, 0, 1, -1, 1, 1, 0, 1, 1];
const answers = [1, 1, 0, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1];
const difference = { mean: 0, low: -1, high: 1 };

function trace(hypothesis: BettingHypothesis, values: readonly number[]): Record<'logE' | 'lambda' | 'm', number[]> {
  const test = createBettingTest(hypothesis);
  const steps = values.map((value) => ({ ...test.observe(value), logE: test.state.logEvidence }));
  return {
    logE: steps.map(({ logE }) => logE),
    lambda: steps.map(({ lambda }) => lambda),
    m: steps.map(({ conditionalMean }) => conditionalMean),
  };
}

function firstAbove(hypothesis: BettingHypothesis, values: readonly number[]): number {
  return trace(hypothesis, values).logE.findIndex((logE) => logE >= Math.log(20)) + 1;
}

function closeTo(expected: readonly number[]): unknown[] {
  return expected.map((value) => expect.closeTo(value, 9));
}

describe('createBettingTest', () => {
  it('bets on an endless source', () => {
    const { logE, lambda } = trace(difference, paired);
    expect(logE).toEqual(
      closeTo([
        0, 0, 0.4054651081, 0.4054651081, 0.4054651081, 0.8109302162, 0.1177830357, 0.5018519964, 0.9073171045,
        0.9073171045, 1.312782213, 1.718247321,
      ]),
    );
    expect(lambda).toEqual(closeTo([0, 1, 1, 1, 1, 1, 1, 0.9364933791, 1, 1, 1, 1]));
  });

  it('bets without replacement', () => {
    const { logE, m } = trace({ ...difference, populationSize: 20 }, paired);
    expect(logE).toEqual(
      closeTo([
        0, 0.02739897419, 0.4713303631, 0.5358688843, 0.6048617557, 1.107965333, 0.4148181529, 0.9346936121,
        1.540829416, 1.777342006, 2.498745544, 3.244112992,
      ]),
    );
    expect(m).toEqual(
      closeTo([
        0.5, 0.4736842105, 0.4722222222, 0.4411764706, 0.4375, 0.4333333333, 0.3928571429, 0.4230769231, 0.375,
        0.3181818182, 0.3, 0.2222222222,
      ]),
    );
  });

  it('does not take "all remaining items may score 0" for a proof', () => {
    const { logE, m } = trace({ ...difference, populationSize: 4 }, [1, -1, 1, -1]);
    expect(logE).toEqual(closeTo([0, -0.5465437064, -0.5465437064, -0.5465437064]));
    expect(m).toEqual(closeTo([0.5, 0.3333333333, 0.5, 0]));
  });

  it('is certain once the hypothesis is impossible', () => {
    const { logE } = trace({ ...difference, populationSize: 4 }, [1, 1, 1, 0]);
    expect(logE[1]).toBeCloseTo(0.6109090823, 9);
    expect(logE.slice(2)).toEqual([Infinity, Infinity]);
  });

  it('opens and closes a gate', () => {
    expect(firstAbove({ mean: 0.5 }, answers)).toBe(17);
    expect(trace({ mean: 0.5 }, answers).logE[19]).toBeCloseTo(4.2695983, 7);
    expect(firstAbove({ mean: 0.5, populationSize: 40 }, answers)).toBe(13);
    expect(trace({ mean: 0.5, populationSize: 40 }, answers).logE[19]).toBeCloseTo(6.936896288, 9);
    const wrong = answers.map((value) => 1 - value);
    expect(firstAbove({ mean: 0.05, populationSize: 40 }, wrong)).toBe(15);
  });

  it('goes on from a stored state', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 30 }),
        fc.nat(30),
        (values, cut) => {
          const hypothesis = { mean: 0.4, populationSize: 30 };
          const whole = createBettingTest(hypothesis);
          for (const value of values) whole.observe(value);
          const before = createBettingTest(hypothesis);
          for (const value of values.slice(0, cut)) before.observe(value);
          const after = createBettingTest(hypothesis, before.state);
          for (const value of values.slice(cut)) after.observe(value);
          expect(after.state).toEqual(whole.state);
        },
      ),
    );
  });

  it('refuses what is out of range', () => {
    expect(() => createBettingTest({ mean: 2 })).toThrow('the tested mean must be in 0 to 1, got 2');
    expect(() => createBettingTest({ mean: 0, low: 1, high: 1 })).toThrow('a betting test needs a range, got 1 to 1');
    expect(() => createBettingTest({ mean: 0.5, populationSize: 0.5 })).toThrow('a whole number above 0, got 0.5');
    expect(() => createBettingTest({ mean: 0.5 }).observe(1.1)).toThrow('an observation must be in 0 to 1, got 1.1');
    const test = createBettingTest({ mean: 0.5, populationSize: 1 });
    test.observe(1);
    expect(() => test.observe(1)).toThrow('all 1 items have been observed');
  });
});

describe('the error rate, by enumeration of every arrangement', () => {
  const alphas = [0.5, 0.3, 0.2, 0.1, 0.05];

  // The second number: it must reject at all, or the bound would mean nothing.
  it.each([
    [4, 0],
    [6, 0.1],
    [7, 0.1],
  ])('never exceeds alpha in populations of %d', (size, least) => {
    let worst = 0;
    for (let zeros = 0; zeros <= size; zeros += 1) {
      for (let halves = 0; zeros + halves <= size; halves += 1) {
        const ones = size - zeros - halves;
        const mean = (halves / 2 + ones) / size;
        const peaks: number[] = [];
        for (const values of arrangements([0, 0.5, 1], [zeros, halves, ones])) {
          peaks.push(Math.max(...trace({ mean, populationSize: size }, values).logE));
        }
        for (const alpha of alphas) {
          const rate = peaks.filter((peak) => peak >= Math.log(1 / alpha)).length / peaks.length;
          worst = Math.max(worst, rate / alpha);
        }
      }
    }
    expect(worst).toBeLessThanOrEqual(1);
    expect(worst).toBeGreaterThanOrEqual(least);
  });
});

describe('anytimeInterval', () => {
  it('inverts the test on a grid', () => {
    expect(anytimeInterval(answers)).toEqual({ low: 0.526, high: 1, level: 0.95, method: 'anytime' });
    expect(anytimeInterval(answers, { populationSize: 40 })).toMatchObject({ low: 0.607, high: 0.926 });
  });

  it('says nothing from nothing', () => {
    expect(anytimeInterval([])).toMatchObject({ low: 0, high: 1 });
  });
});
