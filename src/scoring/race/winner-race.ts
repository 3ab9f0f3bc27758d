import type { RaceValues } from '../../core/race.ts';
import { latencyLimit } from '../../core/race-question.ts';
import { createBettingTest } from '../../stats/anytime-interval.ts';
import { meanOf } from '../../stats/means.ts';
import { efficiencyRatio, logEfficiency, type LaunchNoise } from '../required-accuracy.ts';
import { ceilingTest, contrastTest, createEvidence, type Evidence } from './contrasts.ts';
import { beaten, beatenModels, decideFinal } from './finals.ts';
import { triageNoise } from './launch-noise.ts';
import {
  type Entrant,
  judged,
  type Judgement,
  raceAnchors,
  type RaceSetup,
  type RaceStanding,
  type RaceWork,
  type Turn,
  brokenReason,
  endedReason,
  notRuledOut,
  restated,
  withoutFailure,
} from './race-setup.ts';
import {
  bestImaginable,
  firstLaunch,
  floorAboveLimit,
  latencyTurn,
  peakAboveLimit,
  type Requirement,
} from './requirements.ts';

/** A model while its race is played through, item by item. */
interface Runner {
  readonly entrant: Entrant;
  readonly isLaunched: boolean;
  /** Measured in the first launch, or the best that its memory leaves; undefined where nothing is known. */
  readonly values: RaceValues | undefined;
  /** The best that its memory leaves. */
  readonly imaginable: RaceValues | undefined;
  /** ln e, where values are known. */
  readonly logEfficiency: number;
  /** Sum of its scores on the items so far. */
  sum: number;
  /** Why it is out; undefined while it isn't. */
  out: Judgement | undefined;
  /** Comes in once the others are decided. */
  isLate: boolean;
  /** Not launched so far, as the race is played through: whether it can win at all, its memory says. */
  isUnseen: boolean;
  /** Could hardly win with every answer right: it waits while the answers of others make that certain, or don't. */
  isHeld: boolean;
  /** Others can be ruled out by it: it keeps the limit on latency. */
  isRival: boolean;
  /** That it can't win with the answers that it gives. */
  readonly byAnswers: Evidence<Runner>;
  /** That it can't win whatever it answers. */
  readonly byCeiling: Evidence<Runner>;
}

interface Field {
  readonly setup: RaceSetup;
  readonly noise: LaunchNoise;
  /** In the order in which they are tried. */
  readonly runners: readonly Runner[];
  /** How much more a rival gets out of its performance than another, at least; undefined where either is unknown. */
  readonly ratio: (rival: Runner, other: Runner) => number | undefined;
}

/** What the allowed error of answers is spent on: a model's own answers, and what it can reach before and after its launch. */
const shares = { answers: 3 / 4, unseen: 1 / 8, launched: 1 / 8 } as const;

function createField(entrants: readonly Entrant[], setup: RaceSetup): Field {
  const anchors = raceAnchors(setup);
  const { weights, items } = setup;
  const c = anchors.trivialAccuracy;
  const noise = triageNoise(setup, entrants.length);
  const known = new Map<Runner, Map<Runner, number | undefined>>();
  const ratio = (rival: Runner, other: Runner): number | undefined => {
    const own = known.get(rival) ?? new Map<Runner, number | undefined>();
    known.set(rival, own);
    if (!own.has(other)) {
      const { values } = other;
      const isKnown = rival.isLaunched && rival.values !== undefined && values !== undefined;
      own.set(other, isKnown ? efficiencyRatio(rival.values, values, anchors, { weights, noise }) : undefined);
    }
    return own.get(other);
  };
  const runners = entrants.map((entrant) => {
    const isLaunched = entrant.launches.length > 0;
    const { memoryFloor } = entrant;
    const imaginable = memoryFloor === undefined ? undefined : bestImaginable(memoryFloor);
    const values = isLaunched ? firstLaunch(entrant) : imaginable;
    const againstEach = (create: typeof ceilingTest) => (rival: Runner) => {
      const rho = rival === runner ? undefined : ratio(rival, runner);
      return rho === undefined ? undefined : create(rho, c, items);
    };
    const runner: Runner = {
      entrant,
      isLaunched,
      values,
      imaginable,
      logEfficiency: values === undefined ? Number.NaN : logEfficiency(values, anchors, weights),
      sum: 0,
      out: restated(entrant),
      isLate: entrant.isRetried === true,
      isUnseen: true,
      isHeld: false,
      isRival: latencyLimit(setup.question.limits) === undefined,
      byAnswers: createEvidence(againstEach(contrastTest)),
      byCeiling: createEvidence(againstEach(ceilingTest)),
    };
    return runner;
  });
  return { setup, noise, runners, ratio };
}

