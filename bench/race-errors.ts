/**
 * How often a race is wrong, and what it costs, where models are as hard to tell apart as is asked: launches that differ by
 * as much as, less and more than is assumed, whose figures go together or don't. docs/deciding.md has the tables.
 *
 *     node bench/race-errors.ts [--part winner,cheapest,latency,cost,drop] [--runs 200] [--models 3,8,16] [--items 200,2000]
 *         [--ratio 1.02] [--spread 0.02,0.06,0.1,0.2] [--assumed 0.02 --degrees 34] [--correlated yes,no] [--seed 1]
 */
import { parseArgs } from 'node:util';
import type { AssumedSpread, RaceCertificate } from '../src/core/race.ts';
import { raceCost } from '../src/scoring/race/certificate.ts';
import { usualSpread } from '../src/scoring/race/launch-noise.ts';
import { type RaceSetup } from '../src/scoring/race/race-setup.ts';
import { createNormalSource, createRandom } from '../src/stats/random.ts';
import { exactBounds } from '../src/stats/score-interval.ts';
import { driveRace, type RaceRun, type SimulatedModel } from '../test/race/drive-race.ts';
import { replayGate } from '../src/scoring/race/score-gate.ts';
import { differences, drawLadder, shuffled, usualLadder } from './ladder-world.ts';
import { closeAnchors, type CloseOptions, drawClose } from './close-world.ts';
import { raceSetup } from '../test/race/race-setup.ts';

const { values: flags } = parseArgs({
  options: {
    part: { type: 'string', default: 'winner,cheapest,latency,cost,drop' },
    runs: { type: 'string', default: '200' },
    models: { type: 'string', default: '3,8,16' },
    /** 200 where errors are counted, four benchmarks for the cost. */
    items: { type: 'string' },
    /** 1.02 where errors are counted, five of them for the cost. */
    ratio: { type: 'string' },
    /** True spread of launches: four of them where errors are counted, 3 % for the cost. */
    spread: { type: 'string' },
    correlated: { type: 'string', default: 'no,yes' },
    /** Spread that races assume, and the degrees of freedom that it was measured with. */
    assumed: { type: 'string', default: String(usualSpread.throughput) },
    degrees: { type: 'string' },
    seed: { type: 'string', default: '1' },
  },
});
const numbers = (text: string): readonly number[] => text.split(',').map(Number);
const [runs, seed, ratio] = [Number(flags.runs), Number(flags.seed), Number(flags.ratio ?? 1.02)];
const spreads = numbers(flags.spread ?? '0.02,0.06,0.1,0.2');
const scale = Number(flags.assumed) / usualSpread.throughput;
const assumed: AssumedSpread = {
  throughput: scale * usualSpread.throughput,
  latency: scale * usualSpread.latency,
  memory: scale * usualSpread.memory,
  ...(flags.degrees !== undefined && { degrees: Number(flags.degrees) }),
  source: 'assumed',
};

