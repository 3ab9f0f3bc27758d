/**
 * How well a slower model is found by its latency: each launch asking items of its own, compared by medians, against one
 * panel of items in every launch, compared item by item. Simulated; answers of a model take 21 ms a token and prompts
 * 0.4 ms a token, items ask more of one model than of the other (SD of the logarithm `items`), launches differ as a whole.
 *
 *     node bench/latency-panel.ts [--runs 400] [--benchmark 1319] [--requests 24] [--seed 20261129]
 *
 * Printed: the median half-width of the interval of the ratio, and how often a difference is called significant (± its
 * binomial standard error): of models that are equally fast on the whole benchmark, wrongly; of one that is 15 % slower.
 */
import { parseArgs } from 'node:util';
import { weightedQuantile } from '../src/stats/quantile.ts';
import { pairedLatency } from '../src/scoring/paired-latency.ts';
import { launchRatio } from '../src/stats/launch-interval.ts';
import { createNormalSource, createRandom, randomOrder } from '../src/stats/random.ts';
import { latencyPanel, type PanelItem } from '../src/run/latency-panel.ts';
import { meanOf } from '../src/stats/means.ts';
import { toyLetters, toyPlan } from '../test/run/toy-plan.ts';
import type { PlannedTask } from '../src/run/plan.ts';

const { values: flags } = parseArgs({
  options: {
    runs: { type: 'string', default: '400' },
    benchmark: { type: 'string', default: '1319' },
    requests: { type: 'string', default: '24' },
    seed: { type: 'string', default: '20261129' },
  },
});
const [runs, benchmark, requests, seed] = [flags.runs, flags.benchmark, flags.requests, flags.seed].map(Number) as [
  number,
  number,
  number,
  number,
];
const launches = 3;
const requestNoise = 0.02;

interface Benchmark {
  readonly planned: PlannedTask;
  /** Milliseconds by position. */
  readonly a: readonly number[];
  readonly b: readonly number[];
}

/** @param slower true ratio of the sums of logarithms over the whole benchmark */
function drawBenchmark(draw: () => number, slower: number, itemSpread: number): Benchmark {
  const [base] = toyPlan({ tasks: [toyLetters], count: benchmark }).tasks;
  if (base === undefined) throw new Error('the plan has no task');
  const characters = Array.from({ length: benchmark }, () => Math.round(900 * Math.exp(0.3 * draw())));
  const items = characters.map((length, index) => ({ id: `i${index}`, question: 'x'.repeat(length), answer: 'A' }));
  const a = characters.map((length) => 0.1 * length + 21 * 100 * Math.exp(0.45 * draw()));
  const own = a.map(() => itemSpread * draw());
  // Equal on the benchmark as a whole, whatever was drawn.
  const centre = meanOf(own);
  const b = a.map((ms, index) => ms * slower * Math.exp((own[index] ?? 0) - centre));
  return { planned: { ...base, items }, a, b };
}

type Launch = ReadonlyMap<string, number>;

function measure(
  times: readonly number[],
  asked: readonly PanelItem[],
  draw: () => number,
  launchSpread: number,
): Launch {
  const launch = Math.exp(launchSpread * draw());
  return new Map(
    asked.map(({ position }) => [`i${position}`, (times[position] ?? 0) * launch * Math.exp(requestNoise * draw())]),
  );
}

interface Found {
  readonly halfWidth: number;
  readonly isSignificant: boolean;
}

function judge(interval: { readonly low: number; readonly high: number } | undefined): Found {
  if (interval === undefined) throw new Error('there is no interval');
  const { low, high } = interval;
  return { halfWidth: Math.log(high / low) / 2, isSignificant: low > 1 || high < 1 };
}

const median = (launch: Launch): number =>
  weightedQuantile(
    [...launch.values()].map((value) => ({ value, weight: 1 })),
    0.5,
  );

function simulate(slower: number, itemSpread: number, launchSpread: number, firstSeed: number) {
  const own: Found[] = [];
  const panel: Found[] = [];
  for (let run = 0; run < runs; run += 1) {
    const draw = createNormalSource(createRandom(firstSeed + run));
    const { planned, a, b } = drawBenchmark(draw, slower, itemSpread);
    const numbers = [...Array(launches).keys()];
    const othersOf = (side: number, launch: number): readonly PanelItem[] =>
      Array.from(
        randomOrder(benchmark, (firstSeed + 1000 * run + 10 * side + launch) % 2 ** 32).subarray(0, requests),
        (position) => ({ position, weight: 1 }),
      );
    const medians = [a, b].map((times, side) =>
      numbers.map((launch) => median(measure(times, othersOf(side, launch), draw, launchSpread))),
    );
    own.push(judge(launchRatio(medians[0] ?? [], medians[1] ?? []).interval));
    const asked = latencyPanel(planned, requests, firstSeed + run);
    const [left = [], right = []] = [a, b].map((times) => numbers.map(() => measure(times, asked, draw, launchSpread)));
    panel.push(judge(pairedLatency(left, right, { benchmark })?.interval));
  }
  return { own, panel };
}

const percent = (share: number): string => (100 * share).toFixed(1).padStart(5);

function shareText(found: readonly Found[]): string {
  const share = found.filter(({ isSignificant }) => isSignificant).length / found.length;
  return `${percent(share)} ± ${(100 * Math.sqrt((share * (1 - share)) / found.length)).toFixed(1)} %`;
}

function widthText(found: readonly Found[]): string {
  const widths = found.map(({ halfWidth }) => ({ value: halfWidth, weight: 1 }));
  return `±${percent(Math.exp(weightedQuantile(widths, 0.5)) - 1)} %`;
}

console.log(`seed ${seed}, ${runs} runs, ${requests} of ${benchmark} items, ${launches} launches`);
for (const itemSpread of [0, 0.1]) {
  for (const launchSpread of [0.02, 0.05]) {
    const equal = simulate(1, itemSpread, launchSpread, seed);
    const slower = simulate(1.15, itemSpread, launchSpread, seed + 1_000_000);
    for (const [name, key] of [
      ['own items, medians', 'own'],
      ['one panel, by items', 'panel'],
    ] as const) {
      console.log(
        `items ${percent(itemSpread)} %, launches ${percent(launchSpread)} %, ${name.padEnd(20)} half-width ${widthText(slower[key])}  equal called different ${shareText(equal[key])}  15 % slower found ${shareText(slower[key])}`,
      );
    }
  }
}