const isIn = ({ out }: Runner): boolean => out === undefined;
/** Answers count, and are asked for. */
const isRunning = (runner: Runner): boolean => isIn(runner) && runner.isLaunched && !runner.isUnseen && !runner.isHeld;

/** Mean of the items so far, drawn a little to one half. */
function estimate({ sum }: Runner, count: number): number {
  return (sum + 0.5) / (count + 1);
}

const least = 1e-3;

/** Best first, by their answers to the items so far. */
function ranking({ runners, setup }: Field, count: number): readonly Runner[] {
  const c = raceAnchors(setup).trivialAccuracy;
  const score = (runner: Runner): number =>
    runner.logEfficiency + Math.log(Math.max(least, estimate(runner, count) - c));
  return runners.filter(isRunning).toSorted((a, b) => score(b) - score(a));
}

/** Whether it looks as if the best of the others were ahead of a model with every answer right, at this performance. */
function isHopeless(
  runner: Runner,
  values: RaceValues | undefined,
  best: Runner | undefined,
  count: number,
  { setup, noise }: Field,
): boolean {
  if (best?.values === undefined || best === runner || values === undefined || count === setup.items) return false;
  const anchors = raceAnchors(setup);
  const rho = efficiencyRatio(best.values, values, anchors, { weights: setup.weights, noise });
  if (count === 0) return runner.isUnseen && rho > 1;
  // To start a model for nothing costs more than answers of one that is running: where it isn't clear, it waits.
  const benefit = runner.isUnseen ? 0.5 / Math.sqrt(count) : 0;
  return rho * (estimate(best, count) + benefit - anchors.trivialAccuracy) >= 1 - anchors.trivialAccuracy;
}

/** Before a model is launched; with what is known by then, also where it has been launched since. */
function unseenTurn(runner: Runner, best: Runner | undefined, count: number, field: Field): RaceWork | undefined {
  const { entrant, isLaunched, isLate } = runner;
  const { setup, noise } = field;
  const reason = entrant.exclusion ?? floorAboveLimit(setup, entrant);
  if (reason !== undefined) runner.out = judged(entrant, 'skipped', reason);
  if (reason !== undefined || isLate || isHopeless(runner, runner.imaginable, best, count, field)) return undefined;
  if (!isLaunched) {
    const turn = withoutFailure(entrant, { step: { type: 'launch', model: entrant.model, launch: 0 } });
    runner.out = turn.judgement;
    return turn.step;
  }
  runner.isUnseen = false;
  const tooLarge = peakAboveLimit(setup, entrant, noise.quantile);
  if (tooLarge !== undefined) runner.out = judged(entrant, 'pruned', tooLarge);
  return undefined;
}

/** Answers up to which all are asked before they are looked at: doubled, since each turn may be a new start of a model. */
const firstBlock = 16;

function blockEnd(count: number, items: number): number {
  let end = firstBlock;
  while (end <= count) end *= 2;
  return Math.min(items, end);
}

function moreItems(entrant: Entrant, items: number, end = items): Turn {
  const { model, scores } = entrant;
  const broken = brokenReason(entrant, items);
  if (broken !== undefined) return { judgement: judged(entrant, 'failed', broken, { n: scores.length }) };
  // In blocks of its own where it comes late.
  const upTo = Math.min(end, blockEnd(scores.length, items));
  return withoutFailure(entrant, { step: { type: 'items', model, upTo } });
}

function isEvenBlock(count: number): boolean {
  return Math.round(Math.log2(Math.max(1, count / firstBlock))) % 2 === 0;
}

