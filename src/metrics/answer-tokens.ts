import type { Measurement, Warning } from '../core/measurement.ts';
import type { SampleSummary } from '../core/store.ts';
import { thresholds } from '../core/thresholds.ts';
import { uncountedRemark } from '../core/engine.ts';
import { meanInterval } from '../stats/score-interval.ts';

/**
 * Output tokens of an answer on average, thoughts included: what an answer costs, whatever the hardware. Its interval is
 * Student's t over the items, for new items of the kind. Of answers that nobody counted nothing is assumed; many of them
 * may be of a kind, and leave no average.
 *
 * @returns undefined where nothing is generated, or the engine counts no tokens
 */
export function tokensPerAnswer({
  items: all,
  outputTokens,
  outputTokenSquareSum,
  uncounted = 0,
}: Pick<SampleSummary, 'items' | 'outputTokens' | 'outputTokenSquareSum' | 'uncounted'>): Measurement | undefined {
  const items = all - uncounted;
  if (items === 0 || outputTokens === 0) return undefined;
  const detail = `${uncounted} of ${all} answers ${uncountedRemark}`;
  if (uncounted > thresholds.uncounted * all) return { status: 'unavailable', reason: 'no_token_counts', detail };
  const value = outputTokens / items;
  const warnings: readonly Warning[] = uncounted === 0 ? [] : [{ reason: 'odd_answers', detail }];
  const measured = { status: 'measured', value, unit: 'count', n: items, warnings } as const;
  if (outputTokenSquareSum === undefined || items < 2) return measured;
  return { ...measured, interval: meanInterval(items, value, outputTokenSquareSum) };
}
