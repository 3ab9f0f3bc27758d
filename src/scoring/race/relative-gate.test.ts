import { describe, expect, it } from 'vitest';
import { createWorld } from '../../../bench/race-world.ts';
import { driveRace, type SimulatedModel } from '../../../test/race/drive-race.ts';
import { createCertificate } from './certificate.ts';
import { type Entrant, type RaceSetup } from './race-setup.ts';
import { replayRace } from './replay-race.ts';
import { raceSetup } from '../../../test/race/race-setup.ts';

const items = 200;
const facts = { taskId: 'toy/letters@1', questionSha256: 'x', score: null, seed: 1, launchesOfFull: 3 };

function setupOf(question: string, count = items): RaceSetup {
  return raceSetup(question, { items: count, anchors: undefined, extraLaunches: 2 });
}

/** Right answers spread evenly; launches all alike; the slower, the more weights. */
function steady(model: string, accuracy: number, speed: number, rest: Partial<SimulatedModel> = {}): SimulatedModel {
  const scores = Array.from({ length: items }, (_, index) =>
    Number(Math.floor((index + 1) * accuracy) > Math.floor(index * accuracy)),
  );
  const launch = () => ({ throughput: speed, latency: 1000 / speed, memory: 2 ** 30 });
  return { model, activeBytes: 1e6 / speed, scores, launch, ...rest };
}

describe('the cheapest within a tolerance of the best', () => {
  it('asks each until its bounds tell who is near the best, dear ones least', () => {
    const models = [steady('weak', 0.3, 400), steady('good', 0.8, 100), steady('best', 0.85, 20)];
    const setup = setupOf('cheapest with accuracy within 0.15 of the best');
    const { standing, steps, entrants } = driveRace(models, setup);
    expect(steps.slice(0, 3)).toEqual(['launch weak', 'launch good', 'launch best']);
    expect(standing.named).toEqual(['good']);
    const { models: verdicts, changes, cost } = createCertificate(standing, entrants, setup, facts);
    expect(verdicts.map(({ status, reason }) => [status, reason])).toEqual([
      ['eliminated', 'good is more accurate by more than 0.15'],
      ['full', 'no model is more accurate by more than 0.15'],
      ['pruned', 'costs 5.0 times as much per item as good'],
    ]);
    const [weak, , best] = verdicts;
    expect([weak?.accuracy?.kind, best?.accuracy?.kind]).toEqual(['interval', 'interval']);
    expect(cost.items).toBeLessThan(500);
    expect(changes).toEqual([
      expect.stringMatching(/^a tolerance of 0\.\d+ instead of 0\.15 would accept weak, which was tried earlier$/),
    ]);
  });

  it('names the best where nobody comes near, and an equal difference is within', () => {
    const models = [steady('a', 0.5, 400), steady('b', 0.75, 100)];
    expect(driveRace(models, setupOf('cheapest with accuracy within 0.24 of the best')).standing.named).toEqual(['b']);
    expect(driveRace(models, setupOf('cheapest with accuracy within 0.25 of the best')).standing.named).toEqual(['a']);
  });

  it('leaves out of the best whoever cannot run or keep the limit on memory', () => {
    const models = [
      steady('small', 0.6, 400),
      steady('huge', 0.95, 100, { launch: () => ({ throughput: 100, latency: 10, memory: 2 ** 34 }) }),
      steady('absent', 0.99, 50, { exclusion: 'it is not here' }),
    ];
    const question = 'cheapest with accuracy within 0.1 of the best';
    expect(driveRace(models, setupOf(question)).standing.named).toEqual(['huge']);
    const limited = driveRace(models, setupOf(`${question} and memory <= 4 GiB`));
    expect(limited.standing.named).toEqual(['small']);
    expect(limited.standing.judgements.map(({ status }) => status)).toEqual(['passed', 'pruned', 'skipped']);
  });

  it('asks the dear one little where the cheap one leaves nobody room to be ahead', () => {
    const models = [steady('a', 0.98, 400), steady('b', 0.99, 10)];
    const { standing, steps } = driveRace(models, setupOf('cheapest with accuracy within 0.1 of the best'));
    expect(standing.named).toEqual(['a']);
    expect(steps).not.toContain('items b');
  });

  it.each([0.02, 0.1])("agrees with the full evaluation in the paper's world, within %s", (tolerance) => {
    const world = createWorld('gsm8k', 600, 1);
    const setup = setupOf(`cheapest with accuracy within ${tolerance} of the best`, world.items);
    for (let seed = 0; seed < 4; seed += 1) {
      const { models, truth } = world.draw(seed);
      const { standing, entrants } = driveRace(models, setup);
      const best = Math.max(...truth.map(({ accuracy }) => accuracy));
      const cheapest = truth.find(({ accuracy }) => accuracy >= best - tolerance - 1e-9)?.model;
      expect(standing.named).toContain(cheapest);
      // A crash at any place leads back to the same step.
      const cut = entrants.map((entrant, index): Entrant => ({
        ...entrant,
        scores: index % 3 === 0 ? entrant.scores.slice(0, 40) : entrant.scores,
      }));
      expect(replayRace(JSON.parse(JSON.stringify(cut)) as Entrant[], setup)).toEqual(replayRace(cut, setup));
    }
  });
});