/** Between two blocks: who waits, who is to be launched, and what is owed by whom. */
function betweenBlocks(field: Field, count: number): RaceWork | undefined {
  const { setup, runners } = field;
  const [ahead] = ranking(field, count);
  for (const runner of runners.filter(isIn)) {
    // Cheapest first: at the start those before it are all that is known.
    const best = count === 0 ? ranking(field, count)[0] : ahead;
    const step = runner.isUnseen ? unseenTurn(runner, best, count, field) : undefined;
    if (step !== undefined) return step;
    runner.isHeld = isHopeless(runner, runner.values, ahead, count, field);
  }
  // The best alone rules others out until all items are in, so it alone has to keep the limit on latency before it does.
  const unchecked = (): Runner | undefined =>
    ranking(field, count)
      .slice(0, count === setup.items ? Infinity : 1)
      .find(({ isRival }) => !isRival);
  for (let next = unchecked(); next !== undefined; next = unchecked()) {
    const turn = withoutFailure(next.entrant, latencyTurn(next.entrant, setup, runners.length));
    if (turn?.step !== undefined) return turn.step;
    next.out = turn?.judgement;
    next.isRival = true;
  }
  return undefined;
}

/**
 * What has to be answered before an item counts. Within a block one model after the other is asked, so that each is
 * started once; the last one is asked only until it is decided.
 *
 * @param block where the block began
 */
function owedAnswers(field: Field, count: number, block: number, end: number): RaceWork | undefined {
  const running = field.runners.filter(isRunning);
  const lacks = ({ entrant }: Runner): boolean => entrant.scores.length <= count;
  if (!running.some(lacks)) return undefined;
  // There and back: whoever ends a block is still running when the next one begins.
  const owing = (isEvenBlock(block) ? running : running.toReversed()).find(
    ({ entrant }) => entrant.scores.length < end,
  );
  if (owing === undefined) return undefined;
  if (owing.entrant.isEnded === true) {
    const reason = endedReason(owing.entrant);
    const late = field.runners.filter(({ entrant, out }) => out === undefined && entrant.isRetried === true);
    for (const each of late) each.out = judged(each.entrant, 'failed', reason, { n: each.entrant.scores.length });
    return undefined;
  }
  const turn = moreItems(owing.entrant, field.setup.items, end);
  if (turn.step !== undefined) return turn.step;
  owing.out = turn.judgement;
  return owedAnswers(field, count, block, end);
}

function isCertain({ log }: Evidence<Runner>, alpha: number): boolean {
  return log >= Math.log(1 / alpha);
}

/** What is certain of a model after so many items. */
function ruledOut(runner: Runner, best: Runner, count: number, { setup }: Field): Judgement | undefined {
  const { entrant, byAnswers, byCeiling, isLaunched } = runner;
  const { accuracy } = setup.budget;
  const against = best.entrant.model;
  if (isCertain(byCeiling, accuracy * (isLaunched ? shares.launched : shares.unseen))) {
    const why = isLaunched ? ': too slow or too large' : ' at any speed: its memory rules it out';
    const reason = `needs an accuracy above 1 to beat ${against}${why}`;
    return judged(entrant, isLaunched ? 'pruned' : 'skipped', reason, { logEvidence: byCeiling.log });
  }
  // With all items in, the comparison is exact.
  if (count === setup.items || !isCertain(byAnswers, accuracy * shares.answers)) return undefined;
  const reason = `PER-A is below that of ${against}, by their answers to the same ${count} items`;
  return judged(entrant, 'eliminated', reason, { n: count, logEvidence: byAnswers.log });
}

/** Takes one more item, whose answers all running models have given. */
function takeItem(field: Field, count: number): void {
  const rivals = ranking(field, count).filter(({ isRival }) => isRival);
  const bestFor = (runner: Runner): Runner | undefined => rivals.find((rival) => rival !== runner);
  const running = field.runners.filter(isIn);
  const answers = running.flatMap((model) => {
    const score = model.entrant.scores[count];
    return model.isLaunched && score !== undefined ? [{ model, score }] : [];
  });
  for (const model of running) model.byCeiling.observe(answers, 1, bestFor(model));
  for (const { model, score } of answers) model.byAnswers.observe(answers, score, bestFor(model));
  for (const { model, score } of answers) model.sum += score;
  // The worst first: the last one stays.
  for (const runner of [...running.filter((each) => !rivals.includes(each)), ...rivals.toReversed()]) {
    const best = bestFor(runner);
    if (best === undefined || !isIn(best)) continue;
    runner.out = ruledOut(runner, best, count + 1, field);
  }
}

