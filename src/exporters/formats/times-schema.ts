import * as z from 'zod';

/** Times of a sample, as files of other programs carry them for perbench. */
export const timesSchema = z.object({
  scheduledMs: z.number(),
  startedMs: z.number(),
  firstTokenMs: z.number().optional(),
  lastTokenMs: z.number(),
});