function setupOf(question: string, items: number): RaceSetup {
  return raceSetup(question, { items, anchors: closeAnchors, usefulAbove: 0.05, spread: assumed });
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** A rate with its exact 95 % interval. */
function rate(count: number, of: number): string {
  const { low, high } = exactBounds(count, of, 0.975);
  return `${percent(count / of)} (${percent(low)} to ${percent(high)})`;
}

function outcomeOf({ standing: { named, spread } }: RaceRun): RaceCertificate['outcome'] {
  if (spread !== undefined && spread.inDoubt.length > 0) return 'withdrawn';
  return named.length === 0 ? 'none' : named.length === 1 ? 'winner' : 'tie';
}

/** The true best isn't among the named, though the certificate stands. */
function simulateErrors(question: string, world: Omit<CloseOptions, 'launchSpread' | 'isCorrelated'>): void {
  for (const isCorrelated of flags.correlated.split(',').map((word) => word === 'yes')) {
    for (const launchSpread of spreads) {
      const count = { wrong: 0, withdrawn: 0, winner: 0, tie: 0, none: 0 };
      let launches = 0;
      for (let run = 0; run < runs; run += 1) {
        const { models, best } = drawClose({ ...world, launchSpread, isCorrelated }, seed + run);
        const ended = driveRace(models, setupOf(question, world.items), { looks: 0 });
        const outcome = outcomeOf(ended);
        count[outcome] += 1;
        if (outcome !== 'withdrawn' && !ended.standing.named.includes(best)) count.wrong += 1;
        launches += ended.entrants.reduce((sum, entrant) => sum + entrant.launches.length, 0);
      }
      console.log(
        `${question}, ${world.models} models, ${world.items} items, launches differ by ${percent(launchSpread)}, ${isCorrelated ? 'correlated ' : 'independent'}: wrong ${rate(count.wrong, runs)}, withdrawn ${percent(count.withdrawn / runs)}, one named ${percent(count.winner / runs)}, tie ${percent(count.tie / runs)}, ${(launches / runs).toFixed(1)} launches`,
      );
    }
  }
}

/** One model whose 95th percentile is so many times the limit; the times of one launch shift together. */
function lateModel(timesLimit: number, launchSpread: number, items: number, at: number): SimulatedModel {
  const normal = createNormalSource(createRandom(at));
  const shift = Math.exp(launchSpread * normal());
  // Times of single requests vary by 30 %; 1.645 is the 95th percentile of a normal.
  const base = (100 * timesLimit) / Math.exp(1.645 * 0.3);
  const latencies = Array.from({ length: items }, () => base * shift * Math.exp(0.3 * normal()));
  const launch = () => {
    const speed = Math.exp(launchSpread * normal());
    return { throughput: 100 * speed, latency: base / speed, memory: 2 ** 30 };
  };
  return { model: 'late', activeBytes: 1e9, scores: latencies.map(() => 1), latencies, launch };
}

function simulateLatency(items: number): void {
  for (const timesLimit of [0.7, 0.98, 1.02, 1.4]) {
    for (const launchSpread of spreads) {
      const setup = {
        ...setupOf('cheapest with accuracy >= 0.5 and latency p95 <= 100 ms', items),
        spread: { ...usualSpread, throughput: launchSpread, latency: launchSpread },
      };
      let [passed, failed, unclear] = [0, 0, 0];
      for (let run = 0; run < runs; run += 1) {
        const { standing } = driveRace([lateModel(timesLimit, launchSpread, items, seed + run)], setup, { looks: 0 });
        if (standing.named.length > 0) passed += 1;
        else if (standing.judgements[0]?.status === 'eliminated') failed += 1;
        else unclear += 1;
      }
      console.log(
        `latency p95 at ${timesLimit} of its limit, ${items} items, launches differ by ${percent(launchSpread)} as assumed: certified ${rate(passed, runs)}, ruled out ${rate(failed, runs)}, can't be judged or withdrawn ${percent(unclear / runs)}`,
      );
    }
  }
}

/** What a winner costs where the best is so far ahead. */
function simulateCost(models: number, launchSpread: number): void {
  for (const items of numbers(flags.items ?? '600,1319,2376,10042')) {
    for (const scoreRatio of numbers(flags.ratio ?? '1.02,1.05,1.08,1.15,1.3')) {
      const races = Math.max(4, Math.round((runs * 600) / items / 5));
      let [cost, asked, starts, named] = [0, 0, 0, 0];
      for (let run = 0; run < races; run += 1) {
        const world = { models, items, launchSpread, isCorrelated: true, scoreRatio };
        const { models: drawn, best } = drawClose(world, seed + run);
        const { standing, entrants, steps } = driveRace(drawn, setupOf('winner', items));
        const used = raceCost(entrants, items, 3);
        cost += used.deviceSeconds / used.fullDeviceSeconds;
        asked += used.items / used.fullItems;
        const started = steps.map((step) => step.replace(/^\w+ /u, ''));
        starts += steps.filter((step, at) => step.startsWith('launch') || started[at] !== started[at - 1]).length;
        if (standing.named[0] === best) named += 1;
      }
      console.log(
        `winner, ${models} models, ${items} items, score ratio ${scoreRatio}: named first ${percent(named / races)}, item cost ${percent(cost / races)} of full, ${percent(asked / races)} of the items, ${(starts / races).toFixed(1)} starts, ${races} races`,
      );
    }
  }
}

const maxDrop = 0.01;
const gateAlpha = 0.05;

/** Exactly as much worse as is allowed, and by one answer more: the hardest places. */
function simulateDropBoundary(items: number): void {
  const rule = { tau: -maxDrop, items, failAlpha: gateAlpha, passAlpha: gateAlpha, isDifference: true };
  const allowed = Math.floor(maxDrop * items + 1e-9);
  for (const flips of [0.01, 0.03, 0.07, 0.15]) {
    const count = (drop: number, state: 'failed' | 'passed'): number => {
      const random = createRandom(seed);
      const values = differences(items, { flips, drop: drop / items });
      const ended = Array.from({ length: runs }, () => replayGate(rule, shuffled(values, random)).state);
      return ended.filter((each) => each === state).length;
    };
    console.log(
      `drop, ${items} items, ${percent(flips)} differ, alpha ${percent(gateAlpha)}: just good enough, ruled out ${rate(count(allowed, 'failed'), runs)}; by one answer not, passed ${rate(count(allowed + 1, 'passed'), runs)}`,
    );
  }
}

/** What it takes to be certain of one of four quantisations. */
function simulateDropItems(items: number): void {
  const alpha = setupOf('winner', items).budget.accuracy / (2 * usualLadder.length);
  const rule = { tau: -maxDrop, items, failAlpha: alpha, passAlpha: alpha, isDifference: true };
  for (const flips of [0, 0.01, 0.03, 0.07, 0.15]) {
    const asked = [-0.01, 0, 0.005, 0.02, 0.04, 0.08].map((drop) => {
      if (Math.abs(drop) > flips) return '–';
      const random = createRandom(seed);
      const values = differences(items, { flips, drop });
      const counts = Array.from({ length: runs }, () => replayGate(rule, shuffled(values, random)).count);
      return percent(counts.reduce((sum, each) => sum + each, 0) / runs / items);
    });
    console.log(
      `drop, ${items} items, ${percent(flips)} differ: items asked at a drop of -0.01, 0, 0.005, 0.02, 0.04, 0.08: ${asked.join(', ')}`,
    );
  }
}

/** A whole ladder, of which the cheapest but one is good enough. */
function simulateDropRaces(items: number): void {
  const [spread = 0.03] = numbers(flags.spread ?? '0.03');
  let [wrong, tied, asked, time, most] = [0, 0, 0, 0, 0];
  const races = Math.max(4, Math.round((runs * 200) / items));
  for (let run = 0; run < races; run += 1) {
    const models = drawLadder(usualLadder, items, spread, seed + run);
    const { standing, entrants } = driveRace(models, setupOf(`cheapest not worse than q8 by ${maxDrop}`, items));
    if (!standing.named.includes('q4')) wrong += 1;
    if (standing.named.length > 1) tied += 1;
    const cost = raceCost(entrants, items, 3);
    asked += cost.items / cost.fullItems;
    time += cost.deviceSeconds / cost.fullDeviceSeconds;
    most = Math.max(most, cost.launches);
  }
  console.log(
    `drop, ladder of five, ${items} items, launches differ by ${percent(spread)}: wrong ${rate(wrong, races)}, tie ${percent(tied / races)}, ${percent(asked / races)} of the items, ${percent(time / races)} of the device time for items, at most ${most} launches, ${races} races`,
  );
}

console.log(
  `seed ${seed}, ${runs} races a line, 95 % confidence, ${percent(assumed.throughput)} assumed between launches`,
);
for (const items of numbers(flags.items ?? '200')) {
  for (const models of numbers(flags.models)) {
    if (flags.part.includes('winner')) simulateErrors('winner', { models, items, scoreRatio: ratio });
    if (flags.part.includes('cheapest')) {
      simulateErrors('cheapest with accuracy >= 0.4', { models, items, costRatio: ratio });
    }
  }
}
if (flags.part.includes('latency')) simulateLatency(1000);
if (flags.part.includes('cost')) simulateCost(3, Number(flags.spread ?? 0.03));
if (flags.part.includes('drop')) {
  for (const items of numbers(flags.items ?? '600,2376')) {
    simulateDropBoundary(items);
    simulateDropItems(items);
    simulateDropRaces(items);
  }
}
