/** One reading of electric power. */
export interface PowerReading {
  readonly atMs: number;
  readonly watts: number;
}

/** Longest time between readings over which power may be taken to go in a straight line. */
export const longestGapMs = 3_000;

export type IntegratedEnergy = { readonly joules: number } | { readonly gap: string };

function wattsAt(readings: readonly PowerReading[], atMs: number): number | undefined {
  const after = readings.findIndex((reading) => reading.atMs >= atMs);
  const right = readings[after];
  if (right === undefined) return undefined;
  if (right.atMs === atMs || after === 0) return right.watts;
  const left = readings[after - 1];
  if (left === undefined) return undefined;
  return left.watts + ((right.watts - left.watts) * (atMs - left.atMs)) / (right.atMs - left.atMs);
}

/**
 * Energy over a window by trapezoids between readings of power, with straight lines to the window's edges.
 *
 * @param readings ascending in time; those around the window too
 * @returns a gap instead of a number where readings are missing: energy over a hole would be a guess
 */
export function integratePower(readings: readonly PowerReading[], fromMs: number, toMs: number): IntegratedEnergy {
  const inside = readings.filter(({ atMs }) => atMs > fromMs && atMs < toMs);
  const before = readings.findLast(({ atMs }) => atMs <= fromMs);
  const after = readings.find(({ atMs }) => atMs >= toMs);
  // A tool's last reading before the end stands for the rest, if it is recent.
  const first = before ?? inside[0];
  const last = after ?? inside.at(-1) ?? before;
  if (first === undefined || last === undefined) return { gap: 'no readings of power in the window' };
  const points: PowerReading[] = [
    { atMs: fromMs, watts: before === undefined ? first.watts : (wattsAt(readings, fromMs) ?? first.watts) },
    ...inside,
    { atMs: toMs, watts: after === undefined ? last.watts : (wattsAt(readings, toMs) ?? last.watts) },
  ];
  const stamps = [before?.atMs ?? fromMs, ...inside.map(({ atMs }) => atMs), after?.atMs ?? toMs];
  for (const [index, atMs] of stamps.slice(1).entries()) {
    const gapMs = atMs - (stamps[index] ?? atMs);
    if (gapMs > longestGapMs) return { gap: `no reading of power for ${(gapMs / 1000).toFixed(1)} s` };
  }
  let joules = 0;
  for (const [index, right] of points.slice(1).entries()) {
    const left = points[index] ?? right;
    joules += ((left.watts + right.watts) / 2) * ((right.atMs - left.atMs) / 1000);
  }
  return { joules };
}
