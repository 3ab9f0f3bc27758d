import type { EngineOptions } from '../core/engine.ts';
import type { Suite } from '../core/suite.ts';

const usualConcurrency = 16;

/** Concurrency of the suite; the usual one until `auto` has found it. */
export function plannedConcurrency({ concurrency }: Pick<Suite, 'concurrency'>): number {
  return concurrency === 'auto' ? usualConcurrency : concurrency;
}

/** What a suite asks of every engine that it starts. */
export function suiteEngineOptions({
  threads,
  contextTokens,
  hangSeconds,
  concurrency,
  clientProcesses,
}: Suite): EngineOptions {
  return {
    ...(threads !== undefined && { threads }),
    ...(contextTokens !== undefined && { contextTokens }),
    // One that is still looked for has no bound: servers keep their own.
    ...(concurrency !== 'auto' && { concurrency }),
    hangMs: hangSeconds * 1000,
    clientProcesses,
  };
}
