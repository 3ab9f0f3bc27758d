/** What the metrics pages of vLLM, SGLang and llama-server say, under the names of all their versions. */
import { type ServerTimeName, serverTimeNames, type ServerWindow, type TimeHistogram } from '../../core/meter.ts';
import { type MetricValue, parsePrometheus, valueOverEngines } from './prometheus-text.ts';

/** Names of servers for one quantity, newer ones first: the first that a page has counts. Several in one are added. */
type Spellings = readonly (string | readonly string[])[];

const gauges = {
  running: ['vllm:num_requests_running', 'sglang:num_running_reqs', 'llamacpp:requests_processing'],
  waiting: ['vllm:num_requests_waiting', 'sglang:num_queue_reqs', 'llamacpp:requests_deferred'],
  kvUsage: [
    'vllm:kv_cache_usage_perc',
    'vllm:gpu_cache_usage_perc',
    'sglang:token_usage',
    'llamacpp:kv_cache_usage_ratio',
  ],
  acceptance: ['sglang:spec_accept_rate'],
} as const satisfies Record<string, Spellings>;

const counters = {
  promptTokens: ['vllm:prompt_tokens_total', 'sglang:prompt_tokens_total', 'llamacpp:prompt_tokens_total'],
  outputTokens: ['vllm:generation_tokens_total', 'sglang:generation_tokens_total', 'llamacpp:tokens_predicted_total'],
  // A request that SGLang retracts goes back to the queue, as one that vLLM preempts.
  preemptions: ['vllm:num_preemptions_total', 'sglang:num_retracted_requests_total'],
  cacheQueries: [
    'vllm:prefix_cache_queries_total',
    'vllm:gpu_prefix_cache_queries_total',
    'sglang:prompt_tokens_total',
    // Its prompt tokens are those that it had to compute.
    ['llamacpp:prompt_tokens_total', 'llamacpp:prompt_tokens_cached_total'],
  ],
  cacheHits: [
    'vllm:prefix_cache_hits_total',
    'vllm:gpu_prefix_cache_hits_total',
    'sglang:cached_tokens_total',
    'llamacpp:prompt_tokens_cached_total',
  ],
  draftedTokens: ['vllm:spec_decode_num_draft_tokens_total', 'llamacpp:spec_decode_num_draft_tokens_total'],
  acceptedTokens: ['vllm:spec_decode_num_accepted_tokens_total', 'llamacpp:spec_decode_num_accepted_tokens_total'],
  drafts: ['vllm:spec_decode_num_drafts_total', 'llamacpp:spec_decode_num_drafts_total'],
  promptSeconds: ['llamacpp:prompt_seconds_total'],
  decodeSeconds: ['llamacpp:tokens_predicted_seconds_total'],
} as const satisfies Record<string, Spellings>;

const histograms = {
  queue: ['vllm:request_queue_time_seconds', 'vllm:time_in_queue_requests', 'sglang:queue_time_seconds'],
  prefill: ['vllm:request_prefill_time_seconds', 'sglang:per_stage_req_latency_seconds'],
  decode: ['vllm:request_decode_time_seconds'],
  timeToFirstToken: ['vllm:time_to_first_token_seconds', 'sglang:time_to_first_token_seconds'],
  interToken: [
    'vllm:inter_token_latency_seconds',
    'vllm:time_per_output_token_seconds',
    'sglang:inter_token_latency_seconds',
    'sglang:time_per_output_token_seconds',
  ],
  endToEnd: ['vllm:e2e_request_latency_seconds', 'sglang:e2e_request_latency_seconds'],
} as const satisfies Record<ServerTimeName, readonly string[]>;

/** Of a histogram over the stages of a request, the one that is meant. */
const prefillStage = 'prefill_forward';

type GaugeName = keyof typeof gauges;
type CounterName = keyof typeof counters;

/** What one look at a metrics page told; times in milliseconds, all engines of the server together. */
export interface ServerPage {
  readonly gauges: Readonly<Partial<Record<GaugeName, number>>>;
  readonly counters: Readonly<Partial<Record<CounterName, number>>>;
  readonly times: Readonly<Partial<Record<ServerTimeName, TimeHistogram>>>;
  /** Counters are printed with six digits. */
  readonly isRounded: boolean;
}

const printedDigits = 6;

/** llama-server writes numbers as C++ streams do by default, until one has more digits. */
function isRounded(values: readonly MetricValue[]): boolean {
  return values.every(
    ({ name, value }) => name.startsWith('llamacpp:') && Number(value.toPrecision(printedDigits)) === value,
  );
}

/** Below so many steps of its last digit, the growth of a counter is off by more than 5 %. */
const leastSteps = 20;

/** What a counter's value may be off by; whole numbers that have no more digits than are printed are exact. */
function stepOf(value: number, isWhole: boolean): number {
  const step = 10 ** (Math.floor(Math.log10(value)) + 1 - printedDigits);
  return isWhole && step <= 1 ? 0 : step;
}

const coarse = `the server prints counters with ${printedDigits} digits, and some grew too little in the pass to show in them: what follows from those is unknown`;

const wanted: ReadonlySet<string> = new Set([
  ...[...Object.values(gauges), ...Object.values(counters)].flat(2),
  ...Object.values(histograms).flatMap((names) =>
    names.flatMap((name) => ['count', 'sum', 'bucket'].map((part) => `${name}_${part}`)),
  ),
]);

