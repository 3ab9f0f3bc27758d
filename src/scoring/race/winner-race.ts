import type { RaceValues } from '../../core/race.ts';
import { latencyLimit } from '../../core/race-question.ts';
import { createBettingTest } from '../../stats/anytime-interval.ts';
import { meanOf } from '../../stats/means.ts';
import { efficiencyRatio, logEfficiency, type LaunchNoise } from '../required-accuracy.ts';
import { ceilingTest, contrast, contrastTest, createEvidence, type Evidence } from './contrasts.ts';
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
  withoutFailure,
} from './race-setup.ts';
import { untilCount } from './score-gate.ts';
import { bestImaginable, firstLaunch, floorAboveLimit, latencyTurn, peakAboveLimit } from './requirements.ts';

/** A model while its race is played through, item by item. */
interface Runner {
  readonly entrant: Entrant;
  readonly isLaunched: boolean;
  /** Measured in the first launch, or the best that its memory leaves; undefined where nothing is known. */
  readonly values: RaceValues | undefined;
  /** Sum of its scores on the items so far. */
  sum: number;
  /** Why it is out; undefined while it isn't. */
  out: Judgement | undefined;
  /** Could hardly win with every answer right: it waits while the answers of others make that certain, or don't. */
  isHeld: boolean;
  /** Others can be ruled out by it: it keeps the limit on latency. */
  isRival: boolean;
  /** That it can't win with the answers that it gives. */
  readonly byAnswers: Evidence;
  /** That it can't win whatever it answers. */
  readonly byCeiling: Evidence;
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
  const byName = new Map<string, Runner>();
  const runners = entrants.map((entrant) => {
    const isLaunched = entrant.launches.length > 0;
    const ratioTo = (rival: string): number | undefined => {
      const [from, to] = [byName.get(rival), byName.get(entrant.model)];
      return from && to && ratio(from, to);
    };
    const { memoryFloor } = entrant;
    const runner: Runner = {
      entrant,
      isLaunched,
      values: isLaunched ? firstLaunch(entrant) : memoryFloor === undefined ? undefined : bestImaginable(memoryFloor),
      sum: 0,
      out: undefined,
      isHeld: false,
      isRival: latencyLimit(setup.question.limits) === undefined,
      byAnswers: createEvidence((rival) => {
        const rho = ratioTo(rival);
        return rho === undefined ? undefined : contrastTest(rho, c, items);
      }),
      byCeiling: createEvidence((rival) => {
        const rho = ratioTo(rival);
        return rho === undefined ? undefined : ceilingTest(rho, c, items);
      }),
    };
    byName.set(entrant.model, runner);
    return runner;
  });
  return { setup, noise, runners, ratio };
}

const isIn = ({ out }: Runner): boolean => out === undefined;
/** Answers count, and are asked for. */
const isRunning = (runner: Runner): boolean => isIn(runner) && runner.isLaunched && !runner.isHeld;

/** Mean of the items so far, drawn a little to one half. */
function estimate({ sum }: Runner, count: number): number {
  return (sum + 0.5) / (count + 1);
}

const least = 1e-3;

/** Best first, by their answers to the items so far. */
function ranking({ runners, setup }: Field, count: number): readonly Runner[] {
  const anchors = raceAnchors(setup);
  const c = anchors.trivialAccuracy;
  return runners
    .flatMap((runner) => {
      if (!isRunning(runner) || runner.values === undefined) return [];
      const above = Math.max(least, estimate(runner, count) - c);
      return [{ runner, score: logEfficiency(runner.values, anchors, setup.weights) + Math.log(above) }];
    })
    .toSorted((a, b) => b.score - a.score)
    .map(({ runner }) => runner);
}

/** Whether it looks as if the best of the others were ahead of a model with every answer right. */
function isHopeless(runner: Runner, best: Runner | undefined, count: number, { setup, ratio }: Field): boolean {
  if (best === undefined || best === runner || count === setup.items) return false;
  const { trivialAccuracy: c } = raceAnchors(setup);
  const rho = ratio(best, runner) ?? 0;
  if (count === 0) return !runner.isLaunched && rho > 1;
  // To start a model for nothing costs more than answers of one that is running: where it isn't clear, it waits.
  const benefit = runner.isLaunched ? 0 : 0.5 / Math.sqrt(count);
  return rho * (estimate(best, count) + benefit - c) >= 1 - c;
}

