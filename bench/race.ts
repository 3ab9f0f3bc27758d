/**
 * Early stopping in a simulated world with the paper's 16 models: how often the certificate agrees with the full
 * evaluation, and what it costs against it. docs/deciding.md says what is simulated.
 *
 * bench/race-errors.ts has the hardest cases.
 *
 *     node bench/race.ts [--runs 60] [--tasks gsm8k,arc_easy] [--most-items 12000] [--seed 20260901] [--boundary 1500]
 */
import { parseArgs } from 'node:util';
import { equalWeights } from '../src/scoring/per-anchored.ts';
import type { Factors } from '../src/scoring/factor.ts';
import { createRandom, randomOrder } from '../src/stats/random.ts';
import { type RaceSetup } from '../src/scoring/race/race-setup.ts';
import { raceCost } from '../src/scoring/race/certificate.ts';
import { createScoreGate } from '../src/scoring/race/score-gate.ts';
import { driveRace } from '../test/race/drive-race.ts';
import { createWorld, trueWinner, type World, worldTasks } from './race-world.ts';
import { raceSetup } from '../test/race/race-setup.ts';

const { values: flags } = parseArgs({
  options: {
    runs: { type: 'string', default: '60' },
    tasks: { type: 'string', default: worldTasks.join(',') },
    'most-items': { type: 'string', default: '12000' },
    seed: { type: 'string', default: '20260901' },
    boundary: { type: 'string', default: '1500' },
  },
});
const runs = Number(flags.runs);
const seed = Number(flags.seed);
const confidence = 0.95;
const launchesOfFull = 3;
const gates = [0.5, 0.7, 0.75, 0.8, 0.9];
const tolerances = [0.02, 0.05, 0.1];

const share = (count: number): string => (count / runs).toFixed(3);
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function setupOf(question: string, { items, anchors }: World, weights: Factors): RaceSetup {
  return raceSetup(question, { items, anchors, weights, extraLaunches: launchesOfFull });
}

/** The weight of accuracy, the others sharing the rest. */
function weightsWith(accuracy: number): Factors {
  const rest = (1 - accuracy) / 3;
  return accuracy === 0.25 ? equalWeights : { accuracy, throughput: rest, latency: rest, memory: rest };
}

function simulateWinner(world: World, accuracyWeight: number): void {
  const weights = weightsWith(accuracyWeight);
  const setup = setupOf('winner', world, weights);
  let [named, inSet, tied] = [0, 0, 0];
  const [costs, launches]: [number[], number[]] = [[], []];
  for (let run = 0; run < runs; run += 1) {
    const { models, truth } = world.draw(seed + run);
    const { standing, entrants } = driveRace(models, setup, { looks: 0 });
    const winner = trueWinner(truth, world.anchors, weights);
    if (standing.named[0] === winner) named += 1;
    if (standing.named.includes(winner)) inSet += 1;
    if (standing.named.length > 1) tied += 1;
    const cost = raceCost(entrants, world.items, launchesOfFull);
    costs.push(cost.deviceSeconds / cost.fullDeviceSeconds);
    launches.push(cost.launches);
  }
  console.log(
    `winner, accuracy weight ${accuracyWeight.toFixed(2)}: named first ${share(named)}, in the certificate ${share(inSet)}, tie ${share(tied)}, item cost ${mean(costs).toFixed(4)} of full, ${mean(launches).toFixed(1)} launches of ${launchesOfAll(world)}`,
  );
}

function launchesOfAll(world: World): number {
  return world.draw(seed).models.length * launchesOfFull;
}

/** @param least the accuracy that is good enough, given all of them */
function simulateGate(world: World, gate: string, least: (accuracies: readonly number[]) => number): void {
  const setup = setupOf(`cheapest with accuracy ${gate}`, world, equalWeights);
  let agrees = 0;
  const [costs, touched]: [number[], number[]] = [[], []];
  let largest = 0;
  for (let run = 0; run < runs; run += 1) {
    const { models: drawn, truth } = world.draw(seed + run, 'own');
    const { standing, entrants } = driveRace(drawn, setup);
    const enough = least(truth.map(({ accuracy }) => accuracy));
    const cheapest = truth.find(({ accuracy }) => accuracy >= enough - 1e-9)?.model;
    if (cheapest === undefined ? standing.named.length === 0 : standing.named.includes(cheapest)) agrees += 1;
    const cost = raceCost(entrants, world.items, launchesOfFull);
    costs.push(cost.deviceSeconds / cost.fullDeviceSeconds);
    touched.push(entrants.filter(({ launches }) => launches.length > 0).length);
    largest = Math.max(largest, ...entrants.map(({ scores }) => scores.length));
  }
  console.log(
    `cheapest with accuracy ${gate}: agrees ${share(agrees)}, item cost ${mean(costs).toFixed(4)} of full, ${mean(touched).toFixed(1)} models touched, largest n ${largest}`,
  );
}

/** Accuracy exactly at the gate: the hardest place. Rates above alpha would be a broken promise. */
function simulateBoundary(repetitions: number): void {
  const [items, tau, alpha] = [400, 0.7, 0.05];
  const scores = Array.from({ length: items }, (_, index) => Number(index < tau * items));
  const random = createRandom(seed);
  let [eliminated, passed] = [0, 0];
  for (let run = 0; run < repetitions; run += 1) {
    const gate = createScoreGate({ tau, items, failAlpha: alpha, passAlpha: alpha });
    for (const position of randomOrder(items, random.nextUint32())) {
      if (gate.observe(scores[position] ?? 0) !== 'open') break;
    }
    if (gate.state === 'failed') eliminated += 1;
    if (gate.state === 'passed') passed += 1;
  }
  const rate = (count: number): string => `${((100 * count) / repetitions).toFixed(1)} %`;
  console.log(
    `exactly at the gate, ${items} items, ${repetitions} runs, alpha 5 %: eliminated ${rate(eliminated)}, passed early ${rate(passed)}`,
  );
}

console.log(`seed ${seed}, ${runs} runs per line, confidence ${confidence}`);
simulateBoundary(Number(flags.boundary));
for (const task of worldTasks.filter((name) => flags.tasks.split(',').includes(name))) {
  const world = createWorld(task, Number(flags['most-items']), seed);
  console.log(`\n${task}, ${world.items} items`);
  for (const accuracyWeight of [0.25, 0.5]) simulateWinner(world, accuracyWeight);
  if (task !== 'gsm8k') continue;
  for (const gate of gates) simulateGate(world, `>= ${gate}`, () => gate);
  for (const tolerance of tolerances) {
    simulateGate(world, `within ${tolerance} of the best`, (accuracies) => Math.max(...accuracies) - tolerance);
  }
}
