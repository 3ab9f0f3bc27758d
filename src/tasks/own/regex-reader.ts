import { createContext, runInContext } from 'node:vm';
import { ScorerError } from '../../core/errors.ts';
import { settingError, type SettingSource } from './setting-error.ts';

/** Characters of an answer that are searched: patterns are for the start of a text, not for a whole book. */
const mostCharacters = 20_000;
/** Milliseconds; what takes longer goes through the same text again and again. */
const mostTime = 500;

/** Finds the first group of a pattern, else all of its first match; undefined where nothing matches. */
export type RegexReader = (text: string) => string | undefined;

/**
 * A pattern as JavaScript has it, with `^` and `$` at every line.
 *
 * @throws {ConfigError} if it is none; {ScorerError} from the reader if it takes too long
 */
export function createRegexReader(pattern: string, file: SettingSource): RegexReader {
  let compiled: RegExp;
  try {
    compiled = new RegExp(pattern, 'mu');
  } catch (error) {
    throw settingError(file, 'score.regex', error instanceof Error ? error.message : String(error));
  }
  // Patterns can take time that doubles with every character; only a context of its own can be stopped.
  const context = createContext({ text: '', compiled, found: undefined as unknown });
  return (text) => {
    context['text'] = text.slice(0, mostCharacters);
    try {
      runInContext('found = compiled.exec(text)', context, { timeout: mostTime });
    } catch (error) {
      throw new ScorerError(
        `the pattern ${pattern} takes more than ${mostTime} ms on an answer of ${text.length} characters`,
        {
          hint: 'Write it without repeats inside repeats, such as (a+)+.',
          cause: error,
        },
      );
    }
    const found = context['found'] as RegExpExecArray | null;
    return found === null ? undefined : (found[1] ?? found[0]);
  };
}
