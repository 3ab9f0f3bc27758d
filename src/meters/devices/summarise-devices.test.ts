import { array, assert, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { integratePower } from './summarise-devices.ts';

const at = (atMs: number, watts: number): { readonly atMs: number; readonly watts: number } => ({ atMs, watts });

describe('energy from power', () => {
  it('is power times time where power is constant, wherever the readings lie', () => {
    const steps = array(integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 50 });
    assert(
      property(steps, integer({ min: 1, max: 800 }), (gaps, watts) => {
        let atMs = 0;
        const readings = [at(0, watts), ...gaps.map((gap) => at((atMs += gap), watts))];
        const energy = integratePower(readings, 0, atMs);
        expect('joules' in energy && energy.joules).toBeCloseTo((watts * atMs) / 1000, 6);
      }),
    );
  });

  it('goes in straight lines between readings, cut at the edges', () => {
    // 100 W rising to 300 W over two seconds; the middle second is 150 to 250 W.
    expect(integratePower([at(0, 100), at(2000, 300)], 500, 1500)).toEqual({ joules: 200 });
    // The last reading stands for the rest when it is recent.
    expect(integratePower([at(0, 100), at(1000, 100)], 0, 2000)).toEqual({ joules: 200 });
    expect(integratePower([at(900, 100)], 0, 1000)).toEqual({ joules: 100 });
  });

  it('is not guessed over a hole', () => {
    expect(integratePower([at(0, 100), at(3500, 100)], 0, 3500)).toEqual({ gap: 'no power reading for 3.5 s' });
    expect(integratePower([at(0, 100), at(1000, 100)], 0, 9000)).toEqual({ gap: 'no power reading for 8.0 s' });
    expect(integratePower([at(9000, 100)], 0, 10_000)).toEqual({ gap: 'no power reading for 9.0 s' });
    expect(integratePower([], 0, 1000)).toEqual({ gap: 'no power readings in the window' });
  });
});
