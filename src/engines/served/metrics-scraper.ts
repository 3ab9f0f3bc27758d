import type { ServerWindow } from '../../core/meter.ts';
import { askServer } from './ask-server.ts';

/** One value of a metrics page. */
export interface MetricValue {
  readonly name: string;
  readonly labels: string;
  readonly value: number;
}

const line = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+\d+)?$/;

/**
 * Reads the text format of Prometheus, as far as it is needed: one value for each name and set of labels.
 *
 * @param wanted names to read; the many buckets of histograms are skipped
 */
export function parsePrometheus(text: string, wanted: ReadonlySet<string>): readonly MetricValue[] {
  const values: MetricValue[] = [];
  for (const each of text.split('\n')) {
    if (each.startsWith('#')) continue;
    const [, name = '', labels = '', number = ''] = line.exec(each.trim()) ?? [];
    if (!wanted.has(name)) continue;
    const value = Number(number);
    if (Number.isFinite(value)) values.push({ name, labels, value });
  }
  return values;
}

/** Names that servers use; the first that is there counts. vLLM's older ones too. */
const gauges = {
  runningMax: ['vllm:num_requests_running', 'sglang:num_running_reqs', 'llamacpp:requests_processing'],
  waitingMax: ['vllm:num_requests_waiting', 'sglang:num_queue_reqs', 'llamacpp:requests_deferred'],
  kvUsageMax: [
    'vllm:kv_cache_usage_perc',
    'vllm:gpu_cache_usage_perc',
    'sglang:token_usage',
    'llamacpp:kv_cache_usage_ratio',
  ],
} as const;

const counters = {
  promptTokens: ['vllm:prompt_tokens_total', 'sglang:prompt_tokens_total', 'llamacpp:prompt_tokens_total'],
  outputTokens: ['vllm:generation_tokens_total', 'sglang:generation_tokens_total', 'llamacpp:tokens_predicted_total'],
  preemptions: ['vllm:num_preemptions_total'],
  cacheQueries: ['vllm:prefix_cache_queries_total', 'vllm:gpu_prefix_cache_queries_total'],
  cacheHits: [
    'vllm:prefix_cache_hits_total',
    'vllm:gpu_prefix_cache_hits_total',
    'sglang:cached_tokens_total',
    'llamacpp:prompt_tokens_cached_total',
  ],
} as const;

const wanted: ReadonlySet<string> = new Set([...Object.values(gauges).flat(), ...Object.values(counters).flat()]);

/** Twice a second is the least that catches peaks of the cache. */
const intervalMs = 400;
const timeoutMs = 2_000;

interface Scrape {
  readonly gauges: Readonly<Partial<Record<keyof typeof gauges, number>>>;
  readonly counters: Readonly<Partial<Record<keyof typeof counters, number>>>;
}

function readOf<Name extends string>(
  values: readonly MetricValue[],
  names: Readonly<Record<Name, readonly string[]>>,
  join: (numbers: readonly number[]) => number,
): Readonly<Partial<Record<Name, number>>> {
  const found: Partial<Record<Name, number>> = {};
  for (const [key, spellings] of Object.entries(names) as [Name, readonly string[]][]) {
    const spelling = spellings.find((name) => values.some((value) => value.name === name));
    if (spelling === undefined) continue;
    found[key] = join(values.filter(({ name }) => name === spelling).map(({ value }) => value));
  }
  return found;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, value) => total + value, 0);
const most = (numbers: readonly number[]): number => numbers.reduce((high, value) => Math.max(high, value));

async function scrape(url: string, apiKey: string | undefined): Promise<Scrape | undefined> {
  // A pass must not fail because its server is too busy to talk about itself; it is counted.
  const text = await askServer(url, apiKey, timeoutMs);
  if (text === undefined) return undefined;
  const values = parsePrometheus(text, wanted);
  // Several ranks or engines add up their work; of their caches the fullest counts.
  return { gauges: readOf(values, gauges, most), counters: readOf(values, counters, sum) };
}

export interface MetricsScraper {
  /** Highest share of the cache in use since the last reset; undefined where the server doesn't tell. */
  kvUsageMax(): number | undefined;
  resetPeak(): void;
  /** Scrapes until it is stopped. */
  start(): { stop(): Promise<ServerWindow> };
}

class Window {
  readonly startedMs = performance.now();
  scrapes = 0;
  failedScrapes = 0;
  first: Scrape | undefined;
  last: Scrape | undefined;
  readonly #peaks: Record<keyof typeof gauges, number | undefined> = {
    runningMax: undefined,
    waitingMax: undefined,
    kvUsageMax: undefined,
  };

  add(found: Scrape | undefined): void {
    if (found === undefined) {
      this.failedScrapes += 1;
      return;
    }
    this.scrapes += 1;
    this.first ??= found;
    this.last = found;
    for (const [key, value] of Object.entries(found.gauges) as [keyof typeof gauges, number][]) {
      this.#peaks[key] = Math.max(this.#peaks[key] ?? value, value);
    }
  }

  describe(): ServerWindow {
    const grown = (key: keyof typeof counters): number | undefined => {
      const [before, after] = [this.first?.counters[key], this.last?.counters[key]];
      // A counter that shrank belongs to a server that was started again.
      return before !== undefined && after !== undefined && after >= before ? after - before : undefined;
    };
    const { scrapes, failedScrapes, startedMs } = this;
    return {
      scrapes,
      failedScrapes,
      durationMs: performance.now() - startedMs,
      ...this.#peaks,
      promptTokens: grown('promptTokens'),
      outputTokens: grown('outputTokens'),
      preemptions: grown('preemptions'),
      cacheQueries: grown('cacheQueries'),
      cacheHits: grown('cacheHits'),
    };
  }
}

/** Reads a server's metrics page while passes run. */
export function createMetricsScraper(url: string, apiKey: string | undefined): MetricsScraper {
  let peak: number | undefined;

  async function look(window: Window): Promise<void> {
    const found = await scrape(url, apiKey);
    window.add(found);
    const usage = found?.gauges.kvUsageMax;
    if (usage !== undefined) peak = Math.max(peak ?? usage, usage);
  }

  return {
    kvUsageMax: () => peak,
    resetPeak() {
      peak = undefined;
    },
    start() {
      const window = new Window();
      let looking: Promise<void> | undefined;
      const lookAgain = (): void => {
        looking ??= look(window).finally(() => {
          looking = undefined;
        });
      };
      lookAgain();
      const timer = setInterval(lookAgain, intervalMs);
      timer.unref();
      return {
        async stop() {
          clearInterval(timer);
          await looking;
          await look(window);
          return window.describe();
        },
      };
    },
  };
}
