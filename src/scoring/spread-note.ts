import type { BoardInference } from './scoreboard.ts';
import { launchPrior } from '../stats/launch-prior.ts';
import { shortListText } from './name-list.ts';

/**
 * Whose performance has no measured spread, and what stands in for it.
 *
 * @param names at least one
 * @param models how many there are in all
 */
export function spreadNote(names: readonly string[], models: number, method: BoardInference['method']): string {
  const whose = shortListText(names, models);
  const prior = `ranks assume ${Math.round(100 * launchPrior.throughput)} % from launch to launch`;
  return method === 'paired'
    ? `performance of ${whose} is from 1 launch: ± not measured; ${prior}`
    : `throughput or latency of ${whose} has no interval: the score has no ±, and ${prior}`;
}
