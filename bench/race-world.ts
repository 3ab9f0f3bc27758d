import { readFileSync } from 'node:fs';
import type { RaceValues } from '../src/core/race.ts';
import { type Anchors, anchorsOf, paperAnchors } from '../src/scoring/anchors.ts';
import { anchoredScore } from '../src/scoring/per-anchored.ts';
import type { Factors } from '../src/scoring/factor.ts';
import { createRandom, type Random, randomOrder, createNormalSource } from '../src/stats/random.ts';
import type { SimulatedModel } from '../test/race/drive-race.ts';

/** Items of the published benchmarks. */
const itemCounts = { gsm8k: 1319, arc_easy: 2376, squad2: 11_873, hellaswag: 10_042, imdb: 25_000 } as const;
export type WorldTask = keyof typeof itemCounts;
export const worldTasks = Object.keys(itemCounts) as readonly WorldTask[];

interface Row {
  readonly model: string;
  readonly accuracy: number;
  readonly values: RaceValues;
}

/** The paper's table of one task: 16 models. The published throughput of Mistral-7B on GSM8K is a misprint. */
function paperRows(task: WorldTask): readonly Row[] {
  return readFileSync(new URL('../data/paper.csv', import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith(`${task},`))
    .map((line) => {
      const [, , model = '', accuracy, throughput, , latency, , memory] = line.split(',');
      return {
        model,
        accuracy: Number(accuracy),
        values: {
          throughput: throughput === '3907' ? 390.7 : Number(throughput),
          latency: Number(latency),
          memory: Number(memory) * 2 ** 20,
        },
      };
    });
}

interface Item {
  readonly discrimination: number;
  readonly difficulty: number;
}

export function drawItems(count: number, random: Random): readonly Item[] {
  const normal = createNormalSource(random);
  return Array.from({ length: count }, () => {
    const discrimination = Math.exp(Math.log(1.45) + 0.5 * normal());
    // Every seventh item or so is hard for everybody.
    const difficulty = random.nextFloat() < 0.15 ? 2.8 + 1.5 * normal() : -0.35 + 0.9 * normal();
    return { discrimination, difficulty };
  });
}

function chanceOfRight(ability: number, { discrimination, difficulty }: Item): number {
  return 1 / (1 + Math.exp(-discrimination * (ability - difficulty)));
}

/** The ability at which the mean chance over the items is the published accuracy. */
export function chancesFor(accuracy: number, items: readonly Item[]): Float64Array {
  let [low, high] = [-12, 12];
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    const mean = items.reduce((sum, item) => sum + chanceOfRight(middle, item), 0) / items.length;
    if (mean < accuracy) low = middle;
    else high = middle;
  }
  return Float64Array.from(items, (item) => chanceOfRight((low + high) / 2, item));
}

export interface World {
  readonly task: WorldTask;
  readonly items: number;
  readonly anchors: Anchors;
  /** One benchmark: answers and orders of its own; the paper's performance, with noise from launch to launch. */
  draw(
    seed: number,
    order?: 'shared' | 'own',
  ): {
    readonly models: readonly SimulatedModel[];
    /** Accuracies on all items and true performance, cheapest first. */
    readonly truth: readonly Row[];
  };
}

const launchDeviation = { throughput: 0.03, latency: 0.03, memory: 0.005 } as const;
const bytesPerCost = 1e12;

/** The world of docs/deciding.md: items by a two-parameter model, answers independent given it. */
export function createWorld(task: WorldTask, maxItems: number, seed: number): World {
  const anchors = anchorsOf(paperAnchors, task);
  if (anchors === undefined) throw new Error(`no anchors for ${task}`);
  const count = Math.min(itemCounts[task], maxItems);
  const items = drawItems(count, createRandom(seed));
  const rows = paperRows(task).map((row) => ({ ...row, chances: chancesFor(row.accuracy, items) }));
  return {
    task,
    items: count,
    anchors,
    draw(drawSeed, orders = 'shared') {
      const random = createRandom(drawSeed);
      const shared = randomOrder(count, random.nextUint32());
      const normal = createNormalSource(random);
      const drawn = rows.map(({ model, values, chances }) => {
        const answers = Float64Array.from(chances, (chance) => Number(random.nextFloat() < chance));
        const order = orders === 'shared' ? shared : randomOrder(count, random.nextUint32());
        const noisy = (name: keyof RaceValues): number => values[name] * Math.exp(launchDeviation[name] * normal());
        const cost = 1 / values.throughput;
        const simulated: SimulatedModel = {
          model,
          knownCost: cost,
          activeBytes: cost * bytesPerCost,
          memoryFloor: values.memory * 0.95,
          scores: Array.from(order, (position) => answers[position] ?? 0),
          launch: () => ({ throughput: noisy('throughput'), latency: noisy('latency'), memory: noisy('memory') }),
        };
        const accuracy = answers.reduce((sum, score) => sum + score, 0) / count;
        return { simulated, truth: { model, accuracy, values } };
      });
      return {
        models: drawn.map(({ simulated }) => simulated),
        truth: drawn
          .map(({ truth }) => truth)
          .toSorted((a, b) => b.values.throughput - a.values.throughput || a.model.localeCompare(b.model)),
      };
    },
  };
}

/** The model with the highest PER-A when everything is known. */
export function trueWinner(truth: readonly Row[], anchors: Anchors, weights: Factors): string {
  const score = ({ accuracy, values }: Row): number => anchoredScore({ accuracy, ...values }, anchors, weights);
  return truth.reduce((best, row) => (score(row) > score(best) ? row : best)).model;
}
