import { limits, measuredByPerbench, perbenchFigure } from './by-perbench.ts';
import { type LoadName, loadNames, loads } from './definition-loads.ts';
import type { Answered, Recorded } from './simulated-server.ts';
import * as tools from './tool-definitions.ts';

/** A figure of a load by one definition. */
export interface Definition {
  readonly name: string;
  /** In a few words. */
  readonly says: string;
  /** Undefined where the definition gives none. */
  readonly value: (recorded: Recorded) => number | undefined;
}

/** One quantity: perbench's definition, and those of others beside it. */
interface Quantity {
  readonly title: string;
  readonly unit: string;
  readonly loads: readonly LoadName[];
  readonly ours: Definition;
  readonly others: readonly Definition[];
}

type Requests = readonly Answered[];

function define(name: string, says: string, value: (requests: Requests) => number | undefined): Definition {
  return { name, says, value: ({ requests }) => value(requests) };
}

/** A definition of loads with arrivals alone, or of those without. */
function only(loop: 'open' | 'closed', { value, ...rest }: Definition): Definition {
  const isMeant = ({ requestRate }: Recorded): boolean => (requestRate !== undefined) === (loop === 'open');
  return { ...rest, value: (recorded) => (isMeant(recorded) ? value(recorded) : undefined) };
}

const steadyRatio = 0.8;
const steady = (requests: Requests): tools.Rates => tools.sglangSteadyRates(requests, steadyRatio);
const between = (requests: Requests): readonly number[] =>
  requests.map(tools.betweenTokens).filter((value) => value !== undefined);

/** guidellm's percentile of one figure per request, by the weight that it gives each. */
function guidellm(p: number, of: (request: Answered) => number, weight: (request: Answered) => number = () => 1) {
  return (requests: Requests): number =>
    tools.weightedQuantile(
      requests.map((request) => [of(request), weight(request)]),
      p,
    );
}

const long: readonly LoadName[] = ['closed, 640', 'open, 640', 'overloaded'];

export const itemRates: Quantity = {
  title: 'Items per second',
  unit: 'items/s',
  loads: loadNames,
  ours: {
    name: 'perbench',
    says: 'steady part: work / work of an item (closed), answers (open); / time',
    value: perbenchFigure('throughput'),
  },
  others: [
    define(
      'vLLM, SGLang, AIPerf, guidellm',
      'answers / time from the first request to the last answer',
      (requests) => tools.wholeRunRates(requests).itemsPerSecond,
    ),
    define(
      'SGLang, steady state',
      `answers in the longest time with at least ${steadyRatio} of the peak concurrency / that time`,
      (requests) => steady(requests).itemsPerSecond,
    ),
    only(
      'closed',
      define(
        'LoadGen, Offline',
        'all asked at once; answers / time until the last',
        (requests) => tools.wholeRunRates(requests).itemsPerSecond,
      ),
    ),
    only(
      'open',
      define(
        'LoadGen, Server, completed',
        '(answers - 1) / time until the request asked last is answered',
        (requests) => tools.loadgenServerRates(requests).completed,
      ),
    ),
    only(
      'open',
      define(
        'LoadGen, Server, scheduled',
        '(answers - 1) / time until the last request is due',
        (requests) => tools.loadgenServerRates(requests).scheduled,
      ),
    ),
  ],
};

