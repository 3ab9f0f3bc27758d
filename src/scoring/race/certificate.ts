import type { RaceAccuracy, RaceCertificate, RaceVerdict } from '../../core/race.ts';
import { anytimeInterval } from '../../stats/anytime-interval.ts';
import type { Entrant } from './entrant.ts';
import { overAllLaunches } from './launch-values.ts';
import { newItemSupport } from './new-item-support.ts';
import { questionText } from './question.ts';
import { raceCost } from './race-cost.ts';
import type { Judgement, RaceSetup, RaceStanding } from './race-setup.ts';
import { meanOf } from '../../stats/standard-deviation.ts';
import { scoreOf } from './required.ts';
import { storedEvidence } from './score-gate.ts';
import { cheapestChanges, relativeChanges, winnerChanges } from './what-would-change.ts';

/** What identifies a race beside its setup. */
export interface CertificateFacts {
  readonly taskId: string;
  readonly questionSha256: string;
  /** Version string of the score; null where none is asked. */
  readonly score: string | null;
  readonly seed: number;
  /** Launches that a full run gives each model. */
  readonly launchesOfFull: number;
  /** Cluster of each item, where items depend on each other. */
  readonly clusters?: readonly string[] | undefined;
}

/** The mean of all items, or the interval that holds at every look: a mean that was stopped early is never told. */
function accuracyOf({ scores }: Entrant, { items, confidence }: RaceSetup): RaceAccuracy | null {
  if (scores.length === items) return { kind: 'exact', value: meanOf(scores) };
  if (scores.length === 0) return null;
  const { low, high } = anytimeInterval(scores, { level: confidence, populationSize: items });
  return { kind: 'interval', low, high };
}

/** A judgement with all that a certificate says of a model. */
export function verdictOf(judgement: Judgement, named: readonly string[], setup: RaceSetup): RaceVerdict {
  const { entrant, status, n, tau, logEvidence } = judgement;
  const { model, launches, failure } = entrant;
  const isNamed = named.includes(model);
  const values = launches.length === 0 ? null : overAllLaunches(entrant);
  const memory = values === null || Number.isNaN(values.memory) ? null : values.memory;
  const accuracy = status === 'failed' ? null : accuracyOf(entrant, setup);
  const score =
    setup.anchors !== undefined && accuracy?.kind === 'exact' && values !== null
      ? scoreOf({ model, accuracy: accuracy.value, values }, setup)
      : null;
  return {
    model,
    status,
    isNamed,
    reason: reasonOf(judgement, named, setup) + (failure === undefined || status === 'failed' ? '' : `; ${failure}`),
    isAssumed: judgement.isAssumed === true,
    launches: launches.length,
    n,
    tau: tau ?? null,
    logE: logEvidence === undefined ? null : storedEvidence(logEvidence),
    accuracy,
    values: values && { ...values, memory },
    score,
  };
}

function reasonOf({ entrant, reason, status }: Judgement, named: readonly string[], { question }: RaceSetup): string {
  const isNamed = named.includes(entrant.model);
  if (question.goal === 'cheapest' && !isNamed && (status === 'passed' || status === 'full')) {
    return `${reason}, but it costs more per item than ${named[0]}`;
  }
  if (!isNamed || question.goal === 'cheapest') return reason;
  return named.length === 1 ? 'the highest PER-A' : 'not told apart from the others named';
}

function outcomeOf(named: readonly string[]): RaceCertificate['outcome'] {
  if (named.length === 0) return 'none';
  return named.length === 1 ? 'winner' : 'tie';
}

function changesOf({ question }: RaceSetup): typeof winnerChanges {
  if (question.goal === 'winner') return winnerChanges;
  return question.limits.withinBest === undefined ? cheapestChanges : relativeChanges;
}

/**
 * The record of a race that has ended.
 *
 * @throws {RangeError} if it hasn't
 */
export function createCertificate(
  standing: RaceStanding,
  entrants: readonly Entrant[],
  setup: RaceSetup,
  facts: CertificateFacts,
): RaceCertificate {
  if (standing.step.type !== 'end') throw new RangeError('a race has a certificate once it has ended');
  const { named, delta } = standing;
  const models = standing.judgements.map((judgement) => verdictOf(judgement, named, setup));
  const support = newItemSupport(entrants, setup, { seed: facts.seed, clusters: facts.clusters });
  const changes = changesOf(setup);
  return {
    version: 'race/1',
    question: questionText(setup.question),
    questionSha256: facts.questionSha256,
    taskId: facts.taskId,
    score: facts.score,
    confidence: setup.confidence,
    alpha: setup.budget,
    estimand: 'F',
    items: setup.items,
    seed: facts.seed,
    outcome: outcomeOf(named),
    named,
    delta,
    models,
    cost: raceCost(entrants, setup.items, facts.launchesOfFull),
    ...(support !== undefined && { support }),
    changes: changes(models, named, delta, setup),
  };
}