const sum = (numbers: readonly number[]): number => numbers.reduce((total, value) => total + value, 0);
const most = (numbers: readonly number[]): number => Math.max(...numbers);

type ByName = ReadonlyMap<string, readonly MetricValue[]>;

function readAll<Name extends string>(
  values: ByName,
  spellings: Readonly<Record<Name, Spellings>>,
  joinOf: (name: Name) => typeof sum,
): Readonly<Partial<Record<Name, number>>> {
  const found: Partial<Record<Name, number>> = {};
  for (const [key, names] of Object.entries(spellings) as [Name, Spellings][]) {
    const spelling = names.map((each) => [each].flat()).find((parts) => parts.every((name) => values.has(name)));
    if (spelling === undefined) continue;
    found[key] = sum(spelling.map((name) => valueOverEngines(values.get(name) ?? [], joinOf(key)) ?? 0));
  }
  return found;
}

function readHistogram(values: ByName, names: readonly string[]): TimeHistogram | undefined {
  const name = names.find((each) => values.has(`${each}_count`));
  if (name === undefined) return undefined;
  const part = (suffix: string): readonly MetricValue[] =>
    (values.get(`${name}_${suffix}`) ?? []).filter(({ labels: { stage } }) => (stage ?? prefillStage) === prefillStage);
  const count = valueOverEngines(part('count'), sum);
  if (count === undefined) return undefined;
  const edges = Map.groupBy(part('bucket'), ({ labels }) => Number(labels['le']));
  const buckets = [...edges]
    .filter(([edge]) => Number.isFinite(edge))
    .toSorted(([left], [right]) => left - right)
    .map(([edge, own]) => ({ upToMs: edge * 1000, count: valueOverEngines(own, sum) ?? 0 }));
  return { count, sumMs: 1000 * (valueOverEngines(part('sum'), sum) ?? 0), buckets };
}

/** @returns undefined where a page has none of the names of a server's metrics */
export function readServerPage(text: string): ServerPage | undefined {
  const all = parsePrometheus(text, wanted);
  const values = Map.groupBy(all, ({ name }) => name);
  if (values.size === 0) return undefined;
  const times = serverTimeNames.flatMap((name) => {
    const found = readHistogram(values, histograms[name]);
    return found === undefined ? [] : [[name, found] as const];
  });
  return {
    // Engines share the load; of their caches the fullest counts.
    gauges: readAll(values, gauges, (name) => (name === 'kvUsage' || name === 'acceptance' ? most : sum)),
    counters: readAll(values, counters, () => sum),
    times: Object.fromEntries(times),
    isRounded: isRounded(all),
  };
}

/** Whether a server was started again between two looks: something that only grows became less, or is gone. */
export function hasRestarted(before: ServerPage, after: ServerPage): boolean {
  const fell = (was: number | undefined = 0, is: number | undefined = 0): boolean => is < was;
  const names = Object.keys(before.counters) as CounterName[];
  return (
    names.some((name) => fell(before.counters[name], after.counters[name])) ||
    serverTimeNames.some((name) => fell(before.times[name]?.count, after.times[name]?.count))
  );
}

function grownHistogram(before: TimeHistogram | undefined, after: TimeHistogram): TimeHistogram {
  if (before === undefined) return after;
  const counts = new Map(before.buckets.map(({ upToMs, count }) => [upToMs, count]));
  return {
    count: after.count - before.count,
    sumMs: after.sumMs - before.sumMs,
    buckets: after.buckets.map(({ upToMs, count }) => ({ upToMs, count: count - (counts.get(upToMs) ?? 0) })),
  };
}

type Grown = Omit<
  ServerWindow,
  'scrapes' | 'failedScrapes' | 'durationMs' | 'runningMax' | 'waitingMax' | 'kvUsageMax'
>;

/**
 * What happened between two looks, with a gap where counters are printed too coarsely to tell. A server names some of its
 * counters only when there is something to count.
 */
export function grownBetween(before: ServerPage, after: ServerPage): Grown {
  let gap: string | undefined;
  const grown = (name: CounterName): number | undefined => {
    const is = after.counters[name];
    if (is === undefined) return undefined;
    const growth = is - (before.counters[name] ?? 0);
    const step = after.isRounded ? stepOf(is, !name.endsWith('Seconds')) : 0;
    if (growth >= leastSteps * step) return growth;
    gap = coarse;
    return undefined;
  };
  const milliseconds = (name: CounterName): number | undefined => {
    const seconds = grown(name);
    return seconds === undefined ? undefined : 1000 * seconds;
  };
  const times = serverTimeNames.flatMap((name) => {
    const is = after.times[name];
    const found = is && grownHistogram(before.times[name], is);
    return found === undefined || found.count === 0 ? [] : [[name, found] as const];
  });
  const counts = {
    promptTokens: grown('promptTokens'),
    outputTokens: grown('outputTokens'),
    preemptions: grown('preemptions'),
    cacheQueries: grown('cacheQueries'),
    cacheHits: grown('cacheHits'),
    draftedTokens: grown('draftedTokens'),
    acceptedTokens: grown('acceptedTokens'),
    drafts: grown('drafts'),
    promptMs: milliseconds('promptSeconds'),
    decodeMs: milliseconds('decodeSeconds'),
  };
  return { ...counts, times: times.length === 0 ? undefined : Object.fromEntries(times), gap };
}