/** What must be done before models that aren't out are launched, or before their answers count. */
function openTurn(runner: Runner, field: Field): RaceWork | undefined {
  const { entrant, isLaunched } = runner;
  const { setup, noise } = field;
  if (!isLaunched) {
    const reason = entrant.exclusion ?? floorAboveLimit(setup, entrant);
    if (reason !== undefined) runner.out = judged(entrant, 'skipped', reason);
    if (reason !== undefined || runner.isHeld) return undefined;
    const turn = withoutFailure(entrant, { step: { type: 'launch', model: entrant.model, launch: 0 } });
    runner.out = turn?.judgement;
    return turn?.step;
  }
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

function moreItems({ model, scores }: Entrant, items: number, end = items): RaceWork {
  return { type: 'items', model, gate: untilCount(Math.min(end, blockEnd(scores.length, items))) };
}

function isEvenBlock(count: number): boolean {
  return Math.round(Math.log2(Math.max(1, count / firstBlock))) % 2 === 0;
}

/** What a running model owes before the race can go on: answers, in blocks of its own where it comes late. */
function owedTurn({ entrant }: Runner, end: number, { items }: RaceSetup): Turn | undefined {
  const broken = brokenReason(entrant, items);
  if (broken !== undefined) return { judgement: judged(entrant, 'failed', broken, { n: entrant.scores.length }) };
  if (entrant.scores.length >= end) return undefined;
  return withoutFailure(entrant, { step: moreItems(entrant, items, end) });
}

/** Between two blocks: who waits, who is to be launched, and what is owed by whom. */
function betweenBlocks(field: Field, count: number): RaceWork | undefined {
  const { setup, runners } = field;
  const [ahead] = ranking(field, count);
  for (const runner of runners.filter(isIn)) {
    runner.isHeld = isHopeless(runner, ahead, count, field);
    const step = openTurn(runner, field);
    if (step !== undefined) return step;
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
  const isAlone = runners.filter(isIn).length === 1;
  const end = isAlone || count === setup.items ? count : blockEnd(count, setup.items);
  const running = runners.filter(isRunning);
  // There and back: whoever ends a block is still running when the next one begins.
  for (const runner of isEvenBlock(count) ? running : running.toReversed()) {
    const owed = owedTurn(runner, end, setup);
    if (owed === undefined) continue;
    if (owed.step !== undefined) return owed.step;
    runner.out = owed.judgement;
    // Others may have waited for it.
    return betweenBlocks(field, count);
  }
  return undefined;
}

function isCertain({ log }: Evidence, alpha: number): boolean {
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
  const { setup, runners, ratio } = field;
  const { trivialAccuracy: c } = raceAnchors(setup);
  const rivals = ranking(field, count).filter(({ isRival }) => isRival);
  const scored = runners.flatMap((runner) => {
    const score = runner.entrant.scores[count];
    return isIn(runner) && runner.isLaunched && score !== undefined ? [{ runner, score }] : [];
  });
  const bestFor = (runner: Runner): Runner | undefined => rivals.find((rival) => rival !== runner);
  for (const runner of runners.filter(isIn)) {
    const best = bestFor(runner)?.entrant.model;
    const own = runner.entrant.scores[count];
    const others = scored.filter((rival) => rival.runner !== runner);
    runner.byCeiling.observe(
      others.map((rival) => [rival.runner.entrant.model, rival.score] as const),
      best,
    );
    if (!runner.isLaunched || own === undefined) continue;
    runner.byAnswers.observe(
      others.map((rival) => {
        const value = contrast(ratio(rival.runner, runner) ?? 0, c, rival.score, own);
        return [rival.runner.entrant.model, value] as const;
      }),
      best,
    );
  }
  for (const { runner, score } of scored) runner.sum += score;
  // The worst first: the last one stays.
  for (const runner of [...runners.filter((each) => isIn(each) && !rivals.includes(each)), ...rivals.toReversed()]) {
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
  const left = runners.filter(isIn);
  const [only, ...others] = left;
  if (only !== undefined && others.length === 0 && !isShownUseful(only, setup)) {
    const turn = withoutFailure(only.entrant, { step: moreItems(only.entrant, setup.items) });
    if (turn?.step !== undefined) return { step: turn.step, judgements: judgementsOf(), named: [], delta: 0 };
    only.out = turn?.judgement;
  }
  const full = left.map(({ entrant }) => ({
    model: entrant.model,
    accuracy: meanOf(entrant.scores),
    values: firstLaunch(entrant),
  }));
  const out = others.length === 0 ? new Map() : beatenModels(full, setup, noise);
  for (const runner of left.filter(isIn)) {
    const { entrant } = runner;
    const { model, scores } = entrant;
    const isFull = scores.length === setup.items;
    const judgement = judged(entrant, isFull ? 'full' : 'passed', '', { n: scores.length, isFinal: false });
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
  for (let count = 0, end = 0; ; count += 1) {
    if (count === end || runners.filter(isIn).length === 1) {
      const step = betweenBlocks(field, count);
      if (step !== undefined) return { step, judgements: judgements(), named: [], delta: 0 };
      if (count === setup.items || runners.filter(isIn).length <= 1) return lastLeft(field, judgements);
      end = blockEnd(count, setup.items);
    }
    takeItem(field, count);
  }
}
