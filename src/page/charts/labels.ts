import type { VNode } from 'preact';
import { haloLabel, lineStep, polyline, svgElement, type ChartTheme } from './chart-frame.ts';
import { textExtent } from './text-extent.ts';

export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** A point that wants its name beside it. */
export interface LabelRequest {
  readonly x: number;
  readonly y: number;
  /** The name, in lines where it is long. */
  readonly lines: readonly string[];
  /** Larger is placed first. */
  readonly priority: number;
}

export interface PlacedLabel {
  /** Left end of the text. */
  readonly x: number;
  /** Baseline of the first line. */
  readonly y: number;
  readonly lines: readonly string[];
  readonly box: Box;
  /** A thin line from the point to a label that stands away from it. */
  readonly leader: readonly [readonly [number, number], readonly [number, number]] | undefined;
}

export interface LabelRoom {
  readonly bounds: Box;
  readonly fontSize: number;
  /** How far a marker reaches from its point. */
  readonly radius: number;
  /** Never covered: markers. */
  readonly obstacles: readonly Box[];
  /** Covered only where nothing else is free: interval bars, lines. */
  readonly lines: readonly Box[];
}

const ascent = 0.78;
const descent = 0.24;
/** Directions in order of preference, as multiples of half the text's size; right first, as people read. */
const directions = [
  [1, 0],
  [-1, 0],
  [0, -1],
  [0, 1],
  [1, -1],
  [1, 1],
  [-1, -1],
  [-1, 1],
] as const;
const rings = [0, 0.9, 1.8, 2.8, 3.8] as const;

function overlap(one: Box, other: Box): number {
  const width = Math.min(one.right, other.right) - Math.max(one.left, other.left);
  const height = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
  return width > 0 && height > 0 ? width * height : 0;
}

function isInside(box: Box, bounds: Box): boolean {
  return box.left >= bounds.left && box.right <= bounds.right && box.top >= bounds.top && box.bottom <= bounds.bottom;
}

/**
 * Finds places for labels, one after another: beside the point where that is free, else farther away with a leader, else
 * none. Labels never cover each other or a marker, and never leave the bounds.
 *
 * @returns as many as went in, in their order; undefined where there was no room
 */
export function placeLabels(requests: readonly LabelRequest[], room: LabelRoom): readonly (PlacedLabel | undefined)[] {
  const placed = new Map<LabelRequest, PlacedLabel>();
  const taken: Box[] = [...room.obstacles];
  for (const request of requests.toSorted((left, right) => right.priority - left.priority)) {
    const label = placeOne(request, room, taken);
    if (label === undefined) continue;
    placed.set(request, label);
    taken.push(label.box);
  }
  return requests.map((request) => placed.get(request));
}

function placeOne(request: LabelRequest, room: LabelRoom, taken: readonly Box[]): PlacedLabel | undefined {
  for (const ring of rings) {
    let best: { readonly label: PlacedLabel; readonly cost: number } | undefined;
    for (const [order, direction] of directions.entries()) {
      const label = candidate(request, direction, ring, room);
      if (!isInside(label.box, room.bounds) || taken.some((box) => overlap(box, label.box) > 0)) continue;
      if (label.leader !== undefined && crosses(label.leader, taken, request)) continue;
      const cost = room.lines.reduce((sum, line) => sum + overlap(line, label.box), 0) + order * 0.5;
      if (best === undefined || cost < best.cost) best = { label, cost };
    }
    if (best !== undefined) return best.label;
  }
  return undefined;
}

function candidate(
  { x, y, lines }: LabelRequest,
  [across, down]: readonly [number, number],
  ring: number,
  { fontSize, radius }: LabelRoom,
): PlacedLabel {
  const width = Math.max(...lines.map((line) => textExtent(line, fontSize)));
  const height = fontSize * (ascent + descent + lineStep * (lines.length - 1));
  const gap = radius + fontSize * (0.22 + ring);
  const length = Math.hypot(across, down);
  const centerX = x + (across / length) * gap + (across * width) / 2;
  const centerY = y + (down / length) * gap + (down * height) / 2;
  const box = {
    left: centerX - width / 2,
    right: centerX + width / 2,
    top: centerY - height / 2,
    bottom: centerY + height / 2,
  };
  const end = [Math.min(Math.max(x, box.left), box.right), Math.min(Math.max(y, box.top), box.bottom)] as const;
  const leader = ring === 0 ? undefined : ([[x, y], end] as const);
  return { x: box.left, y: box.top + fontSize * ascent, lines, box, leader };
}

/** Whether a leader runs through a marker or label that isn't its own. */
function crosses(
  [[startX, startY], [endX, endY]]: NonNullable<PlacedLabel['leader']>,
  taken: readonly Box[],
  { x, y }: LabelRequest,
): boolean {
  const others = taken.filter(({ left, right, top, bottom }) => !(x >= left && x <= right && y >= top && y <= bottom));
  const steps = 12;
  return Array.from({ length: steps }, (_, index) => (index + 1) / (steps + 1)).some((share) => {
    const [atX, atY] = [startX + (endX - startX) * share, startY + (endY - startY) * share];
    return others.some(({ left, right, top, bottom }) => atX > left && atX < right && atY > top && atY < bottom);
  });
}

export function squareAround(x: number, y: number, half: number): Box {
  return { left: x - half, right: x + half, top: y - half, bottom: y + half };
}

/** Boxes around the straight parts of a line whose parts are level or upright. */
export function segmentBoxes(corners: readonly (readonly [number, number])[]): Box[] {
  return corners.slice(1).map(([x, y], index) => {
    const [fromX, fromY] = corners[index] as readonly [number, number];
    return {
      left: Math.min(x, fromX) - 1,
      right: Math.max(x, fromX) + 1,
      top: Math.min(y, fromY) - 1,
      bottom: Math.max(y, fromY) + 1,
    };
  });
}

/** A label where {@link placeLabels} put it, with its leader. */
export function placedLabel(label: PlacedLabel, fontSize: number, color: string, theme: ChartTheme): VNode[] {
  const texts = label.lines.map((text, index) => {
    const y = label.y + index * fontSize * lineStep;
    return haloLabel(text, { x: label.x, y, 'font-size': fontSize, fill: color }, theme);
  });
  if (label.leader === undefined) return texts;
  const line = { d: polyline(label.leader), stroke: theme.muted, 'stroke-width': fontSize / 16 };
  return [svgElement('path', line), ...texts];
}
