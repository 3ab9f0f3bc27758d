import { factorLabels, factorNames, type FactorName, type Factors } from './factor.ts';
import type { ScoreFlag } from './score-flag.ts';

/** What was measured of one model on one task: plain numbers, each factor in one unit for all models. */
export interface ModelMetrics {
  readonly model: string;
  /** From 0 to 1. */
  readonly accuracy?: number | undefined;
  /** Items or tokens a second, per device; 0 means that nothing was answered. */
  readonly throughput?: number | undefined;
  /** Time for an item or a token. */
  readonly latency?: number | undefined;
  /** Memory per device. */
  readonly memory?: number | undefined;
  /** Why the model failed; it has no score then, and touches nobody else's. */
  readonly failure?: string | undefined;
  /** Why a factor is missing, for the sentence that says so. */
  readonly missing?: Readonly<Partial<Record<FactorName, string>>>;
}

/** The clock's resolution: a smaller latency counts as this. */
export interface LatencyResolution {
  readonly value: number;
  /** For the sentence about it. */
  readonly unit: string;
}

export const defaultLatencyResolution: LatencyResolution = { value: 0.001, unit: 'ms' };

export interface UsableMetrics {
  /** Undefined where the model can't have a score. */
  readonly values: Factors | undefined;
  readonly flags: readonly ScoreFlag[];
}

function checkRange(metrics: ModelMetrics, factor: FactorName): void {
  const value = metrics[factor];
  if (value === undefined) return;
  const isInRange = Number.isFinite(value) && value >= 0 && (factor !== 'accuracy' || value <= 1);
  if (isInRange) return;
  const expected = factor === 'accuracy' ? 'a number from 0 to 1' : 'a finite number of at least 0';
  throw new RangeError(`${metrics.model}: ${factor} must be ${expected}, got ${value}`);
}

/**
 * Decides whether a model's numbers can be scored, and says why not.
 *
 * Nothing is imputed: a model without one of the four factors has no score.
 *
 * @throws {RangeError} if a value is NaN, infinite, negative, or an accuracy above 1
 */
export function usableMetrics(
  metrics: ModelMetrics,
  resolution: LatencyResolution = defaultLatencyResolution,
): UsableMetrics {
  for (const factor of factorNames) checkRange(metrics, factor);
  const { accuracy, throughput, latency, memory } = metrics;
  if (metrics.failure !== undefined) return { values: undefined, flags: [{ code: 'failed', text: metrics.failure }] };
  if (throughput === 0) {
    return { values: undefined, flags: [{ code: 'failed', factor: 'throughput', text: 'nothing was answered' }] };
  }
  if (accuracy === undefined || throughput === undefined || latency === undefined || memory === undefined) {
    return { values: undefined, flags: factorNames.filter((factor) => metrics[factor] === undefined).map(missingFlag) };
  }
  const flags: ScoreFlag[] = [];
  if (latency < resolution.value) {
    const text = `< ${resolution.value} ${resolution.unit}`;
    flags.push({ code: 'lat_below_resolution', factor: 'latency', text });
  }
  return { values: { accuracy, throughput, latency: Math.max(latency, resolution.value), memory }, flags };

  function missingFlag(factor: FactorName): ScoreFlag {
    const reason = metrics.missing?.[factor];
    const text = `${factorLabels[factor]} not measured${reason === undefined ? '' : ` (${reason})`}`;
    return { code: 'missing', factor, text };
  }
}
