import { describe, expect, it } from 'vitest';
import { createCertificate, verdictOf } from '../../src/scoring/race/certificate.ts';
import { triageNoise } from '../../src/scoring/race/launch-noise.ts';
import { type Entrant, isRuledOut, type RaceSetup } from '../../src/scoring/race/race-setup.ts';
import { floorAboveLimit, latencyTurn, peakAboveLimit } from '../../src/scoring/race/requirements.ts';
import { createNormalSource, createRandom } from '../../src/stats/random.ts';
import { type DriveOptions, driveRace, type RaceRun, type SimulatedModel } from './drive-race.ts';
import { raceSetup } from './race-setup.ts';

const items = 120;
const base = { throughput: 100, latency: 10, memory: 2 ** 30 };

function setupOf(question: string): RaceSetup {
  return raceSetup(question, { items, anchors: { trivialAccuracy: 0, ...base }, extraLaunches: 2, usefulAbove: 0.05 });
}

function model(name: string, accuracy: number, rest: Partial<SimulatedModel> = {}): SimulatedModel {
  const isRight = (index: number): boolean => Math.floor((index + 1) * accuracy) > Math.floor(index * accuracy);
  const scores = Array.from({ length: items }, (_, index) => Number(isRight(index)));
  return { model: name, scores, latencies: scores.map(() => 100), activeBytes: 1e6, launch: () => base, ...rest };
}

const bytes = 12 * 2 ** 30;
/** So large that it waits for the answers of a small one, and can't be ruled out soon. */
const large = { activeBytes: 1e9, memoryFloor: bytes, launch: () => ({ ...base, memory: bytes }) };

describe('the model that is left once the last other fails', () => {
  it('is launched before anything is asked of it', () => {
    for (const diesAt of [0, 1]) {
      const small = model('small', 0.65, { memoryFloor: 2 ** 28, diesAt });
      const { standing, steps } = driveRace([small, model('large', 1, large)], setupOf('winner'));
      expect(steps.slice(0, diesAt + 2).at(-1)).toBe('launch large');
      expect(standing.named).toEqual(['large']);
    }
  });

  it('is launched where the other misses the limit on latency', () => {
    const slow = Array.from({ length: items }, () => 900);
    const small = model('small', 0.8, { memoryFloor: 2 ** 28, latencies: slow });
    const { standing, steps } = driveRace(
      [small, model('large', 0.9, large)],
      setupOf('winner with latency p95 <= 500 ms'),
    );
    expect(steps.filter((step) => step.endsWith('large')).slice(0, 2)).toEqual(['launch large', 'latencies large']);
    expect(standing).toMatchObject({ named: ['large'] });
  });

  it('is held to its limit on latency, which was not looked at while another was ahead', () => {
    const late = Array.from({ length: items }, () => 900);
    const first = model('first', 0.8, { diesAt: 6 });
    const second = model('second', 0.78, { latencies: late });
    const { standing, steps } = driveRace([first, second], setupOf('winner with latency p95 <= 500 ms'));
    expect(steps.join(', ')).toContain('items second');
    expect(standing).toMatchObject({ named: [] });
    expect(standing.judgements.map(({ status }) => status)).toEqual(['failed', 'eliminated']);
  });

  it('stays out where it is excluded or above the limit on memory', () => {
    const small = model('small', 0.8, { memoryFloor: 2 ** 28, diesAt: 0 });
    for (const [question, rest] of [
      ['winner', { exclusion: 'it does not fit' }],
      ['winner with memory <= 8 GiB', {}],
    ] as const) {
      const { standing, steps } = driveRace([small, model('large', 0.9, { ...large, ...rest })], setupOf(question));
      expect(steps.filter((step) => step.endsWith('large'))).toEqual([]);
      expect(standing.judgements.map(({ status }) => status)).toEqual(['failed', 'skipped']);
    }
  });
});

const questions = [
  'winner',
  'winner with latency p95 <= 500 ms',
  'winner with memory <= 3 GiB',
  'winner with memory <= 3 GiB and latency p90 <= 300 ms',
  'cheapest with accuracy >= 0.5',
  'cheapest with accuracy >= 0.5 and memory <= 3 GiB and latency p90 <= 300 ms',
  'cheapest with accuracy within 0.1 of the best',
  'cheapest not worse than "model 0" by 0.1',
  'cheapest not worse than "model 0" by 0.1 and memory <= 3 GiB and latency p90 <= 300 ms',
];

