import { normalQuantile, tQuantile } from '../../stats/distributions.ts';
import { launchPrior } from '../../stats/launch-prior.ts';
import type { LaunchNoise } from '../required-accuracy.ts';

/** How the allowed error of a race is shared out; the parts add up to 1 - confidence. */
export interface ErrorBudget {
  /** That a bound on performance is wrong: half for the triage on one launch, half for the finalists. */
  readonly performance: number;
  readonly accuracy: number;
  /** 0 where the question has no limit on latency. */
  readonly latency: number;
}

/**
 * A fifth for performance, the rest for answers; halved between accuracy and latency where both are asked.
 *
 * @throws {RangeError} if the confidence isn't strictly between 0.5 and 1
 */
export function errorBudget(confidence: number, hasLatencyLimit: boolean): ErrorBudget {
  if (!(confidence > 0.5 && confidence < 1)) {
    throw new RangeError(`the confidence must be above 0.5 and below 1, got ${confidence}`);
  }
  const alpha = 1 - confidence;
  const answers = 0.8 * alpha;
  return {
    performance: 0.2 * alpha,
    accuracy: hasLatencyLimit ? answers / 2 : answers,
    latency: hasLatencyLimit ? answers / 2 : 0,
  };
}

/** Noise of one launch, by the prior deviations: triage sees no more. */
export function triageNoise({ performance }: ErrorBudget, models: number): LaunchNoise {
  const quantile = normalQuantile(1 - performance / 2 / Math.max(1, models - 1));
  return { ...launchPrior, launches: 1, quantile };
}

/** Quantile for finalists, whose deviation was measured with so many degrees of freedom. */
export function finalQuantile({ performance }: ErrorBudget, finalists: number, degrees: number): number {
  return tQuantile(1 - performance / 2 / Math.max(1, finalists - 1), degrees);
}
