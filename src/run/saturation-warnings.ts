import type { PassResult } from '../core/cell.ts';
import type { Warning } from '../core/measurement.ts';
import type { Suite } from '../core/suite.ts';
import { mostConcurrency } from './find-concurrency.ts';

/** Where the search for a concurrency ended at its end, throughput may go on rising. */
export function saturationWarnings(
  { concurrency }: Pick<Suite, 'concurrency'>,
  { pass, concurrency: used, load }: Pick<PassResult, 'pass' | 'concurrency' | 'load'>,
): readonly Warning[] {
  const isSearched = concurrency === 'auto' && pass !== 'latency' && load?.requestRate === undefined;
  if (!isSearched || used < mostConcurrency) return [];
  const detail = `throughput still rose at ${mostConcurrency} sequences at once, the most that are tried`;
  return [{ reason: 'unsaturated', detail }];
}
