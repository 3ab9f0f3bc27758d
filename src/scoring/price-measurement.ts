import type { CellMeasurements } from '../core/cell.ts';
import type { Measurement } from '../core/measurement.ts';
import { secondsPerHour } from './efficiency.ts';

const answers = 1000;

/**
 * The price of 1,000 answers at a price per device and hour: what the device costs while it gives them.
 *
 * @returns undefined where throughput isn't known in items
 */
export function priceMeasurement({ throughput }: CellMeasurements, pricePerHour: number): Measurement | undefined {
  if (throughput === undefined || throughput.status === 'unavailable') return undefined;
  const { value, unit, n, interval, warnings } = throughput;
  if (unit !== 'items/s' || !(value > 0)) return undefined;
  const price = (itemsPerSecond: number): number => (answers * pricePerHour) / secondsPerHour / itemsPerSecond;
  return {
    status: 'derived',
    from: `throughput, ${pricePerHour} per device and hour`,
    value: price(value),
    unit: 'price/1000 items',
    n,
    warnings,
    ...(interval !== undefined &&
      interval.low > 0 && {
        interval: { ...interval, low: price(interval.high), high: price(interval.low) },
      }),
  };
}
