import type { Unit } from '../core/measurement.ts';
import type { FactorName } from '../scoring/factor.ts';

/** A heading under which a factor may stand, with the unit that it implies and the factor into base units. */
export interface FactorHeading {
  readonly factor: FactorName;
  readonly multiplier: number;
  /** Undefined where the heading leaves the unit open. */
  readonly unit: Unit | undefined;
}

const mebibyte = 2 ** 20;

function headed(factor: FactorName, unit: Unit | undefined, multiplier = 1): FactorHeading {
  return { factor, multiplier, unit };
}

/** Headings of measurement tables, in lower case. */
export const factorHeadings: Readonly<Record<string, FactorHeading>> = {
  accuracy: headed('accuracy', 'ratio'),
  acc: headed('accuracy', 'ratio'),
  accuracy_percent: headed('accuracy', 'ratio', 0.01),
  throughput: headed('throughput', undefined),
  thr: headed('throughput', undefined),
  tokens_per_second: headed('throughput', 'tokens/s'),
  items_per_second: headed('throughput', 'items/s'),
  samples_per_second: headed('throughput', 'items/s'),
  latency: headed('latency', undefined),
  lat: headed('latency', undefined),
  latency_ms: headed('latency', 'ms'),
  latency_s: headed('latency', 'ms', 1000),
  ms_per_token: headed('latency', 'ms/token'),
  ms_per_item: headed('latency', 'ms/item'),
  ms_per_sample: headed('latency', 'ms/item'),
  memory: headed('memory', undefined, mebibyte),
  mem: headed('memory', undefined, mebibyte),
  memory_bytes: headed('memory', 'bytes'),
  memory_mb: headed('memory', 'bytes', mebibyte),
  mem_mb: headed('memory', 'bytes', mebibyte),
  memory_mib: headed('memory', 'bytes', mebibyte),
  memory_gb: headed('memory', 'bytes', 1024 * mebibyte),
  memory_gib: headed('memory', 'bytes', 1024 * mebibyte),
};

/** Units as people write them in a cell, with the factor into the base unit. */
export const unitSpellings: Readonly<Record<string, { readonly unit: Unit; readonly multiplier: number }>> = {
  'tokens/s': { unit: 'tokens/s', multiplier: 1 },
  'items/s': { unit: 'items/s', multiplier: 1 },
  'samples/s': { unit: 'items/s', multiplier: 1 },
  ms: { unit: 'ms', multiplier: 1 },
  s: { unit: 'ms', multiplier: 1000 },
  'ms/token': { unit: 'ms/token', multiplier: 1 },
  's/token': { unit: 'ms/token', multiplier: 1000 },
  'ms/item': { unit: 'ms/item', multiplier: 1 },
  'ms/sample': { unit: 'ms/item', multiplier: 1 },
  's/item': { unit: 'ms/item', multiplier: 1000 },
  's/sample': { unit: 'ms/item', multiplier: 1000 },
};

/** Units that make sense for a factor with an open heading; the first is assumed where the table names none. */
export const openUnits: Readonly<Record<'throughput' | 'latency', readonly [Unit, ...Unit[]]>> = {
  throughput: ['items/s', 'tokens/s'],
  latency: ['ms', 'ms/token', 'ms/item'],
};

/** Headings that are understood beside the factors. */
export const identityHeadings = {
  task: ['task', 'benchmark', 'dataset'],
  model: ['model'],
  throughputUnit: ['throughput_unit', 'thr_unit'],
  latencyUnit: ['latency_unit', 'lat_unit'],
  items: ['accuracy_n', 'items'],
  protocol: ['protocol'],
  state: ['state'],
  error: ['error'],
} as const satisfies Record<string, readonly string[]>;

/** Columns that may be there and are not read. */
export const ignoredHeadings: ReadonlySet<string> = new Set([
  'kind',
  'is_tied',
  'p_first',
  'per_published',
  'required_accuracy',
  'score_versions',
  'gpus_derived',
  'rank',
  'flags',
  'warnings',
]);
