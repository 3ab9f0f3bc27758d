import { findBase, firstModel } from './find-base.ts';
import {
  formatLimit,
  limitKind,
  limitList,
  type LimitName,
  type Limits,
  parseBound,
  percentileOf,
  withLimit,
} from './limits.ts';
import type { RaceQuestion, StoredQuestion } from './race.ts';

const forms =
  '`winner`, or `cheapest with accuracy >= 0.7` (or `accuracy within 0.02 of the best`), or `cheapest not worse than base by 0.01`, each with `memory <= 2 GiB` and `latency p95 <= 300 ms`';
const namesInOrder = ['minAccuracy', 'withinBest', 'maxAccuracyDrop', 'maxMemory'] as const;

function isAsked(name: LimitName): boolean {
  return namesInOrder.some((known) => known === name) || percentileOf(name) !== undefined;
}

/** The limit on a latency percentile: the share of requests that must be answered within a time. */
export function latencyLimit(limits: Limits): { readonly share: number; readonly maxMs: number } | undefined {
  for (const { name, bound } of limitList(limits, [])) {
    const percentile = percentileOf(name);
    if (percentile !== undefined) return { share: percentile / 100, maxMs: bound };
  }
  return undefined;
}

function readLimits(text: string, known: Limits): Limits {
  let limits = known;
  for (const piece of text.split(/\s+and\s+|\s*,\s*/)) {
    limits = withLimit(limits, piece, isAsked);
    if (Object.values(limits).includes(0)) throw new RangeError(`\`${piece}\` is not a limit: expected more than 0`);
  }
  return limits;
}

/** The share of `not worse than base by 0.01`. */
function readDrop(text: string): number {
  const drop = parseBound('maxAccuracyDrop', text);
  if (drop !== undefined && drop > 0) return drop;
  const expected = drop === 0 ? 'more than 0' : limitKind('maxAccuracyDrop').expected;
  throw new RangeError(`\`by ${text}\` is no drop in accuracy: expected ${expected}`);
}

/** Why limits can't be decided on together, or undefined. */
function conflict(goal: RaceQuestion['goal'], limits: Limits): string | undefined {
  const percentiles = limitList(limits, []).filter(({ name }) => percentileOf(name) !== undefined);
  const gates = [limits.minAccuracy, limits.withinBest, limits.maxAccuracyDrop].filter((gate) => gate !== undefined);
  if (percentiles.length > 1) return 'it limits two latency percentiles';
  if (goal === 'cheapest' && gates.length === 0) return 'cheapest needs a limit on accuracy';
  if (gates.length > 1) return 'it has two limits on accuracy';
  if (limits.withinBest !== undefined && percentiles.length > 0) {
    return "a limit on latency can't be combined with `accuracy within … of the best`";
  }
  return goal === 'winner' && gates.length > 0 ? 'winner takes no limit on accuracy: PER-A includes it' : undefined;
}

/** A question in its parts. */
interface Written {
  readonly goal: RaceQuestion['goal'];
  readonly base: string | undefined;
  readonly drop: string | undefined;
  readonly limits: string | undefined;
}

/** Names of models may be of any form: what is written in quotes is one, else whatever is before ` by `. */
const notWorse =
  /^cheapest\s+not\s+worse\s+than\s+(?:"(?<quoted>[^"]+)"|(?<plain>.+?))\s+by\s+(?<drop>[^\s,]+(?:\s*%)?)(?:(?:\s+and|\s+with|\s*,)\s+(?<limits>.+))?$/i;

function writtenQuestion(text: string): Written | undefined {
  const { quoted, plain, drop, limits: besides } = notWorse.exec(text)?.groups ?? {};
  const base = quoted ?? plain;
  if (base !== undefined) return { goal: 'cheapest', base, drop, limits: besides };
  const [, goal, limits] = /^(winner|cheapest)(?:\s+with\s+(.+))?$/.exec(text.toLowerCase()) ?? [];
  return goal === 'winner' || goal === 'cheapest' ? { goal, base: undefined, drop: undefined, limits } : undefined;
}

/**
 * Reads a question: `winner`, `cheapest with accuracy >= 0.7`, or `cheapest not worse than base by 0.01`, with optional
 * limits on memory and on a percentile of the latency. A drop in accuracy without a name is one from `base`.
 *
 * @throws {RangeError} if it isn't one, with what can be asked
 */
