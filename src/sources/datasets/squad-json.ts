import { DataError } from '../../core/errors.ts';
import { decodeText } from './dataset-file.ts';
import type { RawRow } from './raw-row.ts';

/**
 * Questions of an official SQuAD 2.0 file (`data[].paragraphs[].qas[]`) as rows in file order, each with the title and
 * passage it belongs to. `line` is the number of the question.
 *
 * @throws {DataError} if the file isn't JSON, or has no list where the format has one
 */
export function* squadJsonRows(file: string, content: Uint8Array): Generator<RawRow, void, void> {
  let line = 0;
  for (const [article, articleKey] of entries(file, parse(file, content), 'data', '')) {
    for (const [paragraph, paragraphKey] of entries(file, article, 'paragraphs', articleKey)) {
      for (const [question, keyPrefix] of entries(file, paragraph, 'qas', paragraphKey)) {
        line += 1;
        const shared = { title: member(article, 'title'), context: member(paragraph, 'context') };
        const value = typeof question === 'object' && question !== null ? { ...question, ...shared } : question;
        yield { value, file, line, keyPrefix };
      }
    }
  }
}

function parse(file: string, content: Uint8Array): unknown {
  try {
    return JSON.parse(decodeText(content, file));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new DataError(`${file}: not valid JSON: ${error.message}`, {
      hint: 'Fetch the file again: it seems to be cut off or damaged.',
      cause: error,
    });
  }
}

function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[key] : undefined;
}

function entries(file: string, parent: unknown, key: string, prefix: string): readonly (readonly [unknown, string])[] {
  const at = prefix === '' ? key : `${prefix}.${key}`;
  const list = member(parent, key);
  if (!Array.isArray(list)) {
    throw new DataError(`${file}: \`${at}\` must be a list, as in an official SQuAD 2.0 file`);
  }
  return list.map((value: unknown, index) => [value, `${at}[${index}]`] as const);
}
