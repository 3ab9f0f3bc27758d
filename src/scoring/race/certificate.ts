import {
  type RaceCost,
  type RaceSupport,
  type RaceAccuracy,
  type RaceCertificate,
  type RaceVerdict,
  raceVersion,
  type SpreadCheck,
} from '../../core/race.ts';
import { type Answer, type AnswerKind, type Candidate, gapOf, type Need } from '../answer.ts';
import { type Entrant, raceAnchors, type RaceSetup, type Judgement, type RaceStanding } from './race-setup.ts';
import { anchoredReplicates, type BootstrapModel, drawReplicates } from '../bootstrap.ts';
import { rankInference } from '../../stats/rank-inference.ts';
import { overAllLaunches, scoreOf } from './requirements.ts';
import { meanOf } from '../../stats/means.ts';
import { anytimeInterval } from '../../stats/anytime-interval.ts';
import { questionText } from '../../core/race-question.ts';
import { pairedDifference } from './drop-gate.ts';
import { storedEvidence } from './score-gate.ts';
import { cheapestChanges, dropChanges, relativeChanges, winnerChanges } from './what-would-change.ts';

interface ItemCost {
  /** Device seconds per item; undefined where nothing tells. */
  readonly seconds: number | undefined;
  readonly isEstimated: boolean;
}

function measuredSeconds({ launches, knownCost }: Entrant): number | undefined {
  const [first] = launches;
  return first === undefined ? knownCost : 1 / first.throughput;
}

/** Measured, or scaled by the size of the weights from the measured model that is nearest in size. */
function itemCost(entrant: Entrant, entrants: readonly Entrant[]): ItemCost {
  const own = measuredSeconds(entrant);
  if (own !== undefined) return { seconds: own, isEstimated: false };
  const { activeBytes } = entrant;
  if (activeBytes === undefined) return { seconds: undefined, isEstimated: true };
  const distance = (bytes: number): number => Math.abs(Math.log(bytes / activeBytes));
  const [nearest] = entrants
    .flatMap((other) => {
      const seconds = measuredSeconds(other);
      return seconds === undefined || other.activeBytes === undefined ? [] : [{ seconds, bytes: other.activeBytes }];
    })
    .toSorted((a, b) => distance(a.bytes) - distance(b.bytes));
  return {
    seconds: nearest === undefined ? undefined : (nearest.seconds * activeBytes) / nearest.bytes,
    isEstimated: true,
  };
}

/**
 * What a race used against evaluating every model in full, by the measured time per item.
 *
 * @param items of the benchmark
 * @param launchesOfFull launches that a full run gives each model
 */
export function raceCost(entrants: readonly Entrant[], items: number, launchesOfFull: number): RaceCost {
  const estimatedModels: string[] = [];
  let [asked, deviceSeconds, fullDeviceSeconds, launches] = [0, 0, 0, 0];
  for (const entrant of entrants) {
    const { seconds, isEstimated } = itemCost(entrant, entrants);
    if (isEstimated) estimatedModels.push(entrant.model);
    asked += entrant.scores.length;
    launches += entrant.launches.length;
    deviceSeconds += entrant.scores.length * (seconds ?? 0);
    fullDeviceSeconds += items * (seconds ?? 0);
  }
  return {
    items: asked,
    fullItems: items * entrants.length,
    deviceSeconds,
    fullDeviceSeconds,
    launches,
    fullLaunches: launchesOfFull * entrants.length,
    estimatedModels,
  };
}

/** What a bootstrap needs beside the answers. */
export interface SupportFacts {
  readonly seed: number;
  /** Cluster of each item, by its position in the benchmark; undefined where items don't depend on each other. */
  readonly clusters: readonly string[] | undefined;
}

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
  const models = full.map((entrant): BootstrapModel => {
    const scores = new Float64Array(items);
    for (const [index, position] of (entrant.order ?? []).entries()) {
      scores[place.get(position) ?? 0] = entrant.scores[index] ?? 0;
    }
    return { model: entrant.model, scores, launches: entrant.launches };
  });
  const drawn = drawReplicates(models, { seed, clusters: clusters && positions.map((at) => clusters[at] ?? '') });
  const point = full.map((entrant) =>
    scoreOf({ model: entrant.model, accuracy: meanOf(entrant.scores), values: overAllLaunches(entrant) }, setup),
  );
  return rankInference(point, anchoredReplicates(drawn, raceAnchors(setup), weights))
    .map(({ topShare }, index) => ({ model: full[index]?.model ?? '', share: topShare }))
    .toSorted((left, right) => right.share - left.share);
}

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
  const difference = status === 'failed' ? undefined : pairedDifference(judgement, setup);
  const score =
    setup.anchors !== undefined && accuracy?.kind === 'exact' && values !== null
      ? scoreOf({ model, accuracy: accuracy.value, values }, setup)
      : null;
  return {
    model,
    status,
    isNamed,
    reason: reasonOf(judgement, named, setup) + (failure === undefined || status === 'failed' ? '' : `; ${failure}`),
    isAssumed: judgement.isAssumed,
    launches: launches.length,
    n,
    tau: tau ?? null,
    logE: logEvidence === undefined ? null : storedEvidence(logEvidence),
    accuracy,
    ...(difference !== undefined && { difference }),
    values: values && { ...values, memory },
    score,
  };
}

