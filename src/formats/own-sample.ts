import * as z from 'zod';

/** What files carry of a sample for perbench alone, beside the places of their own formats. */
export const ownFields = {
  position: z.number(),
  promptSha256: z.string(),
  metrics: z.record(z.string(), z.number()),
  detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  isUnparsed: z.boolean(),
  isTruncated: z.boolean(),
  failure: z.object({ reason: z.enum(['prompt_too_long', 'template', 'engine']), message: z.string() }).optional(),
  cluster: z.string().optional(),
  times: z
    .object({
      scheduledMs: z.number(),
      startedMs: z.number(),
      firstTokenMs: z.number().optional(),
      lastTokenMs: z.number(),
    })
    .optional(),
} as const;
