/** The four things that a score is made of, in the order in which they are shown. */
export const factorNames = ['accuracy', 'throughput', 'latency', 'memory'] as const;
export type FactorName = (typeof factorNames)[number];

/** One number per factor: raw values, or values scaled to [0, 1]. */
export type Factors = Readonly<Record<FactorName, number>>;

/** What a factor is called in formulas, flags and narrow tables. */
export const factorLabels = {
  accuracy: 'ACC',
  throughput: 'THR',
  latency: 'LAT',
  memory: 'MEM',
} as const satisfies Record<FactorName, string>;

/** Whether less is better. */
export const isLessBetter = {
  accuracy: false,
  throughput: false,
  latency: true,
  memory: true,
} as const satisfies Record<FactorName, boolean>;
