import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closeAnchors, drawClose } from '../../../bench/close-world.ts';
import { createWorld, trueWinner } from '../../../bench/race-world.ts';
import { driveRace, type SimulatedModel } from '../../../test/race/drive-race.ts';
import { equalWeights } from '../per-anchored.ts';
import { createCertificate } from './certificate.ts';
import { type Entrant, errorBudget, type RaceSetup } from './race-setup.ts';
import { replayRace } from './replay-race.ts';
import { raceSetup } from '../../../test/race/race-setup.ts';

const toyAnchors = { trivialAccuracy: 0, throughput: 100, latency: 10, memory: 2 ** 30 };

const setupOf = (question: string, items: number): RaceSetup => raceSetup(question, { items, anchors: toyAnchors });

/** A model whose launches are all alike, with its right answers spread evenly. */
function steady(model: string, accuracy: number, rest: Partial<Entrant> & { readonly speed?: number } = {}) {
  const { speed = 100, ...known } = rest;
  const items = 200;
  const scores = Array.from({ length: items }, (_, index) =>
    Number(Math.floor((index + 1) * accuracy) > Math.floor(index * accuracy)),
  );
  const simulated: SimulatedModel = {
    model,
    activeBytes: 1e6 / speed,
    ...known,
    scores,
    launch: () => ({ throughput: speed, latency: 1000 / speed, memory: 2 ** 30 }),
  };
  return simulated;
}

const close = { launchSpread: 0.06, isCorrelated: true } as const;
const facts = { taskId: 'toy/letters@1', questionSha256: 'x', score: 'PER-A/toy', seed: 1, launchesOfFull: 3 };

