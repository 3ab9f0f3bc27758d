/** One base unit per dimension; human units exist only in renderers. */
export type Unit =
  | 'ratio'
  | 'items/s'
  | 'tokens/s'
  | 'ms'
  | 'ms/token'
  | 'ms/item'
  | 'bytes'
  | 'count'
  | 'J/item'
  /** In the currency of the suite's `pricePerHour`. */
  | 'price/1000 items';

/** Why a number can't be trusted. An invalid measurement never enters a score silently. */
export const invalidReasons = {
  client_bound: 'perbench itself may have been the bottleneck',
  short_window: 'the window at full concurrency was too short',
  overloaded: 'requests came faster than they were answered',
  cache_hits: 'work was reused between requests',
  throttled: 'the device lowered its clocks',
  host_busy: 'other processes took more than 5 % of the CPU',
  foreign_process: 'another process used the device',
  other_hardware: 'measured on other hardware than the models it stands beside',
  errors: 'more than 1 % of the requests failed',
  truncated: 'more than 5 % of the answers ended at the token limit',
  unparsed: 'more than 5 % of the answers could not be parsed',
  budget_cut: 'more than 5 % of the items have no answer, since the output ended while the model was thinking',
  content_filter: 'more than 5 % of the answers were held back by a content filter',
  estimated: 'estimated, not measured',
  unsupported: 'not supported by the engine',
  range_below_noise: 'the differences between models are within noise',
} as const;

export type InvalidReason = keyof typeof invalidReasons;

export interface Warning {
  readonly reason:
    | InvalidReason
    | 'near_chance'
    | 'label_bias'
    | 'small_sample'
    | 'some_failed'
    | 'odd_answers'
    | 'one_launch'
    | 'resumed'
    | 'unsaturated'
    | 'peak_not_reset';
  /** One sentence with the number behind it. */
  readonly detail: string;
  /** Of `host_busy`: the share of the CPU that others took, 0 to 1, the largest where several windows had some. */
  readonly share?: number | undefined;
}

export interface Interval {
  readonly low: number;
  readonly high: number;
  /** Confidence, such as 0.95. */
  readonly level: number;
  /** Such as `wilson`, `t over 3 launches`. */
  readonly method: string;
}

interface NumberMeasurement {
  readonly value: number;
  readonly unit: Unit;
  /** How many observations are behind it: items, requests or launches. */
  readonly n: number;
  readonly interval?: Interval;
  readonly warnings: readonly Warning[];
}

/** A number with unit and doubt, or why there is none. */
export type Measurement =
  | (NumberMeasurement & { readonly status: 'measured' | 'nominal' | 'published' })
  | (NumberMeasurement & { readonly status: 'derived'; readonly from: string })
  | { readonly status: 'unavailable'; readonly reason: string; readonly detail: string };

/** The measurement where it has a number. */
export function knownMeasurement(
  measurement: Measurement | undefined,
): Exclude<Measurement, { readonly status: 'unavailable' }> | undefined {
  return measurement === undefined || measurement.status === 'unavailable' ? undefined : measurement;
}

/** Names of what a cell measures; the four factors first. */
export const metricNames = [
  'accuracy',
  'throughput',
  'latency',
  'memory',
  'outputTokensPerSecond',
  'timeToFirstTokenP50',
  'timePerOutputTokenP50',
  'latencyP50',
  'latencyP90',
  'latencyP95',
  'latencyP99',
  'thinkingTokens',
  'budgetCut',
  'contentFiltered',
  'memoryWeights',
  'memoryKv',
  'memoryCompute',
  'memoryOverhead',
  'memoryReserved',
  'memoryHost',
  'energyPerItem',
  'energyPerCorrect',
  'pricePerThousand',
  'concurrency',
  'rounds',
  'goodput',
  'offeredRate',
  'loadLatencyP50',
  'loadLatencyP95',
  'loadLatencyP99',
  'tokensPerAnswer',
  'draftAcceptance',
] as const;

export type MetricName = (typeof metricNames)[number];

/** Why a figure from one launch can't be compared, as a phrase. */
export const singleLaunch = 'measured in a single launch, so the spread between launches is unknown';

/** What differs from launch to launch. */
export const launchMetrics = [
  'throughput',
  'outputTokensPerSecond',
  'latency',
  'latencyP95',
  'timeToFirstTokenP50',
  'timePerOutputTokenP50',
  'memory',
  'energyPerItem',
  'pricePerThousand',
] as const satisfies readonly MetricName[];
