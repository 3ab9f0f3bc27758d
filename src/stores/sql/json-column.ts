import { StoreError } from '../../core/errors.ts';

/**
 * Reads a JSON column. Callers trust its type: only this program writes them, and migrations keep them current.
 *
 * @param place table, column and key, for the message
 * @throws {StoreError} if the text isn't JSON
 */
export function readJson(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new StoreError(`the store is damaged: ${place} holds no JSON`, {
      hint: 'Restore the store from a copy, or delete this run.',
      cause,
    });
  }
}
