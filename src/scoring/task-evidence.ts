import type { BootstrapModel, LaunchedValue } from './bootstrap.ts';
import type { PerformanceName } from './factor.ts';
import type { AnswerFacts } from './answer.ts';
import { launchSpread, poolSpreads } from '../stats/launch-interval.ts';

/** What stands behind a scoreboard: models side by side on the same items, with their performance over launches. */
export interface TaskEvidence {
  /** All with scores of the same items in the same order. */
  readonly models: readonly BootstrapModel[];
  /** For each item what it depends on, where items do. */
  readonly clusters: readonly string[] | undefined;
  /** Items that every model answered. */
  readonly items: number;
  /** By model, also of those whose performance isn't known. */
  readonly answers: ReadonlyMap<string, AnswerFacts>;
  /** Throughput and latency come from one window. */
  readonly isSameWindow: boolean;
  /** What a reader should know of it, one sentence each. */
  readonly notes: readonly string[];
}

/** One model as the store has it. */
export interface ModelEvidence {
  readonly model: string;
  readonly scores: ArrayLike<number>;
  /** Performance of each launch, above 0. */
  readonly launches: Readonly<Record<PerformanceName, readonly number[]>>;
}

/**
 * Performance over launches with a spread to draw from: pooled over the models from 8 degrees of freedom on, else each
 * model's own.
 *
 * Source: docs/scores.md, "Ranks".
 *
 * @param models each with at least one launch of each figure
 */
export function launchedModels(models: readonly ModelEvidence[]): {
  readonly models: readonly BootstrapModel[];
  readonly notes: readonly string[];
} {
  const notes: string[] = [];
  const valuesOf = (name: PerformanceName): readonly LaunchedValue[] => {
    const spreads = models.map(({ launches }) => launchSpread(launches[name].map((value) => [value])));
    const pooled = poolSpreads(spreads);
    if (pooled?.isUneven === true)
      notes.push(`${name} varies much more between launches of some models than of others`);
    return spreads.map(({ geometricMean, launches, logDeviation }) => ({
      geometricMean,
      launches,
      logDeviation: pooled?.logDeviation ?? logDeviation,
      degreesOfFreedom: pooled?.degreesOfFreedom ?? Math.max(0, launches - 1),
    }));
  };
  const [throughput, latency, memory] = [valuesOf('throughput'), valuesOf('latency'), valuesOf('memory')];
  const degrees = [throughput, latency, memory].flat().map(({ degreesOfFreedom }) => degreesOfFreedom);
  const most = Math.max(0, ...degrees);
  if (most > 0 && most < 8)
    notes.push(`the spread between launches is each model's own, from few launches (df ${most})`);
  return {
    models: models.map(({ model, scores }, index) => ({
      model,
      scores,
      throughput: throughput[index] as LaunchedValue,
      latency: latency[index] as LaunchedValue,
      memory: memory[index] as LaunchedValue,
    })),
    notes,
  };
}
