/** What a sweep measures where nobody says. */
export const sweepDefaults = {
  promptTokens: [128, 512, 2048],
  outputTokens: 64,
  concurrency: [1, 2, 4, 8],
  requests: 1,
  maxConcurrency: 64,
  windowSeconds: 5,
} as const;

/** Whole numbers that the loads of a sweep may have. */
export const sweepRanges = {
  promptTokens: { min: 8, max: 10_000_000 },
  outputTokens: { min: 2, max: 1_000_000 },
  concurrency: { min: 1, max: 512 },
  requests: { min: 1, max: 1_000_000 },
  maxConcurrency: { min: 1, max: 512 },
} as const;
