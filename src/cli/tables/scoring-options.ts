import { quantities, type Quantity } from '../../core/quantities.ts';
import { parseFactors, parseWeights } from '../parse-factors.ts';
import { custom, flag, number, text } from '../options/option.ts';
import type { FactorName, Factors } from '../../stats/factor.ts';

function quantity(argument: string, help: string, { expected, parse }: Pick<Quantity, 'expected' | 'parse'>) {
  return custom<number>({ argument, help, expected, parse });
}

function parseAccuracy(value: string): number | undefined {
  const share = quantities.share.parse(value);
  return share !== undefined && share <= 1 ? share : undefined;
}

const accuracy = { expected: 'a share from 0 to 1, such as 0.7 or 70%', parse: parseAccuracy };

/** What a model must keep to on every task; the same wherever models are chosen. */
export const limitOptions = {
  minAccuracy: quantity('share', 'lowest accuracy to accept', accuracy),
  minThroughput: quantity('n', 'lowest throughput to accept, in the unit of its table', quantities.amount),
  maxMemory: quantity('size', 'highest peak memory to accept, such as 2GiB', quantities.size),
  maxLatency: quantity('time', 'highest median latency to accept, such as 500ms', quantities.time),
  maxLatencyP95: quantity('time', 'highest 95th percentile of latency to accept', quantities.time),
  maxPrice: number({ argument: 'n', min: 0, isWhole: false, help: 'highest price of 1,000 answers to accept' }),
} as const;

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
