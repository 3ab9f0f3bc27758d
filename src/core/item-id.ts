import { createHash } from 'node:crypto';

/** First `digits` hexadecimal digits of the sha256 of a text's UTF-8 bytes. */
export function contentHash(text: string, digits: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, digits);
}

/**
 * Id of a row in a data set that has none: its position in the published file and a hash of its text, so that a file
 * with rows missing or in another order never passes for the published one.
 */
export function rowId(position: number, text: string): string {
  return `${String(position).padStart(5, '0')}-${contentHash(text, 8)}`;
}
