import * as z from 'zod';
import { gateLimitNames, isGateLimit, limitKind, parseBound, type Limits, withLimit } from './limits.ts';

type GateLimitName = (typeof gateLimitNames)[number];

function boundSchema(name: GateLimitName) {
  const { expected, help } = limitKind(name);
  return z
    .union([z.number(), z.string()])
    .transform((value, context) => {
      const parsed = parseBound(name, value);
      if (parsed !== undefined) return parsed;
      context.addIssue({ code: 'custom', message: `expected ${expected}, got ${JSON.stringify(value)}` });
      return z.NEVER;
    })
    .optional()
    .describe(help);
}

const named = z.strictObject(
  Object.fromEntries(gateLimitNames.map((name) => [name, boundSchema(name)])) as Record<
    GateLimitName,
    ReturnType<typeof boundSchema>
  >,
);

const written = z.array(z.string()).transform((texts, context): Limits => {
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

/** The section `gates` of a suite file: limits by name, or a list of them as text. It changes no result. */
export const gateLimitsSchema = z.union([named, written]);
