import type { Measurement } from '../core/measurement.ts';
import type { SampleSummary } from '../core/store.ts';
import { tQuantile } from '../stats/distributions.ts';

const level = 0.95;

/**
 * Output tokens of an answer on average, thoughts included: what an answer costs, whatever the hardware. Its interval is
 * Student's t over the items, for new items of the kind.
 *
 * @returns undefined where nothing is generated, or the engine counts no tokens
 */
export function tokensPerAnswer({
  items,
  outputTokens,
  outputTokenSquareSum,
}: Pick<SampleSummary, 'items' | 'outputTokens' | 'outputTokenSquareSum'>): Measurement | undefined {
  if (items === 0 || outputTokens === 0) return undefined;
  const value = outputTokens / items;
  const measured = { status: 'measured', value, unit: 'count', n: items, warnings: [] } as const;
  if (outputTokenSquareSum === undefined || items < 2) return measured;
  const variance = Math.max(0, (outputTokenSquareSum - items * value ** 2) / (items - 1));
  const half = tQuantile((1 + level) / 2, items - 1) * Math.sqrt(variance / items);
  return {
    ...measured,
    interval: { low: Math.max(0, value - half), high: value + half, level, method: 't over items' },
  };
}