/** All that is compared, in the order of the page. */
export const quantities: readonly Quantity[] = [
  itemRates,
  {
    title: 'Output tokens per second',
    unit: 'tokens/s',
    loads: loadNames,
    ours: {
      name: 'perbench',
      says: 'in the steady part of the window',
      value: perbenchFigure('outputTokensPerSecond'),
    },
    others: [
      define(
        'vLLM, SGLang, AIPerf',
        'tokens / time from the first request to the last answer',
        (requests) => tools.wholeRunRates(requests).tokensPerSecond,
      ),
      define(
        'guidellm',
        'tokens / time from the first token to the last',
        (requests) => tools.guidellmRates(requests).tokensPerSecond,
      ),
      define(
        'SGLang, steady state',
        'tokens that come in its steady time / that time',
        (requests) => steady(requests).tokensPerSecond,
      ),
    ],
  },
  {
    title: 'Achieved concurrency',
    unit: 'requests',
    loads: ['closed, 64', ...long],
    ours: {
      name: 'perbench',
      says: 'time of the requests inside the window / window',
      value: (recorded) => measuredByPerbench(recorded).window?.achievedConcurrency,
    },
    others: [define('SGLang', 'time of all requests / whole run', tools.wholeRunConcurrency)],
  },
  {
    title: 'Time to first token, median',
    unit: 'ms',
    loads: long,
    ours: { name: 'perbench', says: 'from when it was due', value: perbenchFigure('timeToFirstTokenP50') },
    others: [
      define('vLLM, SGLang, AIPerf', 'from sending', (requests) =>
        tools.interpolated(requests.map(tools.firstTokenFromSent), 0.5),
      ),
      define('guidellm', 'from sending', guidellm(0.5, tools.firstTokenFromSent)),
      define('LoadGen', 'from when it was due', (requests) =>
        tools.loadgenPercentile(requests.map(tools.firstTokenFromDue), 0.5),
      ),
    ],
  },
  {
    title: 'Time per output token, median',
    unit: 'ms',
    loads: long,
    ours: {
      name: 'perbench',
      says: '(last - first token) / (tokens - 1) of each request',
      value: perbenchFigure('timePerOutputTokenP50'),
    },
    others: [
      define('TPOT of vLLM, SGLang; ITL of AIPerf', 'the same', (requests) =>
        tools.interpolated(between(requests), 0.5),
      ),
      define('TPOT of LoadGen', 'the same', (requests) => tools.loadgenPercentile(between(requests), 0.5)),
      define(
        'ITL of guidellm',
        'the same, each request counted by its tokens - 1',
        guidellm(
          0.5,
          (request) => tools.betweenTokens(request) ?? 0,
          ({ outputTokens }) => outputTokens - 1,
        ),
      ),
      define(
        'TPOT of guidellm',
        '(last token - sending) / tokens, each request counted by its tokens',
        guidellm(0.5, tools.perTokenWithFirst, ({ outputTokens }) => outputTokens),
      ),
      define('ITL of vLLM, SGLang', 'every gap between two chunks, of all requests', (requests) =>
        tools.interpolated(requests.flatMap(tools.gapsBetweenTokens), 0.5),
      ),
    ],
  },
  {
    title: 'Latency under load, p95',
    unit: 'ms',
    loads: long,
    ours: { name: 'perbench', says: 'from when it was due; interpolated', value: perbenchFigure('loadLatencyP95') },
    others: [
      define('vLLM, SGLang, AIPerf', 'from sending; interpolated', (requests) =>
        tools.interpolated(requests.map(tools.endToEndFromSent), 0.95),
      ),
      define('guidellm', 'from sending; least value with 95 % at or below it', guidellm(0.95, tools.endToEndFromSent)),
      define('LoadGen, percentile', 'from when it was due; value number 0.95 n', (requests) =>
        tools.loadgenPercentile(requests.map(tools.endToEndFromDue), 0.95),
      ),
      define('LoadGen, early stopping', 'value that p95 is below with 99 % confidence', (requests) =>
        tools.loadgenEarlyStopping(requests.map(tools.endToEndFromDue), 0.95),
      ),
    ],
  },
  {
    title: `Goodput: ${limits.ttft} ms to the first token, then ${limits.tpot} ms each`,
    unit: 'items/s',
    loads: long,
    ours: {
      name: 'perbench',
      says: 'good share of those asked x throughput (closed) or offered rate (open)',
      value: perbenchFigure('goodput'),
    },
    others: [
      define('vLLM', 'good answers / whole run', (requests) =>
        tools.wholeRunGoodput(requests, limits, { isOneTokenGood: true }),
      ),
      define('AIPerf', 'the same, but no answer of one token is good', (requests) =>
        tools.wholeRunGoodput(requests, limits, { isOneTokenGood: false }),
      ),
    ],
  },
];

export type Windows = Readonly<Record<LoadName, Recorded>>;

/** One window of each load. */
export function recordWindows(seed: number): Windows {
  return Object.fromEntries(loadNames.map((name) => [name, loads[name].record(seed)])) as unknown as Windows;
}

/** `+1.2 %`; a figure that rounds to nothing has no sign. */
export function percent(share: number): string {
  const text = Math.abs(100 * share).toFixed(1);
  return `${text === '0.0' ? '' : share < 0 ? '-' : '+'}${text} %`;
}

function figure(value: number | undefined): string {
  return value === undefined ? '–' : value >= 1000 ? value.toFixed(0) : value.toPrecision(3);
}

/** Perbench's figure of each load, and how far the others are from it; headings first. */
export function differenceTable(quantity: Quantity, windows: Windows): readonly (readonly string[])[] {
  const { title, unit, ours, others } = quantity;
  const differences = ({ value }: Definition): readonly string[] =>
    quantity.loads.map((load) => {
      const [theirs, own] = [value(windows[load]), ours.value(windows[load])];
      return theirs === undefined ? '–' : own === undefined ? figure(theirs) : percent(theirs / own - 1);
    });
  return [
    [title, 'what it is', ...quantity.loads],
    [`${ours.name}, ${unit}`, ours.says, ...quantity.loads.map((load) => figure(ours.value(windows[load])))],
    ...others.map((other) => [other.name, other.says, ...differences(other)]),
  ];
}
