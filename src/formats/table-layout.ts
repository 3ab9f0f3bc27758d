import type { TableProblem } from '../core/errors.ts';
import { nearestName } from '../core/nearest-name.ts';
import { factorNames, type FactorName } from '../scoring/factor.ts';
import { factorHeadings, identityHeadings, ignoredHeadings, type FactorHeading } from './table-columns.ts';

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
    /^(factor|per|rank_|correct_per|output_tokens|time|latency_p\d|memory_|energy_|price_|goodput|load_latency|concurrency)/u.test(
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
    else if (!bounded.has(index) && !isOwnColumn(name)) notes.push(ignoredNote(headings[index] ?? '', name));
    if (factor?.factor === 'memory' && /^mem(ory)?(_[mg]b)?$/u.test(name))
      notes.push(memoryNote(headings[index] ?? '', name));
  }
  for (const wanted of ['model', ...factorNames] as const) {
    const isThere = wanted === 'model' ? identities.has('model') : factors.has(wanted);
    if (!isThere) problems.push({ line: 1, column: undefined, message: missingMessage(wanted, headings) });
  }
  return { headings, factors, identities, bounds, notes };
}

function ignoredNote(heading: string, name: string): string {
  const near = nearestName(name, readable);
  return `column "${heading}" is not read${near === undefined ? '' : `; did you mean "${near}"?`}`;
}

function memoryNote(heading: string, name: string): string {
  const unit = name.endsWith('_gb') ? 'GiB (2^30 bytes)' : 'MiB (2^20 bytes)';
  return `"${heading}" is read as ${unit}; memory_bytes leaves no doubt`;
}

function missingMessage(wanted: FactorName | 'model', headings: readonly string[]): string {
  const accepted =
    wanted === 'model'
      ? identityHeadings.model
      : Object.keys(factorHeadings).filter((name) => factorHeadings[name]?.factor === wanted);
  return `expected a column for ${wanted} (${accepted.join(', ')}); the table has ${headings.join(', ')}`;
}
