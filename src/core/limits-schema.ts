import type * as z from 'zod';
import { gateLimitNames, isGateLimit, limitKind, parseBound, type Limits, withLimit } from './limits.ts';

type GateLimitName = (typeof gateLimitNames)[number];

function boundSchema(zod: typeof z, name: GateLimitName) {
  const { expected, help } = limitKind(name);
  return zod
    .union([zod.number(), zod.string()])
    .transform((value, context) => {
      const parsed = parseBound(name, value);
      if (parsed !== undefined) return parsed;
      context.addIssue({ code: 'custom', message: `expected ${expected}, got ${JSON.stringify(value)}` });
      return zod.NEVER;
    })
    .optional()
    .describe(help);
}

function namedLimits(zod: typeof z) {
  const bounds = gateLimitNames.map((name) => [name, boundSchema(zod, name)]);
  return zod.strictObject(Object.fromEntries(bounds) as Record<GateLimitName, ReturnType<typeof boundSchema>>);
}

function writtenLimits(zod: typeof z) {
  return zod.array(zod.string()).transform((texts, context): Limits => {
    let limits: Limits = {};
    for (const [index, text] of texts.entries()) {
      try {
        limits = withLimit(limits, text, isGateLimit);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        context.addIssue({ code: 'custom', message: error.message, path: [index] });
      }
    }
    return limits;
  });
}

type GateLimitsSchema = z.ZodUnion<readonly [ReturnType<typeof namedLimits>, ReturnType<typeof writtenLimits>]>;

/** The section `gates` of a suite file: limits by name, or a list of them as text. It changes no result. */
export function gateLimitsSchema(zod: typeof z): GateLimitsSchema {
  return zod.union([namedLimits(zod), writtenLimits(zod)]);
}
