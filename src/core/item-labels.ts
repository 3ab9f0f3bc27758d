import type { ItemScore } from './task.ts';

/** Of an item whose answer is one of few: the right label, and the one that was given. */
export interface ItemLabels {
  readonly right: string;
  /** Undefined where none could be read. */
  readonly given: string | undefined;
}

/** Positions are counted from 0 in data and from 1 by people. */
function readLabel(value: string | number | boolean | undefined): string | undefined {
  if (typeof value === 'number') return `choice ${value + 1}`;
  return typeof value === 'string' ? value : undefined;
}

/** The detail `gold` is the right label, `predicted` (else the answer) the given one; undefined without the former. */
export function itemLabels({
  answer,
  detail,
  isUnparsed,
}: Pick<ItemScore, 'answer' | 'detail' | 'isUnparsed'>): ItemLabels | undefined {
  const right = readLabel(detail?.['gold']);
  if (right === undefined) return undefined;
  return { right, given: isUnparsed ? undefined : (readLabel(detail?.['predicted']) ?? answer) };
}
