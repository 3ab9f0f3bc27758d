import { setTimeout as sleep } from 'node:timers/promises';
import { percentText } from '../core/amount-text.ts';
import type { Cell, PassName, PassResult } from '../core/cell.ts';
import type { RunEvent } from '../core/event.ts';
import type { HostMeter, OthersLook, OthersWatch, WatchedEngine } from '../core/meter.ts';
import type { Suite } from '../core/suite.ts';
import { suiteSettings } from '../core/suite-settings.ts';
import { thresholds } from '../core/thresholds.ts';
import type { RunDependencies } from './plan.ts';

/** Enough to see a quiet machine; one that looks busy is looked at for longer before anybody waits. */
const glanceMs = 200;
const lookMs = 1_000;
const mostRepeats = 2;

/** A pass that measures time, and whose it is. */
export interface TimedPass {
  readonly cell: Pick<Cell, 'id' | 'model' | 'taskId'>;
  readonly pass: PassName;
  readonly launch: number;
  readonly engine: WatchedEngine;
  /** Where the run has no time for a longer wait. */
  readonly mostWaitMs?: number | undefined;
  /** Stops waiting and measuring. */
  readonly signal: AbortSignal;
}

export interface QuietMachineOptions {
  readonly suite: Pick<Suite, 'waitQuiet' | 'allowBusy'>;
  readonly meter: HostMeter;
  readonly emit: (event: RunEvent) => void;
  readonly skipWait: RunDependencies['skipWait'];
  /** Monotonic, in milliseconds. */
  readonly now?: () => number;
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>;
}

type Outcome = Extract<RunEvent, { readonly type: 'wait-end' }>['outcome'];

async function sleepUnlessAborted(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}

/** What nobody can tell is taken for quiet: waiting wouldn't end. */
function isQuiet(look: OthersLook | undefined): boolean {
  return look === undefined || look.share <= thresholds.hostBusy;
}

function isBusy({ host }: PassResult): boolean {
  return host.isKnown && host.otherShare > thresholds.hostBusy;
}

/**
 * Sees to it that time is measured on a quiet machine: waits for one, and measures again where a window was busy. What
 * was in vain isn't tried again before the machine, or a window, was quiet, so that a busy one costs a run its patience once.
 */
export class QuietMachine {
  readonly #options: QuietMachineOptions;
  #hasWaitedInVain = false;
  #hasRepeatedInVain = false;

  constructor(options: QuietMachineOptions) {
    this.#options = options;
  }

  /** Waits until others leave the CPU alone, for as long as the suite says at most. */
  async wait(timed: TimedPass): Promise<void> {
    const { suite, meter } = this.#options;
    const watch = suite.allowBusy ? undefined : meter.watchOthers?.(timed.engine);
    if (watch === undefined) return;
    for (const ms of [glanceMs, lookMs]) {
      const look = await this.#look(watch, ms, timed.signal);
      if (timed.signal.aborted) return;
      if (isQuiet(look)) this.#hasWaitedInVain = false;
      else if (ms === lookMs && look !== undefined) await this.#waitLong(watch, look, timed);
      if (isQuiet(look)) return;
    }
  }

  /**
   * Measures on a quiet machine, as far as there is one.
   *
   * @param attempt measures, for the first time (0) or again
   * @returns the least busy of the attempts; undefined where it was told to stop before the first
   */
  async measure(timed: TimedPass, attempt: (index: number) => Promise<PassResult>): Promise<PassResult | undefined> {
    const { signal } = timed;
    await this.wait(timed);
    if (signal.aborted) return undefined;
    let best = await attempt(0);
    const busierShares: number[] = [];
    while (!signal.aborted && busierShares.length < mostRepeats && this.#isWorthRepeating(best)) {
      this.#sayAgain(timed, best, busierShares.length + 2);
      await this.wait(timed);
      if (signal.aborted) break;
      const next = await attempt(busierShares.length + 1);
      if (signal.aborted) break;
      const [kept, dropped] = next.host.otherShare < best.host.otherShare ? [next, best] : [best, next];
      busierShares.push(dropped.host.otherShare);
      best = kept;
    }
    if (!isBusy(best)) this.#hasWaitedInVain = false;
    // A machine that was quiet before is no promise: what others do may come with the window, as a server's work that can't
    // be told from theirs does.
    if (!isBusy(best) || busierShares.length === mostRepeats) this.#hasRepeatedInVain = isBusy(best);
    return busierShares.length === 0 ? best : leastBusy(best, busierShares);
  }

  async #look(watch: OthersWatch, ms: number, signal: AbortSignal): Promise<OthersLook | undefined> {
    const { pause = sleepUnlessAborted } = this.#options;
    await pause(ms, signal);
    return watch.look();
  }

  #isWorthRepeating(result: PassResult): boolean {
    return isBusy(result) && !this.#options.suite.allowBusy && !this.#hasRepeatedInVain;
  }

  async #waitLong(watch: OthersWatch, { share }: OthersLook, timed: TimedPass): Promise<void> {
    const { suite, emit, skipWait, now = () => performance.now() } = this.#options;
    // A stored suite may be of a time before the setting.
    const ofSuiteMs = (suite.waitQuiet ?? suiteSettings.waitQuiet.fallback) * 1000;
    const limitMs = Math.min(ofSuiteMs, timed.mostWaitMs ?? Infinity);
    if (limitMs <= 0 || this.#hasWaitedInVain) return;
    const { cell, pass, launch, signal } = timed;
    const place = { cellId: cell.id, pass, launch };
    const startedMs = now();
    const skip = new AbortController();
    emit({ type: 'wait-start', ...place, share, busiest: watch.busiest(), limitMs, canSkip: skipWait !== undefined });
    const stopListening = skipWait?.(() => skip.abort());
    const either = AbortSignal.any([signal, skip.signal]);
    let outcome: Outcome | undefined;
    try {
      while (outcome === undefined) {
        const leftMs = limitMs - (now() - startedMs);
        const look = await this.#look(watch, Math.min(lookMs, Math.max(glanceMs, leftMs)), either);
        if (either.aborted) outcome = signal.aborted ? 'stopped' : 'skipped';
        else if (isQuiet(look)) outcome = 'quiet';
        else if (now() - startedMs >= limitMs) outcome = 'limit';
      }
    } finally {
      stopListening?.();
    }
    this.#hasWaitedInVain = outcome !== 'quiet';
    // Who wants to measure now doesn't want to measure three times.
    if (outcome === 'skipped') this.#hasRepeatedInVain = true;
    emit({ type: 'wait-end', ...place, outcome, waitedMs: now() - startedMs });
  }

  #sayAgain({ cell, pass }: TimedPass, { host }: PassResult, number: number): void {
    const share = percentText(host.otherShare);
    this.#options.emit({
      type: 'warning',
      message: `${cell.model} on ${cell.taskId}: other processes took ${share} of the CPU while ${pass} was measured; measuring it again (${number} of at most ${1 + mostRepeats})`,
    });
  }
}

function leastBusy(result: PassResult, busierShares: readonly number[]): PassResult {
  const attempts = busierShares.length + 1;
  const warnings = result.warnings.map((warning) =>
    warning.reason === 'host_busy'
      ? { ...warning, detail: `${warning.detail} in the least busy of ${attempts} windows` }
      : warning,
  );
  return { ...result, warnings, busierShares };
}
