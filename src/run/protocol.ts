/** What a suite asks of every engine, launch and cell. */
import type { PassName, PassResult } from '../core/cell.ts';
import type { EngineOptions } from '../core/engine.ts';
import { suiteSettings } from '../core/suite-settings.ts';
import type { Suite } from '../core/suite.ts';

const usualConcurrency = Number(suiteSettings.concurrency.fallback);

/** Concurrency of the suite; the usual one until `auto` has found it. */
export function plannedConcurrency({ concurrency }: Pick<Suite, 'concurrency'>): number {
  return concurrency === 'auto' ? usualConcurrency : concurrency;
}

/** Engine starts of a suite; the paper protocol has one. */
export function launchesOf({ protocol, launches }: Suite): number {
  return protocol === 'paper' ? 1 : launches;
}

/** Passes of a launch under the suite's protocol. Memory is read inside the throughput pass. */
function passesOf({ protocol }: Suite, launch: number): readonly PassName[] {
  if (protocol === 'paper') return launch === 0 ? ['accuracy'] : [];
  return launch === 0 ? ['accuracy', 'throughput', 'latency'] : ['throughput', 'latency'];
}

/** Passes of a launch that aren't done yet. */
export function owedPasses(suite: Suite, launch: number, done: readonly PassResult[]): readonly PassName[] {
  return passesOf(suite, launch).filter(
    (pass) => !done.some((result) => result.pass === pass && result.launch === launch),
  );
}

export function suiteEngineOptions(suite: Suite): EngineOptions {
  const { threads, contextTokens, hangSeconds, concurrency, clientProcesses } = suite;
  return {
    ...(threads !== undefined && { threads }),
    ...(contextTokens !== undefined && { contextTokens }),
    // One that is still looked for has no bound: servers keep their own.
    ...(concurrency !== 'auto' && { concurrency }),
    hangMs: hangSeconds * 1000,
    clientProcesses,
  };
}
