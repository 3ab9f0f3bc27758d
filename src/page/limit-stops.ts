import { limitKind, parseBound } from '../core/limits.ts';
import { sizes } from '../core/quantities.ts';
import { pricePerThousand } from '../scoring/efficiency.ts';
import { valueOf, type Scoreboard } from '../scoring/scoreboard.ts';
import type { PageLimit } from './settings.ts';

/** Where a slider of a limit can stand; undefined is no limit, and is always one end. */
export type LimitStops = readonly (number | undefined)[];

const mantissas = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8] as const;
const hundredths = Array.from({ length: 100 }, (_, index) => (index + 1) / 100);

/** Units in which bounds are round, with the decades below 1 that make sense in the smallest. */
const roundUnits = {
  maxMemory: { units: sizes.filter(([name]) => name.endsWith('iB')).map(([, size]) => size), decades: 0 },
  maxLatency: { units: [60_000, 1000, 1], decades: -3 },
  maxPrice: { units: [1], decades: -9 },
} as const satisfies Partial<Record<PageLimit, { readonly units: readonly number[]; readonly decades: number }>>;

/** Every round bound up to the largest that a limit takes, ascending. */
function roundBounds(name: keyof typeof roundUnits): readonly number[] {
  const { units, decades } = roundUnits[name];
  const ascending = units.toReversed();
  return ascending.flatMap((unit, index) => {
    const next = ascending[index + 1] ?? limitKind(name).max;
    const powers = Array.from({ length: 40 }, (_, power) => power + (index === 0 ? decades : 0));
    return powers
      .flatMap((power) => mantissas.map((mantissa) => Number(`${mantissa}e${power}`) * unit))
      .filter((bound) => bound < next);
  });
}

/** What the models have of what a limit is on. */
function valuesOf(boards: readonly Scoreboard[], name: PageLimit, pricePerHour: number | undefined): readonly number[] {
  const { metric } = limitKind(name);
  return boards
    .flatMap(({ rows }) =>
      rows.map(({ measurements }) => {
        if (name !== 'maxPrice' || pricePerHour === undefined) return metric && valueOf(measurements[metric]);
        const { throughput } = measurements;
        const rate = throughput?.status !== 'unavailable' && throughput?.unit === 'items/s' ? throughput.value : 0;
        return rate > 0 ? pricePerThousand(rate, pricePerHour) : undefined;
      }),
    )
    .filter((value) => value !== undefined && Number.isFinite(value) && value > 0) as number[];
}

/**
 * Stops from a limit that only the best model keeps to one that all keep.
 *
 * @returns undefined where no model has what the limit is on
 */
export function limitStops(
  boards: readonly Scoreboard[],
  name: PageLimit,
  pricePerHour: number | undefined,
): LimitStops | undefined {
  const values = valuesOf(boards, name, pricePerHour);
  if (values.length === 0) return undefined;
  if (name === 'minAccuracy') return [undefined, ...hundredths];
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const bounds = roundBounds(name);
  const first = Math.max(
    0,
    bounds.findLastIndex((bound) => bound < least),
  );
  const last = bounds.findIndex((bound) => bound >= most);
  return [...bounds.slice(first, last === -1 ? undefined : last + 1), undefined];
}

/** Where the slider stands for a limit: at the first stop that is no stricter than a typed one. */
export function stopOf(stops: LimitStops, bound: number | undefined): number {
  if (bound === undefined) return stops.indexOf(undefined);
  const index = stops.findIndex((stop) => stop !== undefined && stop >= bound);
  return index === -1 ? stops.findLastIndex((stop) => stop !== undefined) : index;
}

/** What was typed as a limit: a bound, none where the field is empty, or what was expected instead. */
export function typedLimit(
  name: PageLimit,
  text: string,
): { readonly bound: number | undefined } | { readonly expected: string } {
  if (text.trim() === '') return { bound: undefined };
  const bound = parseBound(name, text);
  return bound === undefined ? { expected: limitKind(name).expected } : { bound };
}
