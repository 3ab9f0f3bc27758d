/**
 * Standard deviations of the logarithm over launches that are assumed where they weren't measured.
 *
 * Source: docs/scores.md, "Ranks" and "Deciding early".
 */
export const launchPrior = { throughput: 0.06, latency: 0.06, memory: 0.01 } as const;
