import type { PassResult } from '../core/cell.ts';
import type { Measurement, Unit, Warning } from '../core/measurement.ts';
import { launchInterval, launchSpread } from '../stats/launch-interval.ts';

/** Warnings of several passes, each reason once, the first detail and how often. */
export function mergeWarnings(passes: readonly Pick<PassResult, 'warnings'>[]): Warning[] {
  const merged = new Map<Warning['reason'], { readonly detail: string; readonly times: number }>();
  for (const { reason, detail } of passes.flatMap(({ warnings }) => warnings)) {
    const seen = merged.get(reason);
    merged.set(reason, { detail: seen?.detail ?? detail, times: (seen?.times ?? 0) + 1 });
  }
  return Array.from(merged, ([reason, { detail, times }]) => ({
    reason,
    detail: times === 1 ? detail : `${detail} (and in ${times - 1} more of ${passes.length} passes)`,
  }));
}

/**
 * A positive quantity that each launch gives once: its geometric mean, with an interval from launches alone.
 *
 * @param values one per launch, above 0
 */
export function overLaunches(values: readonly number[], unit: Unit, warnings: readonly Warning[]): Measurement {
  if (values.length === 0) return { status: 'unavailable', reason: 'no_samples', detail: 'no launch gave a value' };
  const spread = launchSpread(values.map((value) => [value]));
  const interval = launchInterval(spread);
  const single: Warning[] =
    values.length === 1
      ? [{ reason: 'one_launch', detail: 'from one launch: how far another would differ was not measured' }]
      : [];
  return {
    status: 'measured',
    value: spread.geometricMean,
    unit,
    n: values.length,
    ...(interval !== undefined && { interval }),
    warnings: [...warnings, ...single],
  };
}
