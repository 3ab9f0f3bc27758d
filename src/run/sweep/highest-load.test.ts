import { describe, expect, it } from 'vitest';
import { serve } from '../../../bench/simulated-server.ts';
import type { HighestLoad, LoadProbe, LoadVerdict } from '../../core/sweep.ts';
import { createNormalSource, createRandom } from '../../stats/random.ts';
import { highestLoad, mostProbes, nextProbe } from './highest-load.ts';
import { judgeLoad, lookSizes } from './probe-load.ts';

function search(max: number, probe: (concurrency: number) => LoadProbe): HighestLoad {
  const probes: LoadProbe[] = [];
  for (let next = nextProbe(probes, max); next !== undefined; next = nextProbe(probes, max)) {
    expect(probes.some(({ concurrency }) => concurrency === next)).toBe(false);
    probes.push(probe(next));
  }
  expect(probes.length).toBeLessThanOrEqual(mostProbes(max));
  return highestLoad(probes, max);
}

/** Within up to one load, beyond from another on, unclear between; of the unclear ones, those up to `value` look within. */
function stepped(within: number, beyond: number, value = within) {
  return (concurrency: number): LoadProbe => {
    const verdict: LoadVerdict = concurrency <= within ? 'within' : concurrency >= beyond ? 'beyond' : 'unclear';
    const isValueWithin = verdict === 'within' || (verdict === 'unclear' && concurrency <= value);
    return {
      concurrency,
      requests: 100,
      value: concurrency,
      low: concurrency,
      high: concurrency,
      verdict,
      isValueWithin,
    };
  };
}

describe('the search', () => {
  it('finds every load, and the interval that the verdicts leave open', () => {
    for (const max of [1, 2, 7, 64, 100])
      for (let within = 0; within <= max; within += 1)
        for (const [gap, value] of [
          [1, 0],
          [2, 1],
          [5, 2],
          [9, 8],
          [40, 3],
        ] as const) {
          const beyond = within + gap;
          const found = search(max, stepped(within, beyond, within + value));
          const highest = Math.min(max, within + Math.min(value, gap - 1));
          expect(found.concurrency).toBe(highest === 0 ? undefined : highest);
          expect({ low: found.low, high: found.high, isOpen: found.isOpen }).toEqual({
            low: within,
            high: Math.min(max, beyond - 1),
            isOpen: beyond > max,
          });
          expect(found.doubt).toBeUndefined();
        }
  });

  it('says so where a higher load was faster beyond doubt', () => {
    const falling = (concurrency: number): LoadProbe => ({
      ...stepped(2, 4)(concurrency),
      low: concurrency === 2 ? 90 : 10 * concurrency,
      high: concurrency === 2 ? 99 : 10 * concurrency + 5,
    });
    expect(search(16, falling).doubt).toMatch(/^latency fell from concurrency 2 to 4: /);
  });
});

const limited = (name: 'maxTtftP95' | 'maxTtftP50', bound: number, max: number) =>
  ({ limit: { name, bound }, level: 0.95, probes: mostProbes(max) }) as const;

describe('on a server whose latency is known exactly', () => {
  const request = { promptTokens: 400, outputTokens: 20 };

  /** Times to first token of a closed loop's steady part. */
  function ttft(places: number, count: number): readonly number[] {
    const answered = serve({ work: Array.from({ length: count + 2 * places }, () => request), places });
    return answered.slice(places, count + places).map(({ dueMs, tokenMs }) => (tokenMs[0] ?? 0) - dueMs);
  }

  it.each([40, 60, 100, 180])('finds the highest load with p95 within %d ms', (bound) => {
    const max = 32;
    const options = limited('maxTtftP95', bound, max);
    const probe = (concurrency: number): LoadProbe => {
      const times = ttft(concurrency, lookSizes(options).at(-1) ?? 0);
      return judgeLoad(
        concurrency,
        times.toSorted((left, right) => left - right),
        options,
      );
    };
    const keeps = Array.from({ length: max }, (_, index) => index + 1).filter((each) => probe(each).isValueWithin);
    const truth = keeps.findLast((each, index) => each === index + 1);
    const found = search(max, probe);
    expect(found.concurrency).toBe(truth);
    expect(found.low).toBeLessThanOrEqual(truth ?? 0);
    expect(found.high).toBeGreaterThanOrEqual(truth ?? 0);
  });
});

describe('over many searches', () => {
  const sigma = 0.3;
  const max = 32;

  /** Shares of searches whose interval holds the true answer, and its mean width. */
  function simulate(name: 'maxTtftP95' | 'maxTtftP50', medianMs: (load: number) => number, bound: number) {
    const shift = name === 'maxTtftP95' ? Math.exp(1.6448536 * sigma) : 1;
    const truth = Array.from({ length: max }, (_, index) => index + 1).filter(
      (load) => medianMs(load) * shift <= bound,
    );
    const options = limited(name, bound, max);
    const normal = createNormalSource(createRandom(5));
    const searches = 150;
    let [held, width] = [0, 0];
    for (let count = 0; count < searches; count += 1) {
      const { low, high } = search(max, (load) => {
        const times: number[] = [];
        let probe = judgeLoad(load, times, options);
        for (const size of lookSizes(options)) {
          while (times.length < size) times.push(medianMs(load) * Math.exp(sigma * normal()));
          probe = judgeLoad(
            load,
            times.toSorted((left, right) => left - right),
            options,
          );
          if (probe.verdict !== 'unclear') break;
        }
        return probe;
      });
      if (low <= truth.length && truth.length <= high) held += 1;
      width += (high - low) / searches;
    }
    return { share: held / searches, width, truth: truth.length };
  }

  it.each([
    ['maxTtftP95', 'a line', (load: number) => 50 + 10 * load, 165, 6],
    ['maxTtftP95', 'just within', (load: number) => (load <= 10 ? 100 : 140), 170, 22],
    ['maxTtftP50', 'a line', (load: number) => 50 + 10 * load, 101, 8],
    ['maxTtftP50', 'a plateau just beyond', (load: number) => (load <= 4 ? 60 : 101), 100, 29],
  ] as const)('%s, %s: the interval holds the answer in 95 %% and more', (name, _, medianMs, bound, widest) => {
    const { share, width, truth } = simulate(name, medianMs, bound);
    expect(truth).toBeGreaterThan(0);
    expect(share).toBeGreaterThanOrEqual(0.95);
    expect(width).toBeLessThan(widest);
  });
});
