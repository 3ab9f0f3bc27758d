import { gsm8kRecord } from '../core/dataset-record.ts';
import { rowId } from './item-id.ts';

export interface Gsm8kItem {
  readonly id: string;
  readonly question: string;
  /** Worked solution as published, with `<<…>>` notes and the last line `#### <number>`. */
  readonly solution: string;
  /** The final number as text, group commas removed. */
  readonly answer: string;
}

/** @throws {z.ZodError} or {RangeError} if the record has no final number */
export function parseGsm8kItem(record: unknown, position: number): Gsm8kItem {
  const { question, answer: solution } = gsm8kRecord.parse(record);
  const answer = /#### (-?[\d,]*\.?\d+)\s*$/u.exec(solution)?.[1]?.replaceAll(',', '');
  if (answer === undefined) throw new RangeError('answer: must be text that ends with a line "#### <number>"');
  return { id: rowId(position, question), question, solution, answer };
}