export function parseRaceQuestion(text: string): RaceQuestion {
  const wrong = (why: string): RangeError =>
    new RangeError(`"${text}" is not a question that perbench can decide: ${why}; valid questions: ${forms}`);
  const written = writtenQuestion(text.trim());
  if (written === undefined) {
    const isOpen = /^cheapest\s+not\s+worse/i.test(text.trim());
    throw wrong(isOpen ? 'it needs a model and a share, as in `not worse than base by 0.01`' : 'it names no goal');
  }
  const { goal, drop } = written;
  let limits: Limits;
  try {
    const known = drop === undefined ? {} : { maxAccuracyDrop: readDrop(drop) };
    limits = written.limits === undefined ? known : readLimits(written.limits.toLowerCase(), known);
  } catch (error) {
    throw error instanceof RangeError ? wrong(error.message) : error;
  }
  const why = conflict(goal, limits);
  if (why !== undefined) throw wrong(why);
  return limits.maxAccuracyDrop === undefined ? { goal, limits } : { goal, limits, base: written.base ?? firstModel };
}

/**
 * The question with the model that others are compared with, as {@link findBase} finds it.
 *
 * @param models names of the suite's models, in its order
 * @throws {UnknownNameError} if no model has the name
 */
export function withBase(question: RaceQuestion, models: readonly string[]): RaceQuestion {
  return question.base === undefined ? question : { ...question, base: findBase(question.base, models) };
}

/** Why a text is no question; undefined where it is one. */
export function questionProblem(text: string): string | undefined {
  try {
    parseRaceQuestion(text);
    return undefined;
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}

function spell({ goal, base, limits: { maxAccuracyDrop: drop } }: RaceQuestion, limits: readonly string[]): string {
  if (base === undefined || drop === undefined)
    return limits.length === 0 ? goal : `${goal} with ${limits.join(' and ')}`;
  const name = /\s/u.test(base) && !base.includes('"') ? `"${base}"` : base;
  return [`${goal} not worse than ${name} by ${limitKind('maxAccuracyDrop').format(drop)}`, ...limits].join(' and ');
}

/** The question in one spelling, which reads back as itself. */
export function questionText(question: RaceQuestion): string {
  const { maxAccuracyDrop: _, ...besides } = question.limits;
  return spell(question, limitList(besides, namesInOrder).map(formatLimit));
}

/** The question as stores have it, and as it is hashed: names, order of keys and spelling are those of `race/1`. */
export function storedQuestion(question: RaceQuestion): StoredQuestion {
  const { goal, base, limits } = question;
  const { minAccuracy, withinBest, maxMemory } = limits;
  const latency = latencyLimit(limits);
  const text = spell(question, [
    ...(minAccuracy === undefined ? [] : [`accuracy >= ${minAccuracy}`]),
    ...(withinBest === undefined ? [] : [`accuracy within ${withinBest} of the best`]),
    ...(maxMemory === undefined ? [] : [`memory <= ${Number((maxMemory / 2 ** 20).toFixed(3))} MiB`]),
    ...(latency === undefined ? [] : [`latency p${Number((latency.share * 100).toFixed(6))} <= ${latency.maxMs} ms`]),
  ]);
  const keys = limitList(limits, []).map(({ name, bound }): Partial<StoredQuestion> => {
    if (name === 'minAccuracy') return { leastAccuracy: bound };
    if (name === 'withinBest') return { withinBest: bound };
    if (name === 'maxAccuracyDrop') return { base, mostAccuracyDrop: bound };
    if (name === 'maxMemory') return { mostMemoryBytes: bound };
    return { latency: { share: latency?.share ?? 0, mostMs: bound } };
  });
  return Object.assign({ text, goal }, ...keys) as StoredQuestion;
}

/** The question that a store holds. */
export function questionOf({
  goal,
  leastAccuracy,
  withinBest,
  mostAccuracyDrop,
  base,
  mostMemoryBytes,
  latency,
}: StoredQuestion): RaceQuestion {
  return {
    goal,
    ...(base !== undefined && { base }),
    limits: {
      minAccuracy: leastAccuracy,
      withinBest,
      ...(mostAccuracyDrop !== undefined && { maxAccuracyDrop: mostAccuracyDrop }),
      maxMemory: mostMemoryBytes,
      ...(latency !== undefined && { [`maxLatencyP${Number((latency.share * 100).toFixed(6))}`]: latency.mostMs }),
    },
  };
}
