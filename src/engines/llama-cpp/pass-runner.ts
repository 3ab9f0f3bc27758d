import { EngineError } from '../../core/errors.ts';
import type { ContextSource, EnginePass, PassSettings } from './engine-pass.ts';
import { GenerationPass } from './generation-pass.ts';
import { LikelihoodPass } from './likelihood-pass.ts';
import type { EngineRequest, EngineResult, LoadOrder, PassKind, WorkerOrder, WorkerReport } from './worker-messages.ts';

/** A sign of life at least so often while decodes go on. */
const progressIntervalMs = 500;
/** How long the first decode waits for the first requests, so that the context suits more than the very first. */
const gatherMs = 15;

interface RunningPass {
  readonly id: number;
  readonly pass: EnginePass<EngineRequest, EngineResult>;
  readonly concurrency: number;
  received: number;
  hasAllRequests: boolean;
  isGathered: boolean;
}

function createPass(
  source: ContextSource,
  kind: PassKind,
  settings: PassSettings,
): EnginePass<EngineRequest, EngineResult> {
  // The parent sends a pass only requests of its kind.
  return kind === 'generate' ? new GenerationPass(source, settings) : new LikelihoodPass(source, settings);
}

/** Runs passes one at a time: a decode, then a look at what has arrived, and again. */
export class PassRunner {
  readonly #source: ContextSource;
  readonly #report: (message: WorkerReport) => void;
  #running: RunningPass | undefined;
  #isScheduled = false;
  #lastReportMs = 0;

  constructor(source: ContextSource, report: (message: WorkerReport) => void) {
    this.#source = source;
    this.#report = report;
  }

  handle(order: Exclude<WorkerOrder, LoadOrder>): void {
    if (order.type === 'threads') {
      this.#source.model.threads = order.threads;
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
      pass: createPass(this.#source, kind, settings),
      concurrency: settings.concurrency,
      received: 0,
      hasAllRequests: false,
      isGathered: settings.concurrency === 1,
    };
  }

  #addRequests(running: RunningPass, requests: readonly EngineRequest[]): void {
    if (running.received === 0 && !running.isGathered) {
      setTimeout(() => {
        running.isGathered = true;
        this.#schedule();
      }, gatherMs);
    }
    for (const request of requests) running.pass.add(request);
    running.received += requests.length;
    if (running.received > running.concurrency) running.isGathered = true;
  }

  #schedule(): void {
    const running = this.#running;
    if (running === undefined || this.#isScheduled) return;
    if (running.pass.isIdle) return;
    if (!running.isGathered && !running.hasAllRequests) return;
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
      const results = running.pass.step();
      const nowMs = performance.now();
      const isDue = nowMs - this.#lastReportMs > progressIntervalMs;
      if (results.length === 0 && !isDue) return;
      const about = { pass: running.id, inFlight: running.pass.inFlight };
      this.#report(results.length > 0 ? { type: 'results', ...about, results } : { type: 'progress', ...about });
      this.#lastReportMs = nowMs;
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      this.#end();
      this.#report({ type: 'pass-error', pass: running.id, message: error.message });
    }
  }
}
