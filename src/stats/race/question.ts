import { quantities } from '../../core/quantities.ts';
import type { RaceLatencyLimit, RaceQuestion } from '../../core/race.ts';

type Limits = Pick<RaceQuestion, 'leastAccuracy' | 'withinBest' | 'mostMemoryBytes' | 'latency'>;

const forms =
  '`winner`, or `cheapest with accuracy >= 0.7` (or `accuracy within 0.02 of the best`), each with `memory <= 2 GiB` and `latency p95 <= 300 ms`';

function wrong(text: string, why: string): RangeError {
  return new RangeError(`"${text}" is no question that can be decided: ${why}; ask ${forms}`);
}

function readAccuracy(text: string): number | undefined {
  const value = quantities.share.parse(text);
  return value !== undefined && value > 0 && value <= 1 ? value : undefined;
}

function readLatency(percentile: string, text: string): RaceLatencyLimit | undefined {
  const mostMs = quantities.time.parse(text);
  const share = Number(percentile) / 100;
  return mostMs === undefined || mostMs === 0 || !(share > 0 && share < 1) ? undefined : { share, mostMs };
}

/** One limit, such as `memory <= 2 gib`; undefined where it isn't one. */
function readLimit(text: string): Limits | undefined {
  const [, accuracy] = /^accuracy\s*>=\s*(.+)$/.exec(text) ?? [];
  if (accuracy !== undefined) {
    const leastAccuracy = readAccuracy(accuracy);
    return leastAccuracy === undefined ? undefined : { leastAccuracy };
  }
  const [, tolerance] = /^accuracy\s+within\s+(.+)\s+of\s+(?:the\s+)?best$/.exec(text) ?? [];
  if (tolerance !== undefined) {
    const withinBest = readAccuracy(tolerance);
    return withinBest === undefined ? undefined : { withinBest };
  }
  const [, memory] = /^memory\s*<=\s*(.+)$/.exec(text) ?? [];
  if (memory !== undefined) {
    const mostMemoryBytes = quantities.size.parse(memory);
    return mostMemoryBytes === undefined || mostMemoryBytes === 0 ? undefined : { mostMemoryBytes };
  }
  const [, percentile, time] = /^latency\s+p(\d+(?:\.\d+)?)\s*<=\s*(.+)$/.exec(text) ?? [];
  if (percentile === undefined || time === undefined) return undefined;
  const latency = readLatency(percentile, time);
  return latency === undefined ? undefined : { latency };
}

function readLimits(text: string, part: string): Limits {
  let limits: Limits = {};
  for (const piece of part.split(/\s+and\s+|\s*,\s*/)) {
    const limit = readLimit(piece.trim());
    if (limit === undefined) throw wrong(text, `\`${piece.trim()}\` is no limit`);
    if (Object.keys(limit).some((key) => key in limits)) throw wrong(text, `\`${piece.trim()}\` comes twice`);
    limits = { ...limits, ...limit };
  }
  return limits;
}

function spell(goal: RaceQuestion['goal'], { leastAccuracy, withinBest, mostMemoryBytes, latency }: Limits): string {
  const limits = [
    ...(leastAccuracy === undefined ? [] : [`accuracy >= ${leastAccuracy}`]),
    ...(withinBest === undefined ? [] : [`accuracy within ${withinBest} of the best`]),
    ...(mostMemoryBytes === undefined ? [] : [`memory <= ${Number((mostMemoryBytes / 2 ** 20).toFixed(3))} MiB`]),
    ...(latency === undefined ? [] : [`latency p${Number((latency.share * 100).toFixed(6))} <= ${latency.mostMs} ms`]),
  ];
  return limits.length === 0 ? goal : `${goal} with ${limits.join(' and ')}`;
}

/**
 * Reads a question: `winner`, or `cheapest with accuracy >= 0.7`, with optional limits on memory and on a percentile of
 * the latency.
 *
 * @throws {RangeError} if it isn't one, with what can be asked
 */
export function parseRaceQuestion(text: string): RaceQuestion {
  const plain = text.trim().toLowerCase().replaceAll('≥', '>=').replaceAll('≤', '<=');
  const [, goal, limitText] = /^(winner|cheapest)(?:\s+with\s+(.+))?$/.exec(plain) ?? [];
  if (goal !== 'winner' && goal !== 'cheapest') throw wrong(text, 'it names no goal');
  const limits = limitText === undefined ? {} : readLimits(text, limitText);
  const gates = [limits.leastAccuracy, limits.withinBest].filter((gate) => gate !== undefined);
  if (goal === 'cheapest' && gates.length === 0) {
    throw wrong(text, 'the cheapest needs an accuracy that is good enough');
  }
  if (gates.length > 1) throw wrong(text, 'it says twice which accuracy is good enough');
  if (limits.withinBest !== undefined && limits.latency !== undefined) {
    throw wrong(text, "a limit on latency and the best of all can't be asked together");
  }
  if (goal === 'winner' && gates.length > 0) {
    throw wrong(text, 'PER-A of the winner counts accuracy already');
  }
  return { text: spell(goal, limits), goal, ...limits };
}
