import { arcRecord } from '../core/dataset-record.ts';

export interface ArcItem {
  readonly id: string;
  readonly question: string;
  /** Three to five texts in file order. */
  readonly choices: readonly string[];
  /** Position of the right choice. */
  readonly gold: number;
}

/** @throws {z.ZodError} or {RangeError} if the key isn't one of the labels, or there are more than five choices */
export function parseArcItem(record: unknown): ArcItem {
  const { id, question, choices, answerKey } = arcRecord.parse(record);
  const labels = choices.map(({ label }) => label);
  const gold = labels.indexOf(answerKey);
  if (gold === -1) throw new RangeError(`answerKey: must be one of ${labels.join(', ')}, got "${answerKey}"`);
  if (choices.length > 5) throw new RangeError(`choices: must be 2 to 5, got ${choices.length}`);
  return { id, question, choices: choices.map(({ text }) => text), gold };
}
