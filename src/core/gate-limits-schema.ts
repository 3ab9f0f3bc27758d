import * as z from 'zod';
import { gateLimitKinds, parseLimit, type GateLimitName } from './gate-limits.ts';

function limitSchema(name: GateLimitName) {
  const { expected, help } = gateLimitKinds[name];
  return z
    .union([z.number(), z.string()])
    .transform((value, context) => {
      const parsed = parseLimit(name, value);
      if (parsed !== undefined) return parsed;
      context.addIssue({ code: 'custom', message: `expected ${expected}, got ${JSON.stringify(value)}` });
      return z.NEVER;
    })
    .optional()
    .describe(help);
}

/** The section `gates` of a suite file. It says what to compare later and changes no result. */
export const gateLimitsSchema = z.strictObject({
  maxAccuracyDrop: limitSchema('maxAccuracyDrop'),
  maxThroughputDrop: limitSchema('maxThroughputDrop'),
  maxLatencyRise: limitSchema('maxLatencyRise'),
  maxLatencyP95Rise: limitSchema('maxLatencyP95Rise'),
  maxMemoryRise: limitSchema('maxMemoryRise'),
  minAccuracy: limitSchema('minAccuracy'),
  minThroughput: limitSchema('minThroughput'),
  maxLatency: limitSchema('maxLatency'),
  maxLatencyP95: limitSchema('maxLatencyP95'),
  maxMemory: limitSchema('maxMemory'),
});
