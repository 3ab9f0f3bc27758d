import { describe, expect, it } from 'vitest';
import { certificateBlocks } from '../../present/certificate-document.ts';
import { terminalText } from '../../present/terminal.ts';
import { createRandom } from '../../stats/random.ts';
import { arrangements } from '../../../test/setup/arrangements.ts';
import { driveRace, type RaceRun, type SimulatedModel } from '../../../test/race/drive-race.ts';
import { raceSetup } from '../../../test/race/race-setup.ts';
import { createCertificate } from './certificate.ts';
import type { Entrant, RaceSetup } from './race-setup.ts';
import { openCandidates, replayRace } from './replay-race.ts';
import { type GateState, replayGate } from './score-gate.ts';

const facts = { taskId: 'toy/letters@1', questionSha256: 'x', score: null, seed: 1, launchesOfFull: 3 };
const question = 'cheapest not worse than q8 by 0.01';

function setupOf(items: number, text = question): RaceSetup {
  return raceSetup(text, { items, anchors: undefined, extraLaunches: 2 });
}

/** Right in three of five, or as another model is, but for items that it loses and gains, spread evenly. */
function model(
  name: string,
  speed: number,
  scores: readonly number[],
  rest: Partial<SimulatedModel> = {},
): SimulatedModel {
  const launch = () => ({ throughput: speed, latency: 1000 / speed, memory: 2 ** 30 });
  return { model: name, activeBytes: 1e6 / speed, scores, launch, ...rest };
}

function answers(items: number): readonly number[] {
  return Array.from({ length: items }, (_, index) => Number((index * 7) % 10 < 6));
}

function flipped(scores: readonly number[], losses: number, gains: number, seed = 1): readonly number[] {
  const random = createRandom(seed);
  const changed = [...scores];
  const left = [losses, gains];
  while (left.some((count) => count > 0)) {
    const at = random.nextUint32() % scores.length;
    const kind = scores[at] === 1 ? 0 : 1;
    if (changed[at] !== scores[at] || left[kind] === 0) continue;
    changed[at] = kind;
    left[kind] = (left[kind] ?? 0) - 1;
  }
  return changed;
}

describe('the gate on differences', () => {
  /** Of all orders of so many losses, equals and gains. */
  function shares(counts: readonly number[], tau: number, alpha: number): Record<GateState, number> {
    const ends: Record<GateState, number> = { open: 0, failed: 0, passed: 0, full: 0 };
    const items = counts.reduce((sum, count) => sum + count, 0);
    let all = 0;
    for (const values of arrangements([-1, 0, 1], counts)) {
      ends[replayGate({ tau, items, failAlpha: alpha, passAlpha: alpha, isDifference: true }, values).state] += 1;
      all += 1;
    }
    const share = (state: GateState): number => ends[state] / all;
    return { open: share('open'), failed: share('failed'), passed: share('passed'), full: share('full') };
  }

  it('errs in at most a share alpha of all orders, wherever the difference lies', () => {
    let worst = 0;
    for (const items of [5, 8]) {
      for (let losses = 0; losses <= items; losses += 1) {
        for (let gains = 0; losses + gains <= items; gains += 1) {
          const counts = [losses, items - losses - gains, gains];
          const mean = (gains - losses) / items;
          for (const alpha of [0.3, 0.1]) {
            // Exactly as good as is asked, and short of it by one answer.
            const just = shares(counts, mean, alpha);
            expect(just.failed).toBeLessThanOrEqual(alpha);
            worst = Math.max(worst, just.failed / alpha);
            if (mean + 1 / items > 1) continue;
            const short = shares(counts, mean + 1 / items, alpha);
            expect(short.passed).toBeLessThanOrEqual(alpha);
            expect(short.full).toBe(0);
            worst = Math.max(worst, short.passed / alpha);
          }
        }
      }
    }
    expect(worst).toBeGreaterThan(0.2);
  });

  it('decides at the last item as the whole comparison does', () => {
    const random = createRandom(3);
    for (let run = 0; run < 200; run += 1) {
      const items = 20 + (random.nextUint32() % 30);
      // Parts of right too, as F1 has them.
      const values = Array.from({ length: items }, () => (random.nextFloat() < 0.8 ? 0 : 2 * random.nextFloat() - 1));
      const tau = -0.05;
      const gate = replayGate({ tau, items, failAlpha: 1e-12, passAlpha: 1e-12, isDifference: true }, values);
      const isGood = values.reduce((sum, value) => sum + value, 0) >= tau * items;
      expect(gate.state === 'full' || gate.state === 'passed').toBe(isGood);
    }
  });
});

