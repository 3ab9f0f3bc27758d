/**
 * How often what perbench claims is wrong, in worlds whose truth is known: rank sets and score intervals, accuracies near 1,
 * differences over launches, gates. Models are tied in truth, which is the hardest case.
 *
 *     node bench/estimators.ts [--runs 60] [--seed 1] [--resamples 500] [--models 2,4,8]
 *         [--parts ranks,drift,once,accuracy,compare,gate,latency]
 *
 * Every rate comes with its exact binomial 95 % interval; `docs/scores.md` states what is claimed.
 */
import { parseArgs } from 'node:util';
import { bootstrapTask } from '../src/scoring/bootstrap.ts';
import { checkConstraints } from '../src/scoring/constraints.ts';
import { gateChecks } from '../src/scoring/gate.ts';
import { launchRatio } from '../src/stats/launch-interval.ts';
import { meanOf } from '../src/stats/means.ts';
import { createNormalSource } from '../src/stats/random.ts';
import { exactBounds } from '../src/stats/score-interval.ts';
import { cell, compared } from '../test/setup/compared-cells.ts';
import { judgedBoard } from '../test/setup/judged-board.ts';
import { anchors as answerAnchors } from '../test/setup/printed-scoreboard.ts';
import {
  anchors,
  answersOf,
  drawWorld,
  randomOf,
  steadyWorld,
  tiedAt,
  tiedModels,
  type LaunchWorld,
  type Truth,
} from './estimator-worlds.ts';
import { exactLimits, latencyPair } from './latency-world.ts';

const { values: flags } = parseArgs({
  options: {
    runs: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    parts: { type: 'string', default: 'ranks,drift,once,accuracy,compare,gate,latency' },
    resamples: { type: 'string', default: '500' },
    models: { type: 'string', default: '2,4,8' },
  },
});
const runs = Number(flags.runs);
const seed = Number(flags.seed);
const resamples = Number(flags.resamples);
const sizes = flags.models.split(',').map(Number);

interface Count {
  hits: number;
  of: number;
}

/** Rates by what they are counted for, in the order in which they come up. */
type Counts = Map<string, Map<string, Count>>;

function count(counts: Counts, line: string, column: string, isHit: boolean): void {
  const own = counts.get(line) ?? new Map<string, Count>();
  const before = own.get(column) ?? { hits: 0, of: 0 };
  own.set(column, { hits: before.hits + Number(isHit), of: before.of + 1 });
  counts.set(line, own);
}

function rateText({ hits, of }: Count): string {
  const { low, high } = exactBounds(hits, of, 0.975);
  const percent = (share: number): string => (100 * share).toFixed(1);
  return `${percent(hits / of)} (${percent(low)} to ${percent(high)})`;
}

function print(title: string, counts: Counts): void {
  const columns = [...new Set([...counts.values()].flatMap((own) => [...own.keys()]))];
  const rows = [
    [title, ...columns],
    ...Array.from(counts, ([line, own]) => [
      line,
      ...columns.map((column) => {
        const found = own.get(column);
        return found === undefined ? '–' : rateText(found);
      }),
    ]),
  ];
  const widths = rows[0]?.map((_, place) => Math.max(...rows.map((row) => (row[place] ?? '').length))) ?? [];
  console.log();
  for (const row of rows)
    console.log(
      row
        .map((text, place) => text.padEnd(widths[place] ?? 0))
        .join('  ')
        .trimEnd(),
    );
}

interface Claims {
  readonly isSoleWinner: boolean;
  readonly isAnyDifferent: boolean;
  readonly covered: readonly boolean[];
}

/** What the product says of tied models. */
function claimsOf(truth: readonly Truth[], items: number, world: LaunchWorld, ...purpose: (string | number)[]): Claims {
  const random = randomOf(seed, ...purpose);
  const { models } = drawWorld(truth, items, world, random);
  const { anchored = [] } = bootstrapTask(models, {
    seed: random.nextUint32(),
    resamples,
    anchors,
    isInRounds: world.isInRounds,
  });
  return {
    isSoleWinner: anchored.filter(({ isInTieGroup }) => isInTieGroup).length === 1,
    isAnyDifferent: anchored.some(({ rankSet: [best, worst] }) => best > 1 || worst < anchored.length),
    covered: anchored.map(
      ({ interval: { low, high } }, index) => low <= (truth[index]?.score ?? 0) && (truth[index]?.score ?? 0) <= high,
    ),
  };
}

const percents = 'percent, with the binomial 95 % interval';