/** Models that fail, break, are too late, too large or not there at all, each with some chance. */
function drawModels(seed: number): readonly SimulatedModel[] {
  const random = createRandom(seed);
  const normal = createNormalSource(random);
  const isTrue = (share: number): boolean => random.nextFloat() < share;
  const spread = isTrue(0.3) ? 0.25 : 0.03;
  return Array.from({ length: 1 + (random.nextUint32() % 4) }, (_, index) => {
    const accuracy = 0.3 + 0.6 * random.nextFloat();
    const speed = Math.exp(0.5 * normal());
    const memory = 2 ** (28 + 5 * random.nextFloat());
    const typicalMs = isTrue(0.3) ? 600 : 100;
    return {
      model: `model ${index}`,
      activeBytes: 1e9 / speed,
      ...(isTrue(0.8) && { memoryFloor: memory * (isTrue(0.2) ? 30 : 0.9) }),
      ...(isTrue(0.1) && { exclusion: 'it does not fit' }),
      ...(isTrue(0.6) && { diesAt: random.nextUint32() % 9 }),
      ...(isTrue(0.15) && { breaksFrom: random.nextUint32() % items }),
      scores: Array.from({ length: items }, () => Number(isTrue(accuracy))),
      latencies: Array.from({ length: items }, () => typicalMs * Math.exp(0.3 * normal())),
      launch: () => ({
        throughput: 100 * speed * Math.exp(spread * normal()),
        latency: (10 / speed) * Math.exp(spread * normal()),
        memory,
      }),
    };
  });
}

/** Why a model that was named should not have been. */
function wronglyNamed({ standing, entrants }: RaceRun, setup: RaceSetup): readonly string[] {
  const { quantile } = triageNoise(setup, entrants.length);
  return standing.named.filter((name) => {
    const entrant = entrants.find((each) => each.model === name);
    const judgement = standing.judgements.find((each) => each.entrant.model === name);
    return (
      entrant === undefined ||
      (judgement?.status !== 'passed' && judgement?.status !== 'full') ||
      entrant.launches.length === 0 ||
      entrant.exclusion !== undefined ||
      floorAboveLimit(setup, entrant) !== undefined ||
      peakAboveLimit(setup, entrant, quantile) !== undefined ||
      latencyTurn(entrant, setup, entrants.length) !== undefined
    );
  });
}

/** Drives a race, and collects what it shouldn't do: take back what was final, ask models whose cells have ended, name wrongly. */
function drive(
  models: readonly SimulatedModel[],
  setup: RaceSetup,
  known?: Pick<DriveOptions, 'entrants' | 'decided'>,
) {
  const final = new Map<string, string>();
  const ended = new Set(known?.entrants?.filter(({ isEnded }) => isEnded).map(({ model: name }) => name));
  const faults: string[] = [];
  const run = driveRace(models, setup, {
    ...known,
    onStanding: ({ judgements, step }) => {
      for (const { entrant, isFinal, status, n, reason } of judgements) {
        const said = `${status} ${n} ${reason}`;
        if (isFinal && (final.get(entrant.model) ?? said) !== said) faults.push(`${entrant.model}: ${said}`);
        if (isFinal) final.set(entrant.model, said);
      }
      const isOver = step.type !== 'end' && (ended.has(step.model) || final.has(step.model));
      if (isOver) faults.push(`${step.type} ${step.model}`);
    },
  });
  return { ...run, faults: [...faults, ...wronglyNamed(run, setup)] };
}

/** What is known once those that failed are let in again. */
function retried({ standing, entrants }: RaceRun, setup: RaceSetup) {
  const judgements = new Map(standing.judgements.map((judgement) => [judgement.entrant.model, judgement]));
  const isAgain = ({ model: name, failure }: Entrant): boolean =>
    failure !== undefined || judgements.get(name)?.status === 'failed';
  const out = standing.judgements.filter(isRuledOut);
  const ended = { isEnded: true, verdict: undefined } as const;
  const again = { isRetried: true, verdict: undefined, failure: undefined } as const;
  return {
    decided: new Map(out.map((judgement) => [judgement.entrant.model, verdictOf(judgement, [], setup)])),
    entrants: [
      ...entrants.filter((entrant) => !isAgain(entrant)).map((entrant) => ({ ...entrant, ...ended })),
      ...entrants.filter(isAgain).map((entrant) => ({ ...entrant, ...again })),
    ],
  };
}

const facts = { taskId: 'toy', questionSha256: 'x', score: 'PER-A/toy', seed: 1, launchesOfFull: 3 };

describe.each(questions)('%s, with models that fail at any moment', (question) => {
  it('ends, names nobody unchecked, and takes nothing back', () => {
    const setup = setupOf(question);
    for (let seed = 0; seed < 60; seed += 1) {
      const models = drawModels(seed);
      const first = drive(models, setup);
      expect([seed, first.faults]).toEqual([seed, []]);
      const { models: verdicts } = createCertificate(first.standing, first.entrants, setup, facts);
      expect(verdicts.map(({ model: name }) => name)).toEqual(first.entrants.map(({ model: name }) => name));
      expect(verdicts.filter(({ reason }) => reason === '' || reason.startsWith(';'))).toEqual([]);

      const sound = models.map((each) => ({ ...each, diesAt: Infinity }));
      const again = drive(sound, setup, retried(first, setup));
      expect([seed, again.faults]).toEqual([seed, []]);
      for (const { entrant, status, n } of again.standing.judgements.filter(({ entrant: { verdict } }) => verdict)) {
        expect([status, n]).toEqual([entrant.verdict?.status, entrant.verdict?.n]);
      }
    }
  });
});
