import { promptLengths } from './item-work.ts';
import { type PlannedTask, randomPositions, shuffledOrder } from './plan.ts';

/** An item that a latency pass asks. */
export interface PanelItem {
  readonly position: number;
  /** Items of the benchmark that it stands for. */
  readonly weight: number;
}

/** 0 to `count` - 1 in the order of van der Corput's sequence: any beginning is spread evenly over the whole. */
export function spreadOrder(count: number): readonly number[] {
  const order = new Set<number>();
  for (let index = 1; order.size < count; index += 1) {
    let [fraction, digit] = [0, 0.5];
    for (let rest = index; rest > 0; rest = Math.floor(rest / 2), digit /= 2) fraction += (rest % 2) * digit;
    order.add(Math.floor(fraction * count));
  }
  return [...order];
}

/**
 * The items whose latency is measured: the same ones for every model in every launch, so that models differ by what they
 * are, not by what they were asked. Items are ordered by the length of their prompts and cut into so many equal parts;
 * one of each part is drawn, by the seed and the task alone.
 *
 * @param size items at most
 * @returns in the order in which they are asked: however soon it ends, short and long prompts are asked alike
 */
export function latencyPanel(planned: PlannedTask, size: number, seed: number): readonly PanelItem[] {
  const lengths = promptLengths(planned);
  const sorted = planned.order.toSorted(
    (left, right) => (lengths.get(left) ?? 0) - (lengths.get(right) ?? 0) || left - right,
  );
  const parts = Math.min(size, sorted.length);
  const draw = randomPositions(seed, 'latency panel', planned.task.id);
  const panel = Array.from({ length: parts }, (_, part): PanelItem => {
    const [from, to] = [part, part + 1].map((edge) => Math.floor((edge * sorted.length) / parts)) as [number, number];
    return { position: sorted[from + draw.below(to - from)] ?? 0, weight: to - from };
  });
  return spreadOrder(parts).map((part) => panel[part] as PanelItem);
}

/** The panel, then all other items in a random order: what a race asks that needs more requests. */
export function panelAndRest(planned: PlannedTask, size: number, seed: number): readonly PanelItem[] {
  const panel = latencyPanel(planned, size, seed);
  const inPanel = new Set(panel.map(({ position }) => position));
  const weight = planned.order.length / panel.length;
  const rest = shuffledOrder(planned.order, seed, 'latency', planned.task.id).filter(
    (position) => !inPanel.has(position),
  );
  return [...panel, ...rest.map((position) => ({ position, weight }))];
}
