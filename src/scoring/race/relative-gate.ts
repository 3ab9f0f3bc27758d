import { anytimeInterval } from '../../stats/anytime-interval.ts';
import { type Entrant, judged, type RaceWork, type Turn } from './race-setup.ts';
import { firstLaunch } from './requirements.ts';
import { meanOf } from '../../stats/means.ts';

export interface RelativeGateRule {
  /** By how much the most accurate of all may be better. */
  readonly withinBest: number;
  readonly items: number;
  /** Allowed error of the bounds of one model's accuracy. */
  readonly alpha: number;
}

/** What is known of a model's accuracy on all items, and what it costs to know more. */
interface Known {
  readonly entrant: Entrant;
  readonly low: number;
  readonly high: number;
  readonly mean: number;
  readonly isExact: boolean;
  /** Device seconds per item. */
  readonly cost: number;
}

/** Bounds are asked for after every block, mostly of models that weren't asked since. */
const bounds = new WeakMap<readonly number[], { readonly key: string; readonly low: number; readonly high: number }>();

function boundsOf(scores: readonly number[], { items, alpha }: RelativeGateRule): { low: number; high: number } {
  const key = `${items} ${alpha}`;
  const known = bounds.get(scores);
  if (known?.key === key) return known;
  const { low, high } = anytimeInterval(scores, { level: 1 - alpha, populationSize: items });
  bounds.set(scores, { key, low, high });
  return { low, high };
}

function knownOf(entrant: Entrant, rule: RelativeGateRule): Known {
  const { scores } = entrant;
  const mean = scores.length === 0 ? 0.5 : meanOf(scores);
  const isExact = scores.length === rule.items;
  const cost = 1 / firstLaunch(entrant).throughput;
  return { entrant, mean, isExact, cost, ...(isExact ? { low: mean, high: mean } : boundsOf(scores, rule)) };
}

const minBlock = 16;

/** Answers up to which a model is asked before bounds are looked at again: doubled, since each turn may be a new start. */
function nextBlock({ scores }: Entrant, items: number): number {
  return Math.min(items, Math.max(minBlock, scores.length * 2));
}

function askMore({ entrant }: Known, { items }: RelativeGateRule): RaceWork {
  return { type: 'items', model: entrant.model, upTo: nextBlock(entrant, items) };
}

const largest = <Value>(values: readonly Value[], size: (value: Value) => number): Value | undefined =>
  values.reduce<Value | undefined>(
    (best, value) => (best === undefined || size(value) > size(best) ? value : best),
    undefined,
  );

/**
 * Whom to ask: of those that may be ahead the one whose lead costs least to prove, or the cheapest to bound where nobody
 * seems ahead; or the model itself, where that narrows more for its cost.
 */
function whomToAsk(own: Known, rivals: readonly Known[], withinBest: number): Known {
  const dangerous = rivals.filter(({ high, isExact }) => !isExact && high - own.low > withinBest);
  const lead = ({ mean }: Known): number => mean - own.mean - withinBest;
  const ahead = dangerous.filter((rival) => lead(rival) > 0);
  const rival = largest(ahead, (each) => lead(each) ** 2 / each.cost) ?? largest(dangerous, ({ cost }) => -cost);
  const gain = ({ low, high, cost }: Known): number => (high - low) ** 2 / cost;
  if (rival === undefined) return own;
  return own.isExact || gain(rival) > gain(own) ? rival : own;
}

const rounding = 1e-9;

/**
 * Whether no rival is more accurate by more than the tolerance, from bounds that hold for all models at every look at
 * once: so it doesn't matter who is asked when, and whoever costs least to be certain of is.
 */
export function relativeGate(entrant: Entrant, rivals: readonly Entrant[], rule: RelativeGateRule): Turn {
  const { withinBest } = rule;
  const unknown = rivals.find(({ launches }) => launches.length === 0);
  if (unknown !== undefined) return { step: { type: 'launch', model: unknown.model, launch: 0 } };
  const own = knownOf(entrant, rule);
  const others = rivals.map((rival) => knownOf(rival, rule));
  const facts = { n: entrant.scores.length, isFinal: false };
  const ahead = others.find(({ low }) => low - own.high > withinBest + rounding);
  if (ahead !== undefined) {
    const reason = `${ahead.entrant.model} is more accurate by more than ${withinBest}`;
    return { judgement: judged(entrant, 'eliminated', reason, facts) };
  }
  if (others.some(({ high }) => high - own.low > withinBest + rounding)) {
    return { step: askMore(whomToAsk(own, others, withinBest), rule) };
  }
  const reason = `no model is more accurate by more than ${withinBest}`;
  return { judgement: judged(entrant, own.isExact ? 'full' : 'passed', reason, facts) };
}
