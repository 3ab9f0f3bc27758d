import { type RawBuilder, sql } from 'kysely';

/** Whether a column contains some words, in any case, with the characters that mean something to LIKE taken as they are. */
export function containing(column: string, words: string): RawBuilder<boolean> {
  const pattern = `%${words.toLowerCase().replaceAll(/[!%_]/g, (character) => `!${character}`)}%`;
  return sql<boolean>`lower(${sql.ref(column)}) like ${pattern} escape '!'`;
}
