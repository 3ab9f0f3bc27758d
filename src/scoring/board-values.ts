import { factorNames } from './factor.ts';
import type { ValuedModel } from './lattice.ts';
import { defaultLatencyResolution } from './model-metrics.ts';
import { valueOf, type ScoreboardRow } from './scoreboard.ts';

/** The four numbers of rows that have all of them; a latency below the clock's resolution counts as that. */
export function boardValues(rows: readonly ScoreboardRow[]): readonly ValuedModel[] {
  return rows.flatMap(({ model, measurements }) => {
    const [accuracy, throughput, latency, memory] = factorNames.map((factor) => valueOf(measurements[factor]));
    if (accuracy === undefined || throughput === undefined || latency === undefined || memory === undefined) return [];
    return [{ model, accuracy, throughput, latency: Math.max(latency, defaultLatencyResolution.value), memory }];
  });
}