function ranks(): void {
  const bySpread: Counts = new Map();
  const byLaunches: Counts = new Map();
  const byModels: Counts = new Map();
  const byItems: Counts = new Map();
  for (const deviation of [0.02, 0.06, 0.1, 0.2]) {
    for (const isCorrelated of [false, true]) {
      for (const models of sizes) {
        for (const items of [40, 400, 10_042]) {
          for (const launches of [1, 2, 3]) {
            for (let run = 0; run < runs; run += 1) {
              const world = { ...steadyWorld, deviation, isCorrelated, launches };
              const name = [deviation, isCorrelated ? 'c' : 'i', models, items, launches, run];
              const truth = tiedModels(models, randomOf(seed, 'truth', ...name));
              const claims = claimsOf(truth, items, world, ...name);
              const together = isCorrelated ? 'all three together' : 'each by itself';
              const lines = [
                [bySpread, `${100 * deviation} %, ${together}`],
                [byLaunches, `${launches} launches`],
                [byModels, `${models} models`],
                [byItems, `${items} items`],
              ] as const;
              for (const [counts, line] of lines) {
                count(counts, line, 'false sole winner', claims.isSoleWinner);
                count(counts, line, 'any false difference', claims.isAnyDifferent);
                // From one launch no interval is shown.
                if (launches > 1) for (const isIn of claims.covered) count(counts, line, 'score in its interval', isIn);
              }
            }
          }
        }
      }
    }
  }
  print(`rank sets of tied models: ${percents}`, bySpread);
  for (const counts of [byLaunches, byModels, byItems]) print('the same', counts);
}

function drift(): void {
  const counts: Counts = new Map();
  for (const wander of [0, 0.03, 0.05]) {
    for (const order of ['model by model', 'in rounds', 'in rounds, between them alone'] as const) {
      if (wander === 0 && order === 'in rounds, between them alone') continue;
      const [isInRounds, isSteadyInRounds] = [order !== 'model by model', order === 'in rounds, between them alone'];
      for (const launches of [2, 3]) {
        for (const models of sizes) {
          for (let run = 0; run < 4 * runs; run += 1) {
            const own = { drift: wander, isInRounds, isSteadyInRounds, launches };
            const world = { ...steadyWorld, deviation: 0.01, isCorrelated: true, ...own };
            // Answers that never differ, so many that speed alone decides.
            const truth = Array.from({ length: models }, () => tiedAt(1));
            const claims = claimsOf(truth, 10_000, world, 'drift', wander, models, launches, run);
            const line = `host wanders ${100 * wander} %, ${order}`;
            count(counts, line, `${models} models, ${launches} launches`, claims.isAnyDifferent);
          }
        }
      }
    }
  }
  print(`any false difference where the host drifts: ${percents}`, counts);
}

/** From one launch no rank set says anything: here it is the answer that may name one of equal models. */
function once(): void {
  const counts: Counts = new Map();
  for (const deviation of [0.02, 0.06, 0.1, 0.2]) {
    for (const models of sizes) {
      for (let run = 0; run < 4 * runs; run += 1) {
        const world = { ...steadyWorld, launches: 1, deviation, isCorrelated: true };
        const truth = Array.from({ length: models }, () => tiedAt(0.8));
        const drawn = drawWorld(truth, 400, world, randomOf(seed, 'once', deviation, models, run));
        const judged = drawn.models.map(({ model, launches }) => ({
          model,
          // All right on the same items: speed alone decides.
          scores: Array.from(drawn.models[0]?.scores ?? []),
          speeds: launches.map(({ throughput }) => throughput),
        }));
        const task = { chance: 0.25 };
        const { answer } = judgedBoard(judged, { task, anchors: answerAnchors, resamples: 100 });
        count(counts, `launches differ by ${100 * deviation} %`, `${models} models`, answer?.kind === 'recommend');
      }
    }
  }
  print(`equal models of which one is called likely from one launch: ${percents}`, counts);
}

function accuracy(): void {
  const counts: Counts = new Map();
  const worlds: readonly (readonly [items: number, accuracies: readonly number[]])[] = [
    [40, [0.99, 0.97]],
    [40, [1, 0.98]],
    [40, [0.9, 0.8]],
    [40, [0.99, 0.99, 0.97, 0.97]],
    [40, [0.99, 0.98, 0.97, 0.96, 0.99, 0.98, 0.97, 0.96]],
    [400, [0.99, 0.97]],
    [400, [1, 0.99, 0.98]],
    [10_042, [0.999, 0.99]],
  ];
  for (const [items, accuracies] of worlds) {
    const line = `${items} items, ${accuracies.join(' ')}`;
    for (let run = 0; run < 20 * runs; run += 1) {
      const truth = accuracies.map((own) => tiedAt(own));
      // Launches that hardly differ: answers alone decide.
      const claims = claimsOf(truth, items, { ...steadyWorld, launches: 8, deviation: 0.0001 }, line, run);
      count(counts, line, 'false sole winner', claims.isSoleWinner);
      for (const isIn of claims.covered) count(counts, line, 'score in its interval', isIn);
    }
  }
  print(`accuracies near 1: ${percents}`, counts);
}

