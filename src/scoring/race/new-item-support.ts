import { anchoredReplicates } from '../replicate-scores.ts';
import { type BootstrapModel, drawReplicates, type LaunchedValue } from '../bootstrap.ts';
import { launchPrior } from '../../stats/launch-prior.ts';
import { rankInference } from '../../stats/rank-inference.ts';
import type { RaceSupport, RaceValues } from '../../core/race.ts';
import type { Entrant } from './entrant.ts';
import { overAllLaunches, poolLaunches } from './launch-values.ts';
import type { RaceSetup } from './race-setup.ts';
import { meanOf } from '../../stats/standard-deviation.ts';
import { raceAnchors, scoreOf } from './required.ts';

/** What a bootstrap needs beside the answers. */
export interface SupportFacts {
  readonly seed: number;
  /** Cluster of each item, by its position in the benchmark; undefined where items don't depend on each other. */
  readonly clusters: readonly string[] | undefined;
}

/** Degrees of a deviation that isn't estimated from these launches. */
const priorDegrees = 1e6;

/**
 * How often each model would be first on new items of the kind and with other launches: the share of bootstrap replicates
 * that it wins, among the models that answered everything. No confidence, and not what the race decides.
 *
 * @returns undefined where fewer than two models answered everything, or no score is asked
 */
export function newItemSupport(
  entrants: readonly Entrant[],
  setup: RaceSetup,
  { seed, clusters }: SupportFacts,
): readonly RaceSupport[] | undefined {
  const { items, anchors, question, weights } = setup;
  const full = entrants.filter(
    ({ scores, launches, order }) => scores.length === items && launches.length > 0 && order !== undefined,
  );
  if (question.goal !== 'winner' || anchors === undefined || full.length < 2) return undefined;
  const positions = (full[0]?.order ?? []).toSorted((left, right) => left - right);
  const place = new Map(positions.map((position, index) => [position, index]));
  const pooled = poolLaunches(full);
  const models = full.map((entrant): BootstrapModel => {
    const scores = new Float64Array(items);
    for (const [index, position] of (entrant.order ?? []).entries()) {
      scores[place.get(position) ?? 0] = entrant.scores[index] ?? 0;
    }
    const values = overAllLaunches(entrant);
    const launched = (name: keyof RaceValues): LaunchedValue => ({
      geometricMean: values[name],
      logDeviation: (pooled ?? launchPrior)[name],
      launches: entrant.launches.length,
      degreesOfFreedom: pooled?.degrees ?? priorDegrees,
    });
    return {
      model: entrant.model,
      scores,
      throughput: launched('throughput'),
      latency: launched('latency'),
      memory: launched('memory'),
    };
  });
  const drawn = drawReplicates(models, { seed, clusters: clusters && positions.map((at) => clusters[at] ?? '') });
  const point = full.map((entrant) =>
    scoreOf({ model: entrant.model, accuracy: meanOf(entrant.scores), values: overAllLaunches(entrant) }, setup),
  );
  return rankInference(point, anchoredReplicates(drawn, raceAnchors(setup), weights))
    .map(({ topShare }, index) => ({ model: full[index]?.model ?? '', share: topShare }))
    .toSorted((left, right) => right.share - left.share);
}
