import { formatLimit, limitList, type LimitName, type Limits, percentileOf, withLimit } from './limits.ts';
import type { RaceQuestion, StoredQuestion } from './race.ts';

const forms =
  '`winner`, or `cheapest with accuracy >= 0.7` (or `accuracy within 0.02 of the best`), each with `memory <= 2 GiB` and `latency p95 <= 300 ms`';
const namesInOrder = ['minAccuracy', 'withinBest', 'maxMemory'] as const;

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

function readLimits(text: string): Limits {
  let limits: Limits = {};
  for (const piece of text.split(/\s+and\s+|\s*,\s*/)) {
    limits = withLimit(limits, piece, isAsked);
    if (Object.values(limits).includes(0)) throw new RangeError(`\`${piece}\` is not a limit: expected more than 0`);
  }
  return limits;
}

/** Why limits can't be decided on together, or undefined. */
function conflict(goal: RaceQuestion['goal'], limits: Limits): string | undefined {
  const percentiles = limitList(limits, []).filter(({ name }) => percentileOf(name) !== undefined);
  const gates = [limits.minAccuracy, limits.withinBest].filter((gate) => gate !== undefined);
  if (percentiles.length > 1) return 'it limits two latency percentiles';
  if (goal === 'cheapest' && gates.length === 0) return 'cheapest needs a limit on accuracy';
  if (gates.length > 1) return 'it has two limits on accuracy';
  if (limits.withinBest !== undefined && percentiles.length > 0) {
    return "a limit on latency can't be combined with `accuracy within … of the best`";
  }
  return goal === 'winner' && gates.length > 0 ? 'winner takes no limit on accuracy: PER-A includes it' : undefined;
}

/**
 * Reads a question: `winner`, or `cheapest with accuracy >= 0.7`, with optional limits on memory and on a percentile of
 * the latency.
 *
 * @throws {RangeError} if it isn't one, with what can be asked
 */
export function parseRaceQuestion(text: string): RaceQuestion {
  const wrong = (why: string): RangeError =>
    new RangeError(`"${text}" is not a question that perbench can decide: ${why}; valid questions: ${forms}`);
  const [, goal, limitText] = /^(winner|cheapest)(?:\s+with\s+(.+))?$/.exec(text.trim().toLowerCase()) ?? [];
  if (goal !== 'winner' && goal !== 'cheapest') throw wrong('it names no goal');
  let limits: Limits;
  try {
    limits = limitText === undefined ? {} : readLimits(limitText);
  } catch (error) {
    throw error instanceof RangeError ? wrong(error.message) : error;
  }
  const why = conflict(goal, limits);
  if (why !== undefined) throw wrong(why);
  return { goal, limits };
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

function spell(goal: RaceQuestion['goal'], limits: readonly string[]): string {
  return limits.length === 0 ? goal : `${goal} with ${limits.join(' and ')}`;
}

/** The question in one spelling, which reads back as itself. */
export function questionText({ goal, limits }: RaceQuestion): string {
  return spell(goal, limitList(limits, namesInOrder).map(formatLimit));
}

/** The question as stores have it, and as it is hashed: names, order of keys and spelling are those of `race/1`. */
export function storedQuestion({ goal, limits }: RaceQuestion): StoredQuestion {
  const { minAccuracy, withinBest, maxMemory } = limits;
  const latency = latencyLimit(limits);
  const text = spell(goal, [
    ...(minAccuracy === undefined ? [] : [`accuracy >= ${minAccuracy}`]),
    ...(withinBest === undefined ? [] : [`accuracy within ${withinBest} of the best`]),
    ...(maxMemory === undefined ? [] : [`memory <= ${Number((maxMemory / 2 ** 20).toFixed(3))} MiB`]),
    ...(latency === undefined ? [] : [`latency p${Number((latency.share * 100).toFixed(6))} <= ${latency.maxMs} ms`]),
  ]);
  const keys = limitList(limits, []).map(({ name, bound }): Partial<StoredQuestion> => {
    if (name === 'minAccuracy') return { leastAccuracy: bound };
    if (name === 'withinBest') return { withinBest: bound };
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
  mostMemoryBytes,
  latency,
}: StoredQuestion): RaceQuestion {
  return {
    goal,
    limits: {
      minAccuracy: leastAccuracy,
      withinBest,
      maxMemory: mostMemoryBytes,
      ...(latency !== undefined && { [`maxLatencyP${Number((latency.share * 100).toFixed(6))}`]: latency.mostMs }),
    },
  };
}
