import { expect, it } from 'vitest';
import { checkSpread } from './launch-noise.ts';
import { type Entrant, type RaceLaunch } from './race-setup.ts';
import { raceSetup } from '../../../test/race/race-setup.ts';

const base = { throughput: 100, latency: 10, memory: 2 ** 30 };
const setup = raceSetup('cheapest with accuracy >= 0.5', { items: 100, anchors: undefined });

/** A model with launches of these speeds; negative ones were disturbed. */
function entrant(...speeds: readonly number[]): Entrant {
  const launches = speeds.map((speed): RaceLaunch => ({
    ...base,
    throughput: Math.abs(speed),
    isDisturbed: speed < 0,
  }));
  return { model: 'one', launches, scores: [], latencies: [], brokenItems: 0 };
}

const measured = (...speeds: readonly number[]) => checkSpread([entrant(...speeds)], setup)?.check;

it('leaves out launches that others disturbed', () => {
  const quiet = measured(100, 102, 99, 101, 100, 98);
  expect(measured(100, 102, -60, 99, 101, 100, 98)).toEqual(quiet);
  expect(quiet?.isLarger).toBe(false);
});

it('counts the first launch, by which others were ruled out, and all where too few are left', () => {
  expect(measured(-60, 102, 99, 101, 100, 98, 100)?.isLarger).toBe(true);
  expect(measured(100, 102, 99, -60, -61, -59, -60)).toMatchObject({ degrees: 6, isLarger: true });
});
