import * as z from 'zod';

/** Options of the mock engine, under `engineOptions` of a model. */
export const mockOptionsSchema = z.strictObject({
  /** What it says, chosen by a hash of the prompt; words after it are filler. */
  answers: z
    .array(z.string())
    .min(1)
    .default(['A', 'B', 'C', 'D', 'Positive', 'Negative', 'unanswerable', 'The answer is 18.\n#### 18']),
  /** Time per decoded token; 0 answers at once. */
  tokenMs: z.number().min(0).default(0),
  /** Time to load. */
  loadMs: z.number().min(0).default(0),
  contextTokens: z.int().positive().default(4096),
  memoryBytes: z
    .int()
    .positive()
    .default(100 * 1024 * 1024),
  loglikelihood: z.boolean().default(true),
  /** The engine dies when it starts the request of this number (from 1, over all passes of a launch). */
  crashAtRequest: z.int().positive().optional(),
  /** The engine never answers from this request on. */
  hangAtRequest: z.int().positive().optional(),
});

export type MockOptions = z.output<typeof mockOptionsSchema>;