describe('cheapest not worse than a base', () => {
  const items = 1200;
  const base = answers(items);
  const q8 = model('q8', 100, base);
  const near = model('q4', 200, flipped(base, 6, 5));
  const worse = model('q2', 400, flipped(base, 130, 20));

  it('asks the base everything, the others as much as it takes, cheapest first', () => {
    const { standing, steps, entrants } = driveRace([worse, near, q8], setupOf(items));
    expect(steps.slice(0, 6)).toEqual(['launch q8', 'items q8', 'launch q2', 'items q2', 'launch q4', 'items q4']);
    expect(standing.named).toEqual(['q4']);
    const certificate = createCertificate(standing, entrants, setupOf(items), facts);
    expect(certificate.base).toEqual({ model: 'q8', maxDrop: 0.01 });
    const [ofBase, ofWorse, ofNear] = certificate.models;
    expect(ofBase).toMatchObject({ status: 'full', n: 1200, reason: 'the base, but it costs more per item than q4' });
    expect(ofBase?.difference).toBeUndefined();
    expect(ofWorse).toMatchObject({ status: 'eliminated', difference: { accuracy: { kind: 'interval' } } });
    expect(ofNear?.reason).toMatch(/^not worse than q8 by more than 0\.01 \(\d+ of [\d,]+ scores differ\)$/);
    // The true difference is -0.0008: the interval has it, and keeps to what was decided.
    const { low, high } = { low: -1, high: 1, ...ofNear?.difference?.accuracy };
    expect(low).toBeGreaterThanOrEqual(-0.01);
    expect(high).toBeGreaterThan(-0.0008);
    expect(ofNear?.n).toBeLessThan(1000);
    expect(certificate.changes).toEqual([
      expect.stringMatching(/^a drop of 0\.\d{3} instead of 0\.01 would accept q2, which was tried earlier$/),
    ]);
    const text = terminalText(certificateBlocks(certificate));
    expect(text).toContain('Cheapest not worse than q8 by 0.01 (toy/letters@1): q4');
    expect(text).toMatch(/model +answers +accuracy +minus base +PER-A +reason/);
    expect(text).toMatch(/q8 +full +1,200 +0\.600 +– +– +the base, but/);
  });

  it('names the base where the others are worse or cost more, and asks those nothing', () => {
    const dear = model('q8 copy', 20, base);
    const { standing, entrants, steps } = driveRace([worse, q8, dear], setupOf(items));
    expect(standing.named).toEqual(['q8']);
    expect(steps).not.toContain('items q8 copy');
    const { models } = createCertificate(standing, entrants, setupOf(items), facts);
    expect(models.map(({ status }) => status)).toEqual(['full', 'eliminated', 'skipped']);
  });

  it('says of everything answered what it comes to, to the letter', () => {
    // 12 of 1,200 worse is just within; 13 is not.
    const just = model('just', 200, flipped(base, 62, 50));
    const short = model('short', 300, flipped(base, 63, 50, 2));
    const { standing, entrants } = driveRace([just, short, q8], setupOf(items));
    const { models } = createCertificate(standing, entrants, setupOf(items), facts);
    expect(standing.named).toEqual(['just']);
    expect(models.slice(1)).toMatchObject([
      {
        model: 'short',
        status: 'eliminated',
        n: 1200,
        reason: expect.stringContaining('(113 of 1,200 scores differ)'),
      },
      {
        model: 'just',
        status: 'full',
        reason: 'not worse than q8 by more than 0.01 (112 of 1,200 scores differ)',
        difference: { n: 1200, flips: 112, accuracy: { kind: 'exact', value: expect.closeTo(-0.01, 9) } },
      },
    ]);
  });

  it('compares with a base that is too large or too late to be the answer', () => {
    const large = { ...q8, launch: () => ({ throughput: 100, latency: 10, memory: 2 ** 34 }), memoryFloor: 2 ** 33 };
    const limited = setupOf(items, `${question} and memory <= 4 GiB`);
    const { standing } = driveRace([worse, near, large], limited);
    expect(standing.named).toEqual(['q4']);
    expect(standing.judgements.map(({ status }) => status)).toEqual(['pruned', 'eliminated', 'passed']);
    const late = [q8, near].map((each, index) => ({ ...each, latencies: base.map(() => (index === 0 ? 900 : 10)) }));
    const inTime = driveRace(late, setupOf(items, `${question} and latency p95 <= 500 ms`));
    expect(inTime.standing.named).toEqual(['q4']);
    expect(inTime.standing.judgements[0]).toMatchObject({ status: 'eliminated' });
  });

  it('decides nothing where the base breaks, and asks nobody else', () => {
    const absent = driveRace([near, { ...q8, exclusion: 'it does not fit' }], setupOf(items));
    const dead = driveRace([near, { ...q8, diesAt: 1 }], setupOf(items));
    const broken = driveRace([near, { ...q8, breaksFrom: 100 }], setupOf(items));
    expect(absent.standing.judgements[1]?.reason).toBe("can't be compared with q8: it does not fit");
    for (const { standing, entrants, steps } of [absent, dead, broken]) {
      expect(standing.named).toEqual([]);
      expect(steps.join()).not.toContain('q4');
      const certificate = createCertificate(standing, entrants, setupOf(items), facts);
      expect(certificate.models.map(({ status }) => status)).toEqual(['failed', 'failed']);
      expect(terminalText(certificateBlocks(certificate))).toMatch(
        /: not decided\n +nothing is decided: the others are compared with q8, which couldn't be judged\n/,
      );
    }
    expect(dead.standing.judgements[1]?.reason).toBe("can't be compared with q8: it died");
    expect(broken.standing.judgements[1]?.reason).toContain('items failed in the engine: more than 1 %');
  });

  it('comes to the same after a stop at any place', () => {
    const setup = setupOf(items);
    const whole = driveRace([worse, near, q8], setup);
    for (const cut of [0, 100, 700]) {
      const entrants = whole.entrants.map((entrant): Entrant => ({
        ...entrant,
        launches: entrant.launches.slice(0, 1),
        scores: entrant.model === 'q8' ? entrant.scores : entrant.scores.slice(0, cut),
      }));
      const stopped = replayRace(entrants, setup);
      expect(replayRace(JSON.parse(JSON.stringify(entrants)) as Entrant[], setup)).toEqual(stopped);
      const [first] = stopped.judgements;
      expect(first?.status).toBe('full');
      expect(openCandidates(stopped, entrants, setup).candidates).toContain('q8');
      const resumed = driveRace([worse, near, q8], setup, { entrants });
      const verdicts = ({ standing }: RaceRun): unknown =>
        standing.judgements.map(({ status, n, reason }) => [status, n, reason]);
      expect([resumed.standing.named, verdicts(resumed)]).toEqual([whole.standing.named, verdicts(whole)]);
    }
  });

  it('agrees with the whole comparison on small benchmarks', () => {
    const random = createRandom(11);
    for (let seed = 0; seed < 15; seed += 1) {
      const count = 60;
      const scores = answers(count);
      const models = [4, 3, 2].map((speed, index) =>
        model(`m${index}`, 100 * speed ** 3, flipped(scores, random.nextUint32() % 8, random.nextUint32() % 4, seed)),
      );
      const setup = setupOf(count, 'cheapest not worse than q8 by 0.05');
      const { standing } = driveRace([...models, model('q8', 100, scores)], setup);
      const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);
      const good = models.find((each) => sum(each.scores) >= sum(scores) - 3);
      expect([seed, standing.named]).toEqual([seed, [good?.model ?? 'q8']]);
    }
  });
});
