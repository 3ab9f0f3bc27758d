import type { CellMeasurements, PassResult } from '../core/cell.ts';
import type { MemoryReading, MemorySplit } from '../core/memory.ts';
import type { Measurement, Warning } from '../core/measurement.ts';
import { overLaunches } from './over-launches.ts';

function part(readings: readonly MemoryReading[], name: keyof MemorySplit): Measurement {
  const values = readings.map(({ split }) => split?.[name]).filter((value) => value !== undefined);
  if (values.length === 0)
    return { status: 'unavailable', reason: 'unsupported', detail: 'the engine does not report it' };
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { status: 'measured', value: mean, unit: 'bytes', n: values.length, warnings: [] };
}

/** Peak resident memory of the engine's processes while it ran these passes, and what it consists of. */
export function memoryMeasurements(passes: readonly PassResult[]): CellMeasurements {
  const readings = passes.map(({ memory }) => memory).filter((reading) => reading !== undefined);
  if (readings.length === 0) {
    const detail = passes.find(({ memoryUnknown }) => memoryUnknown !== undefined)?.memoryUnknown;
    return detail === undefined ? {} : { memory: { status: 'unavailable', reason: 'unsupported', detail } };
  }
  const warnings: Warning[] = readings.every(({ isPeakReset }) => isPeakReset)
    ? []
    : [{ reason: 'peak_not_reset', detail: 'the peak includes what ran before this pass in the same launch' }];
  const doubt = readings.find((reading) => reading.doubt !== undefined)?.doubt;
  if (doubt !== undefined) warnings.push({ reason: 'estimated', detail: doubt });
  const reserved = readings.map(({ reservedBytes }) => reservedBytes).filter((bytes) => bytes !== undefined);
  const peaks = readings.map(({ peakBytes }) => peakBytes).filter((bytes) => bytes > 0);
  return {
    memory: overLaunches(peaks, 'bytes', warnings),
    memoryWeights: part(readings, 'weightsBytes'),
    memoryKv: part(readings, 'kvBytes'),
    memoryCompute: part(readings, 'computeBytes'),
    memoryOverhead: part(readings, 'overheadBytes'),
    ...(reserved.length > 0 && {
      memoryReserved: {
        status: 'nominal' as const,
        value: Math.max(...reserved),
        unit: 'bytes' as const,
        n: reserved.length,
        warnings: [],
      },
    }),
  };
}
