import type { Measurement } from '../../core/measurement.ts';
import type { StoredCell } from './format.ts';

export function valueOf(measurement: Measurement | undefined): number | undefined {
  return measurement === undefined || measurement.status === 'unavailable' ? undefined : measurement.value;
}

/** Whether a cell has a result that other programs have a place for. */
export function hasAccuracy({ cell }: StoredCell): boolean {
  return cell.state === 'done' && valueOf(cell.measurements.accuracy) !== undefined;
}