describe('the race for the highest PER-A', () => {
  it("is won by the model that wins when everything is known, in the paper's world", () => {
    const world = createWorld('gsm8k', 1319, 1);
    const setup = { ...setupOf('winner', world.items), anchors: world.anchors };
    let unseen = 0;
    for (let seed = 0; seed < 3; seed += 1) {
      const { models, truth } = world.draw(seed);
      const { standing, entrants } = driveRace(models, setup);
      expect(standing.named).toContain(trueWinner(truth, world.anchors, equalWeights));
      const { cost } = createCertificate(standing, entrants, setup, { ...facts, taskId: 'gsm8k' });
      expect(cost.deviceSeconds / cost.fullDeviceSeconds).toBeLessThan(0.1);
      unseen += entrants.filter(({ launches }) => launches.length === 0).length;
    }
    expect(unseen).toBeGreaterThan(0);
  });

  it('launches all, then asks the same items in blocks, there and back, the last one until it is decided', () => {
    const { standing, steps, entrants } = driveRace(
      [steady('weak', 0.3), steady('strong', 0.9), steady('near', 0.58)],
      setupOf('winner', 200),
    );
    expect(steps.slice(0, 3)).toEqual(['launch weak', 'launch strong', 'launch near']);
    expect(steps.slice(3, 6)).toEqual(['items weak', 'items strong', 'items near']);
    expect(steps.slice(6, 9)).toEqual(['items near', 'items strong', 'items strong']);
    expect(standing.named).toEqual(['strong']);
    const [weak, strong, near] = entrants.map(({ scores }) => scores.length);
    expect([weak, strong]).toEqual([32, 128]);
    expect(near).toBeGreaterThan(64);
    expect(near).toBeLessThan(128);
  });

  it('launches finalists again in rounds, and compares equals by all their launches', () => {
    const { standing, steps } = driveRace([steady('a', 0.8), steady('b', 0.79)], setupOf('winner', 200));
    const again = steps.slice(steps.findLastIndex((step) => step.startsWith('items')) + 1);
    expect(again).toEqual(Array.from({ length: 3 }, () => ['launch a', 'launch b']).flat());
    // Launches that are all alike leave hardly any noise: then the accuracies decide.
    expect(standing.named).toEqual(['a']);
  });

  it('launches a single finalist until its spread can be told from the assumed one', () => {
    const { steps, standing } = driveRace([steady('only', 0.8)], setupOf('winner', 200));
    expect(steps).toEqual(Array(7).fill('launch only'));
    expect(standing).toMatchObject({ named: ['only'], spread: { degrees: 6, isLarger: false, inDoubt: [] } });
  });

  it('asks the only one that is left until it is shown to be better than an answer without a model', () => {
    const setup = { ...setupOf('winner', 200), usefulAbove: 0.5 };
    const { entrants } = driveRace([steady('only', 0.8)], setup);
    expect(entrants[0]?.scores.length).toBeGreaterThan(16);
    expect(entrants[0]?.scores.length).toBeLessThan(200);
    expect(driveRace([steady('only', 0.4)], setup).entrants[0]?.scores).toHaveLength(200);
  });

  it('never launches what its memory rules out, and asks nothing more of what its speed rules out', () => {
    const huge = steady('huge', 1, { memoryFloor: 2 ** 36, activeBytes: 1e9 });
    const slow = steady('slow', 1, { speed: 1, activeBytes: 1e8 });
    const { standing, steps, entrants } = driveRace([huge, steady('good', 0.8), slow], setupOf('winner', 200));
    expect(steps).toEqual(['launch good', 'launch slow', ...Array(6).fill('launch good')]);
    expect(standing.judgements.map(({ status }) => status)).toEqual(['passed', 'pruned', 'skipped']);
    expect(standing.judgements.slice(1).map(({ reason }) => reason)).toEqual([
      'needs an accuracy above 1 to beat good: too slow or too large',
      'needs an accuracy above 1 to beat good at any speed: its memory rules it out',
    ]);
    const certificate = createCertificate(standing, entrants, setupOf('winner', 200), facts);
    expect(certificate.cost).toMatchObject({ items: 32, fullItems: 600, launches: 8, fullLaunches: 9 });
    expect(certificate.cost.estimatedModels).toEqual(['huge']);
  });

  it('leaves out what cannot be launched or judged, and says why', () => {
    const away = steady('away', 1, { exclusion: 'its weights take 9 GB, and 1 GB are free' });
    const { standing } = driveRace([steady('good', 0.8), away], setupOf('winner', 200));
    expect(standing.judgements[1]).toMatchObject({
      status: 'skipped',
      reason: 'its weights take 9 GB, and 1 GB are free',
    });
    const nobody: Entrant = {
      model: 'gone',
      launches: [],
      scores: [],
      latencies: [],
      brokenItems: 0,
      failure: 'it died',
    };
    const ended = replayRace([nobody], setupOf('winner', 200));
    expect(ended).toMatchObject({ step: { type: 'end' }, named: [] });
    expect(createCertificate(ended, [nobody], setupOf('winner', 200), facts)).toMatchObject({
      outcome: 'none',
      models: [{ model: 'gone', status: 'failed', reason: 'it died', accuracy: null, values: null }],
    });
    expect(() => replayRace([], setupOf('winner', 200))).toThrow('a race needs at least one model');
    const blind = { ...setupOf('winner', 200), anchors: undefined };
    const two = [steady('a', 0.5), steady('b', 0.6)];
    expect(() => driveRace(two, blind)).toThrow('the question "winner" needs anchors');
  });

  it('never takes back what it said of a model, whatever comes in later', () => {
    const world = createWorld('gsm8k', 300, 2);
    for (let seed = 0; seed < 12; seed += 1) {
      const isClose = seed % 3 > 0;
      const { models } = isClose
        ? drawClose({ ...close, models: 5, items: 120, scoreRatio: 1 + seed / 10 }, seed)
        : world.draw(seed);
      const said = new Map<string, string>();
      const [items, own] = isClose ? [120, closeAnchors] : [world.items, world.anchors];
      driveRace(
        models,
        { ...setupOf('winner', items), anchors: own },
        {
          looks: 8,
          onStanding: ({ judgements }) => {
            for (const { entrant, status, n, reason, isFinal } of judgements) {
              if (!isFinal) continue;
              const now = `${status} ${n} ${reason}`;
              expect(said.get(entrant.model) ?? now).toBe(now);
              said.set(entrant.model, now);
            }
          },
        },
      );
      expect(said.size).toBeGreaterThan(0);
    }
  });

  it('loses the best of models that are as good as equal less often than it may', () => {
    const runs = 200;
    let lost = 0;
    for (let seed = 0; seed < runs; seed += 1) {
      const { models, best } = drawClose({ ...close, models: 4, items: 60, launchSpread: 0, scoreRatio: 1.0001 }, seed);
      const spread = { throughput: 1e-9, latency: 1e-9, memory: 1e-9, source: 'none' };
      const { standing } = driveRace(models, { ...setupOf('winner', 60), anchors: closeAnchors, spread }, { looks: 4 });
      if (!standing.named.includes(best)) lost += 1;
    }
    // 4 % are allowed: more than 15 of 200 would come up once in a hundred times.
    expect(lost).toBeLessThanOrEqual(15);
  });

  it('gives the same step and the same verdicts from facts that were stored and read again', () => {
    const world = createWorld('gsm8k', 300, 2);
    const setup = { ...setupOf('winner', world.items), anchors: world.anchors };
    const { entrants } = driveRace(world.draw(3).models, setup);
    // Every prefix of what was known is a crash: what is read back must lead to the same place.
    for (let cut = 0; cut < 40; cut += 1) {
      const before = entrants.map((entrant, index): Entrant => {
        if (index * 8 < cut) return entrant;
        const isNext = index * 8 < cut + 8;
        return {
          ...entrant,
          launches: isNext ? entrant.launches.slice(0, 1) : [],
          scores: isNext ? entrant.scores.slice(0, 5 * cut) : [],
        };
      });
      const stored = JSON.parse(JSON.stringify(before)) as Entrant[];
      expect(replayRace(stored, setup)).toEqual(replayRace(before, setup));
    }
  });
});

