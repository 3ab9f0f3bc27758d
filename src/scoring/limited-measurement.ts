import type { CellMeasurements } from '../core/cell.ts';
import type { Measurement, MetricName } from '../core/measurement.ts';

/**
 * The measurement whose interval a limit on a metric goes by. That of the median latency covers other launches alone; that
 * of the percentile covers other items, too.
 */
export function limitedMeasurement(metric: MetricName, measurements: CellMeasurements): Measurement | undefined {
  return (metric === 'latency' ? measurements.latencyP50 : undefined) ?? measurements[metric];
}
