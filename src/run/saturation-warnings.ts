import type { PassResult } from '../core/cell.ts';
import type { Warning } from '../core/measurement.ts';
import type { Suite } from '../core/suite.ts';

/** Where the search for a concurrency ended at its end, throughput may go on rising. */
export function saturationWarnings(
  { concurrency }: Pick<Suite, 'concurrency'>,
  { pass, concurrency: used, load }: Pick<PassResult, 'pass' | 'concurrency' | 'load'>,
  mostTried: number,
): readonly Warning[] {
  const isSearched = concurrency === 'auto' && pass !== 'latency' && load?.requestRate === undefined;
  if (!isSearched || used < mostTried) return [];
  const detail = `throughput still rose at ${mostTried} sequences at once, the most that are tried`;
  return [{ reason: 'unsaturated', detail }];
}