function reasonOf({ entrant, reason, status }: Judgement, named: readonly string[], { question }: RaceSetup): string {
  if (named.length === 0) return reason;
  const isNamed = named.includes(entrant.model);
  if (question.goal === 'cheapest' && !isNamed && (status === 'passed' || status === 'full')) {
    return `${reason}, but it costs more per item than ${named[0]}`;
  }
  if (!isNamed || question.goal === 'cheapest') return reason;
  return named.length === 1 ? 'the highest PER-A' : 'not distinguishable from the others named';
}

function outcomeOf({ named, spread }: RaceStanding): RaceCertificate['outcome'] {
  if (spread !== undefined && spread.inDoubt.length > 0) return 'withdrawn';
  if (named.length === 0) return 'none';
  return named.length === 1 ? 'winner' : 'tie';
}

/** The kind of the answer that a certificate comes to: a winner has the highest score, but may be of no use at all. */
function certificateKind({ outcome, named, score, models }: RaceCertificate, { candidates }: Answer): AnswerKind {
  if (outcome === 'withdrawn') return 'unknown';
  // Whoever couldn't be judged may be the answer.
  if (outcome === 'none' && models.some(({ status }) => status === 'failed')) return 'unknown';
  if (outcome !== 'winner') return outcome;
  // A gate has demanded its accuracy already.
  const state = score === null ? 'usable' : candidates.find(({ model }) => named.includes(model))?.state;
  if (state === 'unusable') return 'none';
  return state === 'unproven' ? 'unknown' : 'recommend';
}

/**
 * The answer of a race: what its certificate says, unless the answers of the winner say that it is of no use.
 *
 * @param answer of the same task as of any other run
 */
export function certificateAnswer(certificate: RaceCertificate, answer: Answer): Answer {
  const { named, models } = certificate;
  const kind = certificateKind(certificate, answer);
  const [first = ''] = named;
  switch (kind) {
    case 'recommend':
      return { ...answer, kind, model: first, confidence: { level: 'certified', why: [], support: undefined } };
    case 'tie':
      return { ...answer, kind, models: named, separatedBy: 'launches' };
    case 'none': {
      const reasons = models.map(({ model, reason }) => ({ model, reasons: [reason] }));
      const own = answer.candidates.filter(({ model }) => named.includes(model));
      return { ...answer, kind, reasons: own.length > 0 ? own.map(gapOf) : reasons };
    }
    case 'unknown': {
      const { spread } = certificate;
      if (certificate.outcome === 'withdrawn' && spread !== undefined) {
        const missing = spread.inDoubt.map((model) => ({ model, reasons: [spreadText(spread)] }));
        return { ...answer, kind, missing, needs: [{ what: 'race' }] };
      }
      const own = answer.candidates.filter(({ model }) => named.includes(model));
      const failed = models.filter(({ status }) => status === 'failed');
      if (own.length > 0 || failed.length === 0)
        return { ...answer, kind, missing: own.map(gapOf), needs: itemsNeeded(own) };
      const missing = failed.map(({ model, reason }) => ({ model, reasons: [reason] }));
      return { ...answer, kind, missing, needs: [{ what: 'numbers' }] };
    }
    default:
      return kind satisfies never;
  }
}

const share = (deviation: number): string => `${Number((100 * deviation).toPrecision(2))} %`;

/** `launches of this machine differ by 18 %, more than the 6 % assumed`. */
export function spreadText({ measured, assumed, source, isLarger }: SpreadCheck): string {
  const differ = `launches of this machine differ by ${share(measured)}`;
  const taken = `the ${share(assumed)} ${source}`;
  return isLarger ? `${differ}, more than ${taken}` : `${differ}; bounds allow for ${taken}`;
}

function itemsNeeded(candidates: readonly Candidate[]): readonly Need[] {
  const more = candidates.flatMap(({ usability }) => usability.flatMap((each) => each?.moreItems ?? []));
  return more.length === 0 ? [] : [{ what: 'items', items: Math.max(...more), available: undefined }];
}

function changesOf({ question }: RaceSetup): typeof winnerChanges {
  if (question.goal === 'winner') return winnerChanges;
  if (question.base !== undefined) return dropChanges;
  return question.limits.withinBest === undefined ? cheapestChanges : relativeChanges;
}

/** Whom the models were compared with, as a part of the certificate. */
function baseFacts({ question: { base, limits } }: RaceSetup): Pick<RaceCertificate, 'base'> {
  const maxDrop = limits.maxAccuracyDrop;
  return base === undefined || maxDrop === undefined ? {} : { base: { model: base, maxDrop } };
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
  const outcome = outcomeOf(standing);
  const changes = outcome === 'withdrawn' ? [] : changesOf(setup)(models, named, delta, setup);
  return {
    version: raceVersion,
    question: questionText(setup.question),
    questionSha256: facts.questionSha256,
    ...baseFacts(setup),
    taskId: facts.taskId,
    score: facts.score,
    confidence: setup.confidence,
    alpha: setup.budget,
    estimand: 'F',
    items: setup.items,
    seed: facts.seed,
    outcome,
    named,
    delta,
    models,
    ...(standing.spread !== undefined && { spread: standing.spread }),
    cost: raceCost(entrants, setup.items, facts.launchesOfFull),
    ...(support !== undefined && { support }),
    changes,
  };
}
