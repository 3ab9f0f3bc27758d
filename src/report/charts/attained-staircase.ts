/** A point whose x costs or yields something and whose y is to be large. */
export interface FrontPoint {
  readonly x: number;
  readonly y: number;
}

/** Whether less or more of x is better. */
export type Direction = 'less' | 'more';

/** The points that no other beats in one of x and y without losing in the other, by rising y. */
export function frontPoints<Point extends FrontPoint>(points: readonly Point[], direction: Direction): Point[] {
  const sign = direction === 'less' ? -1 : 1;
  return points
    .filter(({ x, y }) =>
      points.every((other) => !(other.y >= y && sign * other.x >= sign * x && (other.y > y || other.x !== x))),
    )
    .toSorted((left, right) => left.y - right.y || left.x - right.x);
}

/**
 * The border of what the points attain: at each x the best accuracy that one of them has while being at least that
 * good in x.
 *
 * Where more is better it leads from the best x straight to the left at that point's own y, and up at the next point.
 * Going up first would promise combinations that nobody has.
 *
 * @param edges where the axes end: `floor` is the lowest y, `worst` the worst x
 * @returns corners from the best x to the worst; empty without points
 */
export function attainedStaircase(
  points: readonly FrontPoint[],
  direction: Direction,
  edges: { readonly floor: number; readonly worst: number },
): readonly (readonly [x: number, y: number])[] {
  const front = frontPoints(points, direction);
  const corners: (readonly [number, number])[] = [];
  let level = edges.floor;
  for (const { x, y } of front) {
    if (y > level || corners.length === 0) corners.push([x, level], [x, y]);
    level = y;
  }
  const last = front.at(-1);
  if (last !== undefined) corners.push([edges.worst, last.y]);
  return corners;
}
