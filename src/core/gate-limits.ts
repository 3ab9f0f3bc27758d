import { quantities } from './quantities.ts';

/** How a limit is written, in suite files and behind flags. */
export interface LimitKind {
  /** What a good value is, as part of a sentence. */
  readonly expected: string;
  readonly parse: (text: string) => number | undefined;
  /** Largest value. */
  readonly most: number;
}

const share: LimitKind = {
  expected: 'a share from 0 to 1, such as 0.05 or 5%',
  parse: quantities.share.parse,
  most: 1,
};
const rise: LimitKind = {
  expected: 'a share of at least 0, such as 0.1 or 10%',
  parse: quantities.share.parse,
  most: 1000,
};
const time: LimitKind = { ...quantities.time, most: 1e12 };
const bytes: LimitKind = { ...quantities.size, most: 1e18 };
const amount: LimitKind = { ...quantities.amount, most: 1e12 };

/** Every limit of a gate: what is allowed against the baseline first, then what the candidate must hold alone. */
export const gateLimitKinds = {
  maxAccuracyDrop: { ...share, help: 'how much lower accuracy may be, in absolute terms: 0.01 is one point' },
  maxThroughputDrop: { ...share, help: 'how much lower throughput may be, relative to the baseline' },
  maxLatencyRise: { ...rise, help: 'how much higher the median latency may be, relative to the baseline' },
  maxLatencyP95Rise: {
    ...rise,
    help: 'how much higher the 95th percentile of latency may be, relative to the baseline',
  },
  maxMemoryRise: { ...rise, help: 'how much higher peak memory may be, relative to the baseline' },
  minAccuracy: { ...share, help: 'lowest accuracy of the candidate' },
  minThroughput: { ...amount, help: 'lowest throughput of the candidate, in the unit of its table' },
  maxLatency: { ...time, help: 'highest median latency of the candidate' },
  maxLatencyP95: { ...time, help: 'highest 95th percentile of latency of the candidate' },
  maxMemory: { ...bytes, help: 'highest peak memory of the candidate' },
} as const satisfies Record<string, LimitKind & { readonly help: string }>;

export type GateLimitName = keyof typeof gateLimitKinds;

export const gateLimitNames = Object.keys(gateLimitKinds) as readonly GateLimitName[];

/** Shares are ratios, times milliseconds, sizes bytes; a limit that isn't there isn't checked. */
export type GateLimits = Readonly<Partial<Record<GateLimitName, number>>>;

/**
 * The number behind a limit, in base units.
 *
 * @returns undefined where the value isn't one
 */
export function parseLimit(name: GateLimitName, value: number | string): number | undefined {
  const { parse, most } = gateLimitKinds[name];
  const parsed = typeof value === 'number' ? value : parse(value);
  return parsed !== undefined && parsed >= 0 && parsed <= most ? parsed : undefined;
}
