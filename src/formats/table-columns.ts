import type { Unit } from '../core/measurement.ts';
import { type FactorName, factorNames } from '../scoring/factor.ts';
import type { TableProblem } from '../core/errors.ts';
import { nearestName } from '../core/nearest-name.ts';
import { namesText } from '../core/row-places.ts';

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
const ignoredHeadings: ReadonlySet<string> = new Set([
  'kind',
  'is_tied',
  'p_first',
  'file_bytes',
  'bits_per_weight',
  'per_published',
  'required_accuracy',
  'required_accuracy_low',
  'required_accuracy_high',
  'score_versions',
  'gpus_derived',
  'rank',
  'flags',
  'warnings',
]);

type IdentityName = keyof typeof identityHeadings;

/** Which column of a table holds what. */
export interface TableLayout {
  readonly headings: readonly string[];
  readonly factors: ReadonlyMap<FactorName, FactorHeading & { readonly index: number }>;
  readonly identities: ReadonlyMap<IdentityName, number>;
  /** Lower and upper bounds of a factor, in its own unit. */
  readonly bounds: ReadonlyMap<FactorName, { readonly low: number; readonly high: number }>;
  /** What the reader should know, such as a unit that was assumed. */
  readonly notes: readonly string[];
}

const identityNames = Object.keys(identityHeadings) as readonly IdentityName[];
const readable = [...Object.keys(factorHeadings), ...identityNames.flatMap((name) => identityHeadings[name])];

function findBounds(names: readonly string[]): Map<FactorName, { readonly low: number; readonly high: number }> {
  const bounds = new Map<FactorName, { readonly low: number; readonly high: number }>();
  for (const factor of factorNames) {
    const [low, high] = [names.indexOf(`${factor}_low`), names.indexOf(`${factor}_high`)];
    if (low !== -1 && high !== -1) bounds.set(factor, { low, high });
  }
  return bounds;
}

/** Names that perbench's own files have beside those that are read back. */
function isOwnColumn(name: string): boolean {
  return (
    ignoredHeadings.has(name) ||
    /^(factor|per|rank_|correct_per|output_tokens|tokens_per_answer|time|latency_p\d|memory_|energy_|price_|goodput|offered_rate|load_latency|concurrency|rounds|thinking_|budget_cut|content_filtered)/u.test(
      name,
    )
  );
}

/**
 * Finds the columns of a table by their headings; upper and lower case, spaces and hyphens don't matter.
 *
 * @param problems takes what is wrong with the headings
 */
export function tableLayout(headings: readonly string[], problems: TableProblem[]): TableLayout {
  const names = headings.map((heading) => heading.toLowerCase().replaceAll(/[\s-]+/gu, '_'));
  const factors = new Map<FactorName, FactorHeading & { readonly index: number }>();
  const identities = new Map<IdentityName, number>();
  const bounds = findBounds(names);
  const notes: string[] = [];
  let ignored = 0;
  const bounded = new Set([...bounds.values()].flatMap(({ low, high }) => [low, high]));
  for (const [index, name] of names.entries()) {
    const factor = Object.hasOwn(factorHeadings, name) ? factorHeadings[name] : undefined;
    const identity = identityNames.find((candidate) =>
      (identityHeadings[candidate] as readonly string[]).includes(name),
    );
    const isTwice =
      (factor !== undefined && factors.has(factor.factor)) || (identity !== undefined && identities.has(identity));
    if (isTwice) {
      const message = `is a second column for ${factor?.factor ?? identity}; keep one`;
      problems.push({ line: 1, column: headings[index], message });
    } else if (factor !== undefined) factors.set(factor.factor, { ...factor, index });
    else if (identity !== undefined) identities.set(identity, index);
    else if (!bounded.has(index) && !isOwnColumn(name)) {
      ignored += 1;
      if (ignored <= namedIgnored) notes.push(ignoredNote(headings[index] ?? '', name));
    }
    if (factor?.factor === 'memory' && /^mem(ory)?(_[mg]b)?$/u.test(name))
      notes.push(memoryNote(headings[index] ?? '', name));
  }
  if (ignored > namedIgnored)
    notes.push(`${(ignored - namedIgnored).toLocaleString('en-US')} more columns are ignored`);
  for (const wanted of ['model', ...factorNames] as const) {
    const isThere = wanted === 'model' ? identities.has('model') : factors.has(wanted);
    if (!isThere) problems.push({ line: 1, column: undefined, message: missingMessage(wanted, headings) });
  }
  return { headings, factors, identities, bounds, notes };
}

/** Columns that notes name each. */
const namedIgnored = 12;

function ignoredNote(heading: string, name: string): string {
  const near = nearestName(name, readable);
  return `column "${heading}" is ignored${near === undefined ? '' : `; did you mean "${near}"?`}`;
}

function memoryNote(heading: string, name: string): string {
  const unit = name.endsWith('_gb') ? 'GiB (2^30 bytes)' : 'MiB (2^20 bytes)';
  return `"${heading}" is read as ${unit}; use memory_bytes to be explicit`;
}

function missingMessage(wanted: FactorName | 'model', headings: readonly string[]): string {
  const accepted =
    wanted === 'model'
      ? identityHeadings.model
      : Object.keys(factorHeadings).filter((name) => factorHeadings[name]?.factor === wanted);
  return `expected a column for ${wanted} (${accepted.join(', ')}); the table has ${namesText(headings)}`;
}
