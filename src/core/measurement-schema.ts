import * as z from 'zod';
import type { Measurement } from './measurement.ts';

const interval = z.object({
  low: z.number(),
  high: z.number(),
  level: z.number().describe('confidence, such as 0.95'),
  method: z.string().describe('such as wilson, or t over 3 launches'),
});

const warning = z.object({
  reason: z.string().describe('such as host_busy, near_chance; docs/measurement.md lists them'),
  detail: z.string().describe('one sentence with the number behind it'),
  share: z.number().optional().describe('of host_busy: the share of the CPU that others took, 0 to 1'),
});

const known = {
  value: z.number().describe('in `unit`'),
  unit: z.string().describe('ratio, items/s, tokens/s, ms, ms/token, ms/item, bytes, count and others'),
  n: z.number().describe('observations behind it: items, requests or launches'),
  interval: interval.optional(),
  warnings: z.array(warning),
};

/** A measurement in a file. */
export const measurementSchema = z.union([
  z.object({ status: z.enum(['measured', 'nominal', 'published']), ...known }),
  z.object({ status: z.literal('derived'), from: z.string().describe('what it was computed from'), ...known }),
  z.object({ status: z.literal('unavailable'), reason: z.string(), detail: z.string() }),
]);

/** Reads a measurement of a file of ours; undefined where it is none. */
export function readMeasurement(value: unknown): Measurement | undefined {
  const read = measurementSchema.safeParse(value);
  // Reasons and units of a newer version are kept as they are.
  return read.success ? (read.data as Measurement) : undefined;
}
