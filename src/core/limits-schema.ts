import type * as z from 'zod';
import {
  type GateLimits,
  gateLimitNames,
  isGateLimit,
  limitKind,
  parseBound,
  type Limits,
  withLimit,
} from './limits.ts';

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

function boundsOf(zod: typeof z): Record<GateLimitName, ReturnType<typeof boundSchema>> {
  const bounds = gateLimitNames.map((name) => [name, boundSchema(zod, name)]);
  return Object.fromEntries(bounds) as Record<GateLimitName, ReturnType<typeof boundSchema>>;
}

/** Texts as limits; what is wrong with one is told at its place. */
function readTexts(
  texts: readonly (readonly [text: string, path: readonly (string | number)[]])[],
  addIssue: (issue: { readonly message: string; readonly path: (string | number)[] }) => void,
): Limits {
  let limits: Limits = {};
  for (const [text, path] of texts) {
    try {
      limits = withLimit(limits, text, isGateLimit);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      addIssue({ message: error.message, path: [...path] });
    }
  }
  return limits;
}

function writtenLimits(zod: typeof z) {
  return zod.array(zod.string()).transform((texts, context): Limits => {
    const placed = texts.map((text, index) => [text, [index]] as const);
    return readTexts(placed, (issue) => context.addIssue({ code: 'custom', ...issue }));
  });
}

function writtenGateLimits(zod: typeof z) {
  const entry = zod.union([zod.string(), zod.strictObject({ advisory: zod.string() })]);
  return zod.array(entry).transform((entries, context): GateLimits => {
    const read = (texts: Parameters<typeof readTexts>[0]): Limits =>
      readTexts(texts, (issue) => context.addIssue({ code: 'custom', ...issue }));
    const placed = entries.map((each, index) => ({ each, index }));
    const required = placed.flatMap(({ each, index }) => (typeof each === 'string' ? [[each, [index]] as const] : []));
    const advisory = placed.flatMap(({ each, index }) =>
      typeof each === 'string' ? [] : [[each.advisory, [index, 'advisory']] as const],
    );
    return { ...read(required), ...(advisory.length > 0 && { advisory: read(advisory) }) };
  });
}

function namedGateLimits(zod: typeof z) {
  const advisory = zod
    .union([zod.strictObject(boundsOf(zod)), writtenLimits(zod)])
    .optional()
    .describe('limits that are checked and shown, but never fail the gate');
  return zod.strictObject({ ...boundsOf(zod), advisory });
}

type GateLimitsSchema = z.ZodUnion<readonly [ReturnType<typeof namedGateLimits>, ReturnType<typeof writtenGateLimits>]>;

/** The section `gates` of a suite file: limits by name, or a list of them as text. It changes no result. */
export function gateLimitsSchema(zod: typeof z): GateLimitsSchema {
  return zod.union([namedGateLimits(zod), writtenGateLimits(zod)]);
}
