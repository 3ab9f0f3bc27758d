/**
 * How often the answer to "which model?" is right, wrong or withheld, in worlds whose truth is known: models that are
 * tied, near one another, or clearly apart; 2 to 8 of them, 10 to 2,000 items, 1 to 3 launches, on a quiet and on a busy
 * machine.
 *
 *     node bench/answer.ts [--runs 100] [--seed 1]
 *
 * Wrong is a recommended model that isn't the best in truth, and in a tied world any that is called clear. Intervals of the error rates are exact binomial, 95 %.
 */
import { parseArgs } from 'node:util';
import { judgedBoard, type Judged } from '../test/setup/judged-board.ts';
import { anchors as set } from '../test/setup/printed-scoreboard.ts';
import { type Anchors, anchorsOf } from '../src/scoring/anchors.ts';
import { anchoredScore } from '../src/scoring/per-anchored.ts';
import { createNormalSource, createRandom, type Random } from '../src/stats/random.ts';
import { exactBounds } from '../src/stats/score-interval.ts';

const { values: flags } = parseArgs({
  options: { runs: { type: 'string', default: '100' }, seed: { type: 'string', default: '1' } },
});
const runs = Number(flags.runs);

const anchors = anchorsOf(set, 'toy') as Anchors;

/** Between launches of one model, as a share of its speed. */
const launchDeviation = 0.05;

/** Ratio of the scores of neighbours in truth. */
const worlds = { tied: 1, near: 1.03, clear: 1.25 } as const;
type World = keyof typeof worlds;

interface Truth {
  readonly model: string;
  readonly accuracy: number;
  readonly speed: number;
  readonly score: number;
}

function scoreOf(accuracy: number, speed: number): number {
  return anchoredScore({ accuracy, throughput: speed, latency: 1000 / speed, memory: 2 ** 30 }, anchors);
}

/** Accurate and slow against quick and wrong, at the wanted ratios of scores: the speed that gives the score. */
function truthOf(world: World, count: number, random: Random): readonly Truth[] {
  const best = 0.55;
  return Array.from({ length: count }, (_, index): Truth => {
    const accuracy = 0.55 + 0.35 * random.nextFloat();
    const wanted = best / worlds[world] ** index;
    let [low, high] = [1e-4, 1e6];
    for (let step = 0; step < 100; step += 1) {
      const middle = Math.sqrt(low * high);
      if (scoreOf(accuracy, middle) < wanted) low = middle;
      else high = middle;
    }
    return { model: `m${index}`, accuracy, speed: high, score: wanted };
  });
}

/** Answers to the same items: easy ones are easy for all. */
function answersOf(truth: readonly Truth[], items: number, random: Random): readonly number[][] {
  const normal = createNormalSource(random);
  const difficulties = Array.from({ length: items }, () => normal());
  const rho = Math.sqrt(0.5);
  return truth.map(({ accuracy }) => {
    const threshold = inverseNormal(accuracy);
    return difficulties.map((difficulty) => Number(rho * difficulty + Math.sqrt(1 - rho * rho) * normal() < threshold));
  });
}

function inverseNormal(share: number): number {
  let [low, high] = [-8, 8];
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (normalCdf(middle) < share) low = middle;
    else high = middle;
  }
  return low;
}

/** Abramowitz and Stegun 7.1.26, good to 1.5e-7. */
function normalCdf(z: number): number {
  const t = 1 / (1 + (0.3275911 * Math.abs(z)) / Math.SQRT2);
  const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const erf = 1 - series * Math.exp((-z * z) / 2);
  return z < 0 ? (1 - erf) / 2 : (1 + erf) / 2;
}

function drawModels(
  truth: readonly Truth[],
  items: number,
  launches: number,
  isBusy: boolean,
  random: Random,
): Judged[] {
  const normal = createNormalSource(random);
  const answers = answersOf(truth, items, random);
  return truth.map(({ model, speed }, index): Judged => {
    // Half of the models meet others that take a share of the CPU, and lose up to its square.
    const share = isBusy && random.nextFloat() < 0.5 ? 0.05 + 0.6 * random.nextFloat() : 0;
    const slowdown = (1 - share) ** -(1 + random.nextFloat());
    return {
      model,
      scores: answers[index] as number[],
      speeds: Array.from({ length: launches }, () => (speed / slowdown) * Math.exp(launchDeviation * normal())),
      ...(share > 0 && { warnings: [{ reason: 'host_busy' as const, detail: 'others took CPU', share }] }),
    };
  });
}

