import type { Parameters } from 'fast-check';

const seconds = Number(process.env['PERBENCH_FUZZ_SECONDS'] ?? 0);

/** Time limit of a test with a property, in ms. */
export const fuzzTimeoutMs = seconds * 1000 + 60_000;

/**
 * How long a property is tried: as many inputs as a test run affords, always the same ones; or new ones for as long as
 * `npm run fuzz` says. A failure prints the seed and path that repeat it.
 *
 * @param inputs - number of inputs in a test run
 */
export function fuzzSetting<Values>(inputs: number): Parameters<Values> {
  if (seconds === 0) return { numRuns: inputs, seed: 1 };
  return {
    numRuns: Number.MAX_SAFE_INTEGER,
    interruptAfterTimeLimit: seconds * 1000,
    markInterruptAsFailure: false,
    maxSkipsPerRun: 1_000_000,
  };
}