describe('the cheapest that is good enough', () => {
  const question = 'cheapest with accuracy >= 0.7';

  it('agrees with the full evaluation, and asks nothing of dearer models', () => {
    const models = [
      steady('dear', 0.95, { speed: 20 }),
      steady('weak', 0.4, { speed: 400 }),
      steady('good', 0.85, { speed: 200 }),
    ];
    const { standing, steps, entrants } = driveRace(models, setupOf(question, 200));
    expect(standing.named).toEqual(['good']);
    expect(steps.slice(0, 4)).toEqual(['launch weak', 'items weak', 'launch good', 'items good']);
    expect(steps.slice(4)).toEqual(Array(6).fill('launch good'));
    const certificate = createCertificate(standing, entrants, setupOf(question, 200), facts);
    expect(certificate.models.map(({ status }) => status)).toEqual(['eliminated', 'passed', 'skipped']);
    expect(certificate.models.map(({ isAssumed }) => isAssumed)).toEqual([false, false, true]);
    expect(certificate.models[2]?.reason).toBe(
      'has 10.0 times the weights per token of good: assumed to be more expensive',
    );
    expect(certificate.changes).toEqual([
      expect.stringMatching(
        /^a minimum accuracy of 0\.\d+ instead of 0\.7 would accept weak, which was tried earlier$/,
      ),
    ]);
  });

  it('looks at a larger model that may be faster, and prefers it if it is', () => {
    const models = [
      steady('small', 0.8, { speed: 50, activeBytes: 100 }),
      steady('larger', 0.9, { speed: 90, activeBytes: 150 }),
    ];
    const { standing, entrants } = driveRace(models, setupOf(question, 200));
    expect(standing.named).toEqual(['larger']);
    const certificate = createCertificate(standing, entrants, setupOf(question, 200), facts);
    expect(certificate.models[0]?.reason).toBe('accuracy is at least 0.7, but it costs more per item than larger');
  });

  it('launches again what one launch cannot tell apart', () => {
    const models = [steady('a', 0.9, { speed: 100 }), steady('b', 0.9, { speed: 105, activeBytes: 1e4 })];
    const { standing, steps } = driveRace(models, setupOf(question, 200));
    expect(steps.filter((step) => step.startsWith('launch'))).toHaveLength(8);
    expect(standing.named).toEqual(['b']);
  });

  it('keeps a limit on latency by single requests', () => {
    const latencies = Array.from({ length: 200 }, (_, index) => (index % 10 === 0 ? 900 : 100));
    const late: SimulatedModel = { ...steady('late', 0.9), latencies };
    const setup = setupOf('cheapest with accuracy >= 0.7 and latency p95 <= 500 ms', 200);
    const { standing, steps } = driveRace([late], setup);
    expect(new Set(steps)).toEqual(new Set(['launch late', 'items late', 'latencies late']));
    expect(standing.judgements[0]).toMatchObject({ status: 'eliminated' });
    // Just as late as is allowed: another launch could be later.
    const near = { ...late, latencies: latencies.map((ms) => ms / 1.8) };
    expect(driveRace([near], setup).standing).toMatchObject({
      named: [],
      judgements: [
        {
          status: 'failed',
          reason: "can't be judged: its latency p95 is within the spread between launches of 500 ms",
        },
      ],
    });
    const intime = { ...late, latencies: latencies.map(() => 100) };
    expect(driveRace([intime], setup).standing.named).toEqual(['late']);
  });

  it('names nobody, and the gate that somebody would pass', () => {
    const setup = setupOf('cheapest with accuracy >= 0.99', 200);
    const { standing, entrants } = driveRace([steady('a', 0.8), steady('b', 0.6)], setup);
    const certificate = createCertificate(standing, entrants, setup, facts);
    expect(certificate.outcome).toBe('none');
    expect(certificate.changes).toEqual([
      expect.stringMatching(/^closest: a, with an accuracy of at most 0\.\d+$/),
      expect.stringMatching(/^a minimum accuracy of 0\.\d+ would accept a$/),
    ]);
  });
});

it('keeps the stored mean of a stopped model to itself', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.05, max: 0.6, noNaN: true }), (accuracy) => {
      const setup = setupOf('cheapest with accuracy >= 0.8', 200);
      const { standing, entrants } = driveRace([steady('a', accuracy)], setup);
      const [verdict] = createCertificate(standing, entrants, setup, facts).models;
      expect(verdict?.n).toBeLessThan(200);
      expect(verdict?.accuracy?.kind).toBe('interval');
    }),
    { numRuns: 20 },
  );
});

it('refuses a confidence that is none', () => {
  expect(() => errorBudget(1, false)).toThrow('the confidence must be above 0.5 and below 1, got 1');
  const { performance, accuracy, latency } = errorBudget(0.9, true);
  expect(performance + accuracy + latency).toBeCloseTo(0.1, 12);
});