interface Tally {
  clearRight: number;
  clearWrong: number;
  otherRight: number;
  otherWrong: number;
  tie: number;
  unknown: number;
}

function simulate(world: World, count: number, items: number, launches: number, isBusy: boolean): Tally {
  const tally: Tally = { clearRight: 0, clearWrong: 0, otherRight: 0, otherWrong: 0, tie: 0, unknown: 0 };
  for (let run = 0; run < runs; run += 1) {
    const random = createRandom(
      (Number(flags.seed) * 1_000_003 + run * 7919 + count * 31 + items * 17 + launches) >>> 0,
    );
    const truth = truthOf(world, count, random);
    const models = drawModels(truth, items, launches, isBusy, random);
    const { answer } = judgedBoard(models, { task: { chance: 0.25 }, anchors: set, resamples: 500 });
    if (answer === undefined) throw new Error('no answer');
    if (answer.kind !== 'recommend') {
      tally[answer.kind === 'tie' ? 'tie' : 'unknown'] += 1;
      continue;
    }
    const isClear = answer.confidence.level === 'clear';
    // In a tied world every model is the best: wrong is to call one clearly so.
    const isRight = world === 'tied' ? !isClear : answer.model === truth[0]?.model;
    tally[isClear ? (isRight ? 'clearRight' : 'clearWrong') : isRight ? 'otherRight' : 'otherWrong'] += 1;
  }
  return tally;
}

const share = (part: number, whole: number): string => (whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`);

console.log(`runs per cell ${runs}, seed ${flags.seed}, launch deviation ${launchDeviation}`);
console.log('world  models items launches machine  clear: right wrong  likely: right wrong  tie  withheld');
const sums = new Map<string, { wrong: number; claims: number }>();

function addUp(name: string, wrong: number, claims: number): void {
  const sum = sums.get(name) ?? { wrong: 0, claims: 0 };
  sums.set(name, { wrong: sum.wrong + wrong, claims: sum.claims + claims });
}

for (const world of Object.keys(worlds) as World[]) {
  for (const count of [2, 4, 8]) {
    for (const items of [10, 50, 200, 2000]) {
      for (const launches of [1, 2, 3]) {
        for (const isBusy of [false, true]) {
          const tally = simulate(world, count, items, launches, isBusy);
          const { clearRight, clearWrong, otherRight, otherWrong, tie, unknown } = tally;
          console.log(
            [
              world.padEnd(6),
              String(count).padStart(6),
              String(items).padStart(5),
              String(launches).padStart(8),
              (isBusy ? 'busy' : 'quiet').padEnd(7),
              share(clearRight, runs).padStart(12),
              share(clearWrong, runs).padStart(6),
              share(otherRight, runs).padStart(13),
              share(otherWrong, runs).padStart(7),
              share(tie, runs).padStart(7),
              share(unknown, runs).padStart(7),
            ].join(' '),
          );
          const claims = clearRight + clearWrong;
          const others = otherRight + otherWrong;
          addUp(`clear, ${world} worlds`, clearWrong, claims);
          addUp('clear, all worlds', clearWrong, claims);
          addUp(`likely, ${world} worlds`, otherWrong, others);
          addUp(
            `clear though tied, of all runs in tied worlds`,
            world === 'tied' ? clearWrong : 0,
            world === 'tied' ? runs : 0,
          );
        }
      }
    }
  }
}
for (const [key, { wrong, claims }] of sums) {
  if (claims === 0) continue;
  const { low, high } = exactBounds(wrong, claims, 0.975);
  console.log(
    `${key}: wrong ${wrong} of ${claims} (${share(wrong, claims)}, 95 %: ${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)} %)`,
  );
}