function compare(): void {
  const counts: Counts = new Map();
  const isWrong = (a: readonly number[], b: readonly number[], isPaired = false): boolean => {
    const { interval } = launchRatio(a, b, { isPaired });
    return interval !== undefined && (interval.low > 1 || interval.high < 1);
  };
  const launchCounts = [
    [2, 2],
    [2, 3],
    [3, 2],
    [2, 5],
    [3, 3],
    [3, 5],
    [5, 5],
  ] as const;
  for (const [left, right] of launchCounts) {
    for (const ratio of [1, 2, 3, 5, 10]) {
      for (let run = 0; run < 100 * runs; run += 1) {
        const normal = createNormalSource(randomOf(seed, 'compare', left, right, ratio, run));
        const launches = (size: number, deviation: number): number[] =>
          Array.from({ length: size }, () => 10 * Math.exp(deviation * normal()));
        const wrong = isWrong(launches(left, 0.02), launches(right, 0.02 * ratio));
        count(counts, `${left} against ${right} launches`, `deviations 1 to ${ratio}`, wrong);
      }
    }
  }
  print(`equal models called different: ${percents}`, counts);
  const drifting: Counts = new Map();
  for (const isInRounds of [false, true]) {
    for (let run = 0; run < 100 * runs; run += 1) {
      const world = { ...steadyWorld, deviation: 0.01, drift: 0.05, isInRounds };
      const { models } = drawWorld([tiedAt(1), tiedAt(1)], 1, world, randomOf(seed, 'pairs', run));
      const [a = [], b = []] = models.map(({ launches }) => launches.map(({ throughput }) => throughput));
      count(drifting, isInRounds ? 'paired by round' : 'model by model', 'wrong', isWrong(a, b, isInRounds));
    }
  }
  print(`the same over 3 launches where the host wanders 5 %: ${percents}`, drifting);
}

function gate(): void {
  const counts: Counts = new Map();
  for (const items of [40, 100, 400]) {
    for (const limit of [0.5, 0.7, 0.9, 0.99]) {
      for (let run = 0; run < 20 * runs; run += 1) {
        const normal = createNormalSource(randomOf(seed, 'gate', items, limit, run));
        const right = items * meanOf(answersOf([limit], items, normal)[0] ?? []);
        const pair = compared(cell(right, items), cell(right, items));
        const [check] = gateChecks([pair], () => ({ minAccuracy: limit }));
        const line = `accuracy >= ${limit}, ${items} items`;
        count(counts, line, 'passes', check?.outcome === 'pass');
        count(counts, line, 'fails', check?.outcome === 'fail');
      }
    }
  }
  print(`a candidate exactly at its limit: ${percents}`, counts);
}

function latency(): void {
  const byLimit = new Map<string, Counts>();
  const { maxLatency, maxLatencyP95 } = exactLimits;
  for (const items of [130, 400]) {
    for (const deviation of [0.02, 0.06, 0.1, 0.2]) {
      for (let run = 0; run < 20 * runs; run += 1) {
        const [a, b] = latencyPair(
          { items, deviation },
          createNormalSource(randomOf(seed, 'latency', items, deviation, run)),
        );
        const add = (limit: string, isPassed: boolean, isFailed: boolean): void => {
          const counts = byLimit.get(limit) ?? new Map<string, Map<string, Count>>();
          byLimit.set(limit, counts);
          const line = `${items} items, launches differ by ${100 * deviation} %`;
          count(counts, line, 'passes', isPassed);
          count(counts, line, 'fails', isFailed);
        };
        for (const { limit, outcome } of gateChecks([compared(a, b)], () => exactLimits))
          add(`gate, ${limit}`, outcome === 'pass', outcome === 'fail');
        for (const check of checkConstraints(b, 't', { maxLatency, maxLatencyP95 }, undefined))
          add(
            `decide without doubt, ${check.constraint}`,
            check.isSure === true && check.isPassed,
            check.isSure === true && !check.isPassed,
          );
      }
    }
  }
  for (const [limit, counts] of byLimit) print(`${limit}: a candidate exactly at it: ${percents}`, counts);
}

const parts: Readonly<Record<string, () => void>> = { ranks, drift, once, accuracy, compare, gate, latency };
console.log(`${runs} runs, seed ${seed}, ${resamples} resamples`);
for (const part of flags.parts.split(',')) parts[part]?.();