/** Whether the only model that is left is shown to be better than the best answer without a model. */
function isShownUseful({ entrant }: Runner, { items, usefulAbove, confidence }: RaceSetup): boolean {
  if (entrant.scores.length === items) return true;
  const test = createBettingTest({ mean: usefulAbove, populationSize: items });
  return entrant.scores.some((score) => {
    test.observe(score);
    return test.state.logEvidence >= Math.log(1 / (1 - confidence));
  });
}

/** Those left once answers can tell no more; or what has to be done first. */
function lastLeft(field: Field, judgementsOf: () => readonly Judgement[]): RaceStanding {
  const { setup, runners, noise } = field;
  for (const runner of runners.filter(isIn)) {
    const broken = brokenReason(runner.entrant, setup.items);
    if (broken !== undefined)
      runner.out = judged(runner.entrant, 'failed', broken, { n: runner.entrant.scores.length });
  }
  const left = runners.filter(isIn);
  const [only, ...others] = left;
  if (only !== undefined && others.length === 0 && !isShownUseful(only, setup)) {
    const turn = moreItems(only.entrant, setup.items);
    if (turn.step !== undefined) return { step: turn.step, judgements: judgementsOf(), named: [], delta: 0 };
    only.out = turn.judgement;
  }
  const full = left.map(({ entrant }) => ({
    model: entrant.model,
    accuracy: meanOf(entrant.scores),
    values: firstLaunch(entrant),
  }));
  const out = others.length === 0 ? new Map<string, Requirement>() : beatenModels(full, setup, noise);
  for (const runner of left.filter(isIn)) {
    const { entrant } = runner;
    const { model, scores } = entrant;
    const isFull = scores.length === setup.items;
    const judgement = judged(entrant, isFull ? 'full' : 'passed', notRuledOut, { n: scores.length, isFinal: false });
    const need = out.get(model);
    runner.out = need === undefined ? judgement : beaten(judgement, need, 'all items');
  }
  const finalists = left.flatMap(({ out: judgement }) =>
    judgement === undefined || judgement.isFinal ? [] : [judgement],
  );
  return decideFinal(finalists, judgementsOf(), setup);
}

/**
 * Where the race for the highest PER-A stands. All models answer the same items in one order that was drawn beforehand;
 * each is out once its answers, or the best that it could answer, can't be those of the winner.
 *
 * Only evidence against the true winner can lose it, so testing many models costs nothing. Everything at an item follows
 * from the items before it: so it doesn't matter when an answer came in. Source: docs/scores.md, "Deciding early".
 *
 * @param entrants in the order in which they are tried
 */
export function replayWinnerRace(entrants: readonly Entrant[], setup: RaceSetup): RaceStanding {
  const field = createField(entrants, setup);
  const { runners } = field;
  const judgements = (): readonly Judgement[] => runners.flatMap(({ out }) => out ?? []);
  const isOver = (): boolean => runners.filter(isIn).length <= 1;
  const open = (step: RaceWork): RaceStanding => ({ step, judgements: judgements(), named: [], delta: 0 });
  const isSettled = (): boolean => runners.filter((runner) => isIn(runner) && !runner.isLate).length <= 1;
  let [block, end] = [0, 0];
  /** What has to be done before an item counts, or before it is over. */
  const workBefore = (count: number): RaceWork | undefined => {
    const left = runners.filter(isIn).length;
    const late = isSettled() || count === setup.items ? runners.filter((runner) => isIn(runner) && runner.isLate) : [];
    if (count === end || isOver() || late.length > 0 || !runners.some(isRunning)) {
      for (const runner of late) runner.isLate = false;
      const step = betweenBlocks(field, count);
      if (step !== undefined) return step;
      [block, end] = [count, blockEnd(count, setup.items)];
    }
    const owed = isOver() ? undefined : owedAnswers(field, Math.min(count, setup.items - 1), block, end);
    // Whoever went out may leave models that were not launched so far, or not held to the limits.
    return owed ?? (runners.filter(isIn).length < left ? workBefore(count) : undefined);
  };
  for (let count = 0; ; count += 1) {
    const work = workBefore(count);
    if (work !== undefined) return open(work);
    if (count === setup.items || isOver()) return lastLeft(field, judgements);
    takeItem(field, count);
  }
}
