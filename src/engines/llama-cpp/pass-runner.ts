import { EngineError } from '../../core/errors.ts';
import type { ContextSource, EnginePass, PassSettings } from './engine-pass.ts';
import { GenerationPass } from './generation-pass.ts';
import { LikelihoodPass } from './likelihood-pass.ts';
import type { EngineRequest, EngineResult, PassKind, PassOrder, WorkerReport } from './worker-messages.ts';

/** A sign of life at least so often while decodes go on. */
const progressIntervalMs = 500;
/** How long the first decode waits for the first requests, so that the context suits more than the very first. */
const gatherMs = 15;

interface RunningPass {
  readonly id: number;
  readonly pass: EnginePass<EngineRequest, EngineResult>;
  readonly settings: PassSettings;
  /** Arrived, but further ahead than the pass may look. */
  readonly later: EngineRequest[];
  received: number;
  answered: number;
  hasAllRequests: boolean;
  isGathered: boolean;
}

export type CreatePass = (
  source: ContextSource,
  kind: PassKind,
  settings: PassSettings,
) => EnginePass<EngineRequest, EngineResult>;

function createEnginePass(...[source, kind, settings]: Parameters<CreatePass>): ReturnType<CreatePass> {
  // The parent sends a pass only requests of its kind.
  return kind === 'generate' ? new GenerationPass(source, settings) : new LikelihoodPass(source, settings);
}

/** How many requests the pass may look at by now, in the order in which they are asked. */
function inSight({ settings, answered }: RunningPass): number {
  return settings.ahead === undefined ? Infinity : answered + settings.ahead;
}

/**
 * Runs passes one at a time: a decode, then a look at what has arrived, and again. Where a pass is told how many requests
 * can be had ahead, each decode waits for these, and sees no more: its batch then doesn't depend on when they arrive.
 */
export class PassRunner {
  readonly #source: ContextSource;
  readonly #report: (message: WorkerReport) => void;
  readonly #createPass: CreatePass;
  #running: RunningPass | undefined;
  #isScheduled = false;
  #lastReportMs = 0;

  constructor(
    source: ContextSource,
    report: (message: WorkerReport) => void,
    createPass: CreatePass = createEnginePass,
  ) {
    this.#source = source;
    this.#report = report;
    this.#createPass = createPass;
  }

  handle(order: PassOrder): void {
    if (order.type === 'threads') {
      for (const model of [this.#source.model, this.#source.draft?.model])
        if (model !== undefined) model.threads = order.threads;
      return;
    }
    if (order.type === 'pass-start') {
      this.#start(order.pass, order.kind, order.settings);
      return;
    }
    const running = this.#running;
    // Orders for a pass that has failed may still be on their way.
    if (running === undefined || running.id !== order.pass) return;
    if (order.type === 'requests') this.#addRequests(running, order.requests);
    else if (order.type === 'requests-end') running.hasAllRequests = true;
    else this.#end();
    this.#schedule();
  }

  #end(): void {
    this.#running?.pass.close?.();
    this.#running = undefined;
  }

  #start(id: number, kind: PassKind, settings: PassSettings): void {
    this.#end();
    this.#running = {
      id,
      pass: this.#createPass(this.#source, kind, settings),
      settings,
      later: [],
      received: 0,
      answered: 0,
      hasAllRequests: false,
      isGathered: settings.concurrency === 1 || settings.ahead !== undefined,
    };
    if (settings.ahead !== undefined) this.#showLife(this.#running);
  }

  /** Whoever waits for requests doesn't hang. */
  #showLife(running: RunningPass): void {
    setTimeout(() => {
      if (this.#running !== running) return;
      if (performance.now() - this.#lastReportMs > progressIntervalMs) this.#reportResults(running, []);
      this.#showLife(running);
    }, progressIntervalMs).unref();
  }

  #addRequests(running: RunningPass, requests: readonly EngineRequest[]): void {
    if (running.received === 0 && !running.isGathered) {
      setTimeout(() => {
        running.isGathered = true;
        this.#schedule();
      }, gatherMs);
    }
    running.later.push(...requests);
    running.received += requests.length;
    if (running.settings.ahead === undefined) this.#showRequests(running);
    if (running.received > running.settings.concurrency) running.isGathered = true;
  }

  #showRequests(running: RunningPass): void {
    const shown = running.received - running.later.length;
    for (const request of running.later.splice(0, inSight(running) - shown)) running.pass.add(request);
  }

  #isReady(running: RunningPass): boolean {
    if (running.pass.isIdle && running.later.length === 0) return false;
    if (running.hasAllRequests) return true;
    return running.settings.ahead === undefined ? running.isGathered : running.received >= inSight(running);
  }

  #schedule(): void {
    const running = this.#running;
    if (running === undefined || this.#isScheduled) return;
    if (!this.#isReady(running)) return;
    this.#isScheduled = true;
    // Messages are read between two decodes.
    setImmediate(() => {
      this.#isScheduled = false;
      if (this.#running === running) this.#step(running);
      this.#schedule();
    });
  }

  #step(running: RunningPass): void {
    try {
      this.#showRequests(running);
      const results = running.pass.step();
      running.answered += results.length;
      const isDue = performance.now() - this.#lastReportMs > progressIntervalMs;
      if (results.length > 0 || isDue) this.#reportResults(running, results);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      this.#end();
      this.#report({ type: 'pass-error', pass: running.id, message: error.message });
    }
  }

  #reportResults({ id, pass }: RunningPass, results: readonly EngineResult[]): void {
    const about = { pass: id, inFlight: pass.inFlight };
    this.#report(results.length > 0 ? { type: 'results', ...about, results } : { type: 'progress', ...about });
    this.#lastReportMs = performance.now();
  }
}
