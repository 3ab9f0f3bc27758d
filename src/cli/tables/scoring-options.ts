import { constraintNames, limitKind, type LimitName, parseBound } from '../../core/limits.ts';
import { parseFactors, parseWeights } from '../parse-factors.ts';
import { custom, flag, number, type Option, text, texts } from '../options/option.ts';
import type { FactorName, Factors } from '../../scoring/factor.ts';

function limit(name: LimitName): Option<number | undefined> {
  const { argument, expected, help } = limitKind(name);
  return custom<number>({ argument, expected, help, parse: (value) => parseBound(name, value) });
}

/** A flag for each limit that has a name, and one for limits that are written out. */
export function limitFlags<Name extends LimitName>(
  names: readonly Name[],
): { readonly [Own in Name]: Option<number | undefined> } & { readonly require: Option<readonly string[]> } {
  const named = Object.fromEntries(names.map((name) => [name, limit(name)])) as Record<
    Name,
    Option<number | undefined>
  >;
  const help = 'a limit written out, such as "latency p99 <= 800ms" (repeatable)';
  return { ...named, require: texts({ argument: 'limit', help }) };
}

/** What a model must keep to on every task; the same wherever models are chosen. */
export const limitOptions = limitFlags(constraintNames);

/** How scores are made and what is asked of them; the same for runs and for tables. */
export const scoringOptions = {
  anchors: text({
    argument: 'name|file',
    help: 'what scores 0.5 in PER-A: paper-gpu, cpu, a .yaml or .json file, or none (default: of the project, else of the hardware)',
    completion: 'file',
  }),
  weights: custom<Factors>({
    argument: 'acc=…,thr=…,lat=…,mem=…',
    help: 'how much each factor counts; those not named share the rest of 1 (default: a quarter each)',
    expected: 'weights of at least 0 for acc, thr, lat, mem: all four, or some that add up to at most 1',
    parse: parseWeights,
  }),
  ...limitOptions,
  pricePerHour: number({
    argument: 'n',
    min: 0.000_001,
    isWhole: false,
    help: 'price of one device for an hour: shows right answers per second, GiB, joule and unit of money',
  }),
  pareto: custom<readonly FactorName[]>({
    argument: 'factors',
    help: 'models that no other beats in these factors, such as acc,thr',
    expected: 'at least two of acc, thr, lat, mem',
    parse: parseFactors,
  }),
  requiredAccuracy: flag({ help: 'the accuracy that each model would need to be first' }),
  card: flag({ help: 'how robust the order is: weights, anchors, newcomers, models and factors left out' }),
} as const;

export type ScoringOptions = typeof scoringOptions;
