import type { BootstrapModel, LaunchedValue } from './bootstrap.ts';
import type { FactorName } from './factor.ts';
import { launchSpread, poolSpreads, type LaunchSpread } from '../stats/launch-interval.ts';

/** What stands behind a scoreboard: models side by side on the same items, with their performance over launches. */
export interface TaskEvidence {
  /** All with scores of the same items in the same order. */
  readonly models: readonly BootstrapModel[];
  /** For each item what it depends on, where items do. */
  readonly clusters: readonly string[] | undefined;
  /** Items that every model answered. */
  readonly items: number;
  /** Throughput and latency come from one window. */
  readonly isSameWindow: boolean;
  /** What a reader should know of it, one sentence each. */
  readonly notes: readonly string[];
}

type PerformanceName = Exclude<FactorName, 'accuracy'>;

/** One model as the store has it. */
export interface ModelEvidence {
  readonly model: string;
  readonly scores: ArrayLike<number>;
  /** Performance of each launch, above 0. */
  readonly launches: Readonly<Record<PerformanceName, readonly number[]>>;
}

const performanceNames = ['throughput', 'latency', 'memory'] as const satisfies readonly PerformanceName[];

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
  const spreads = new Map(
    performanceNames.map((name) => [name, models.map(({ launches }) => spreadOf(launches[name]))] as const),
  );
  const notes: string[] = [];
  const values = new Map(
    performanceNames.map((name) => {
      const own = spreads.get(name) ?? [];
      const pooled = poolSpreads(own);
      if (pooled?.isUneven === true)
        notes.push(`${name} varies much more between launches of some models than of others`);
      return [name, own.map((spread) => launched(spread, pooled))] as const;
    }),
  );
  const degrees = [...new Set([...values.values()].flat().map(({ degreesOfFreedom }) => degreesOfFreedom))];
  const most = Math.max(0, ...degrees);
  if (most > 0 && most < 8) notes.push(`the spread over launches is each model's own, from few of them (df ${most})`);
  const at = (name: PerformanceName, index: number): LaunchedValue => values.get(name)?.[index] as LaunchedValue;
  return {
    models: models.map(({ model, scores }, index) => ({
      model,
      scores,
      throughput: at('throughput', index),
      latency: at('latency', index),
      memory: at('memory', index),
    })),
    notes,
  };
}

function spreadOf(values: readonly number[]): LaunchSpread {
  return launchSpread(values.map((value) => [value]));
}

function launched(spread: LaunchSpread, pooled: ReturnType<typeof poolSpreads>): LaunchedValue {
  const { geometricMean, launches, logDeviation } = spread;
  if (pooled !== undefined) {
    return {
      geometricMean,
      launches,
      logDeviation: pooled.logDeviation,
      degreesOfFreedom: pooled.degreesOfFreedom,
    };
  }
  return { geometricMean, launches, logDeviation, degreesOfFreedom: Math.max(0, launches - 1) };
}
