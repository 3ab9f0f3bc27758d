import { expect, it } from 'vitest';
import type { Measurement } from './measurement.ts';
import { readMeasurement } from './measurement-schema.ts';

const busy = (share: { readonly share?: number }): Measurement => ({
  status: 'measured',
  value: 2,
  unit: 'items/s',
  n: 1,
  warnings: [{ reason: 'host_busy', detail: 'other processes took 40 % of the CPU', ...share }],
});

it('reads back the share of the CPU that others took, where a file has it', () => {
  for (const measurement of [busy({ share: 0.4 }), busy({})]) {
    expect(readMeasurement(JSON.parse(JSON.stringify(measurement)))).toEqual(measurement);
  }
});
