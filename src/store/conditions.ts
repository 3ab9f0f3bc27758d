import { type RawBuilder, sql } from 'kysely';

/** Of cells that have not ended. */
export const openStates = ['pending', 'running'] as const;

/** Whether a column contains some words, in any case, with the characters that mean something to LIKE taken as they are. */
export function containing(column: string, words: string): RawBuilder<boolean> {
  const pattern = `%${words.toLowerCase().replaceAll(/[!%_]/g, (character) => `!${character}`)}%`;
  return sql<boolean>`lower(${sql.ref(column)}) like ${pattern} escape '!'`;
}

/** Whether a column has one of some values; of none, never. */
export function isOneOf(column: string, values: readonly string[]): RawBuilder<boolean> {
  return values.length === 0 ? sql<boolean>`1 = 0` : sql<boolean>`${sql.ref(column)} in (${sql.join(values)})`;
}
