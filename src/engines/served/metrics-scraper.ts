import type { ServerWindow } from '../../core/meter.ts';
import type { ServerFlavour } from './server-facts.ts';
import { grownBetween, hasRestarted, readServerPage, type ServerPage } from './server-metrics.ts';

/** Twice a second is the least that catches peaks of the cache. */
const intervalMs = 400;
/** A look that takes longer, however its page comes in, has failed. */
export const metricsTimeoutMs = 2_000;

/** What makes a server tell its metrics. */
const remedies: Readonly<Partial<Record<ServerFlavour, string>>> = {
  vllm: 'vLLM tells them unless it was started with --disable-log-stats',
  sglang: 'SGLang tells them if it was started with --enable-metrics',
  'llama-server': 'llama-server tells them if it was started with --metrics',
};

/** Where metrics come from. */
export interface MetricsSource {
  /** The text of the metrics page; undefined where the server doesn't give it now. */
  readonly read: () => Promise<string | undefined>;
  readonly flavour: ServerFlavour;
}

export interface MetricsScraper {
  /** Highest share of the cache in use since the last reset; undefined where the server doesn't tell. */
  kvUsageMax(): number | undefined;
  resetPeak(): void;
  /** Scrapes until it is stopped; the first look is over when this is. */
  start(): Promise<{ stop(): Promise<ServerWindow> }>;
}

type Gauges = ServerPage['gauges'];

const emptyPage: ServerPage = { gauges: {}, counters: {}, times: {}, isRounded: false };

class Window {
  readonly startedMs = performance.now();
  readonly #flavour: ServerFlavour;
  #scrapes = 0;
  #failedScrapes = 0;
  /** Of the first look. */
  #first: ServerPage | undefined;
  #last: ServerPage | undefined;
  #isEndKnown = false;
  #hasRestarted = false;
  readonly #peaks: { -readonly [Name in keyof Gauges]: Gauges[Name] } = {};
  /** Shares of drafted tokens that were kept, as told while requests ran. */
  readonly #acceptances: number[] = [];

  constructor(flavour: ServerFlavour) {
    this.#flavour = flavour;
  }

  /** @param isAnswered the server gave a page, whatever is on it */
  add(page: ServerPage | undefined, isAnswered: boolean): void {
    if (this.#scrapes + this.#failedScrapes === 0) this.#first = page;
    if (isAnswered) this.#scrapes += 1;
    else this.#failedScrapes += 1;
    this.#isEndKnown = page !== undefined;
    if (page === undefined) return;
    if (this.#last !== undefined && hasRestarted(this.#last, page)) this.#hasRestarted = true;
    this.#last = page;
    const { running = 0, acceptance = 0 } = page.gauges;
    if (running > 0 && acceptance > 0) this.#acceptances.push(acceptance);
    for (const [key, value] of Object.entries(page.gauges) as [keyof Gauges, number][]) {
      this.#peaks[key] = Math.max(this.#peaks[key] ?? value, value);
    }
  }

  /** The last look failed, of a server that told before. */
  get lacksEnd(): boolean {
    return this.#last !== undefined && !this.#isEndKnown;
  }

  #gap(): string | undefined {
    if (this.#hasRestarted) return 'the server was started again meanwhile, and began to count anew';
    if (this.#last !== undefined) {
      const missed = this.#first === undefined ? 'start' : 'end';
      const isKnown = this.#first !== undefined && !this.lacksEnd;
      return isKnown ? undefined : `the server told no metrics at the ${missed}, so what it counted is unknown`;
    }
    const remedy = remedies[this.#flavour];
    return ['the server told no metrics', ...(remedy === undefined ? [] : [remedy])].join('; ');
  }

  describe(): ServerWindow {
    const gap = this.#gap();
    const [first = emptyPage, last = emptyPage] = gap === undefined ? [this.#first, this.#last] : [];
    const grown = grownBetween(first, last);
    const { length } = this.#acceptances;
    return {
      scrapes: this.#scrapes,
      failedScrapes: this.#failedScrapes,
      durationMs: performance.now() - this.startedMs,
      runningMax: this.#peaks.running,
      waitingMax: this.#peaks.waiting,
      kvUsageMax: this.#peaks.kvUsage,
      ...grown,
      acceptance: length === 0 ? undefined : this.#acceptances.reduce((sum, each) => sum + each, 0) / length,
      gap: gap ?? grown.gap,
    };
  }
}

/** Reads a server's metrics page while passes run. */
export function createMetricsScraper({ read, flavour }: MetricsSource): MetricsScraper {
  let peak: number | undefined;

  async function look(window: Window): Promise<void> {
    // A pass must not fail because its server is too busy to talk about itself; it is counted.
    const text = await read();
    const page = text === undefined ? undefined : readServerPage(text);
    window.add(page, text !== undefined);
    const usage = page?.gauges.kvUsage;
    if (usage !== undefined) peak = Math.max(peak ?? usage, usage);
  }

  return {
    kvUsageMax: () => peak,
    resetPeak() {
      peak = undefined;
    },
    async start() {
      const window = new Window(flavour);
      let looking: Promise<void> | undefined;
      const lookAgain = (): void => {
        looking ??= look(window).finally(() => {
          looking = undefined;
        });
      };
      await look(window);
      const timer = setInterval(lookAgain, intervalMs);
      timer.unref();
      return {
        async stop() {
          clearInterval(timer);
          await looking;
          await look(window);
          if (window.lacksEnd) await look(window);
          return window.describe();
        },
      };
    },
  };
}
