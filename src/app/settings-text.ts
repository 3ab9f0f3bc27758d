import { ConfigError, DataError } from '../core/errors.ts';
import { isLfsPointer, lfsPointer } from '../sources/datasets/lfs-pointer.ts';
import { brokenUtf8Line, decodeText, encodingNames } from '../sources/datasets/decode-text.ts';

/** The text of a file of settings, without a byte order mark. */
export interface SettingsText {
  /** As far as it could be decoded. */
  readonly text: string;
  /** Why it is not to be read; undefined for UTF-8. */
  readonly problem: ConfigError | undefined;
}

/**
 * Decodes a file of settings, such as a task file: UTF-8 alone, since what is decoded wrongly would stand in prompts.
 *
 * @param file as errors name it
 */
export function decodeSettings(bytes: Buffer<ArrayBuffer>, file: string): SettingsText {
  const hint = isLfsPointer(bytes) ? lfsPointer.hint : 'Save the file as UTF-8.';
  try {
    const { utf8, encoding } = decodeText(bytes, file);
    const text = utf8.toString('utf8');
    if (encoding === 'utf-8') return { text, problem: undefined };
    const name = encodingNames[encoding];
    const at = encoding === 'windows-1252' ? { file, line: brokenUtf8Line(bytes) } : { file };
    const what = encoding === 'windows-1252' ? `not UTF-8, but ${name} as it seems` : `in ${name}, not in UTF-8`;
    return { text, problem: new ConfigError(at, what, { hint }) };
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    const message = error.message.replace(`${file}:`, '').trim();
    const [, line, what = message] = /^(\d+): (.*)$/su.exec(message) ?? [];
    const at = line === undefined ? { file } : { file, line: Number(line) };
    return { text: bytes.toString('utf8'), problem: new ConfigError(at, what, { hint, cause: error }) };
  }
}

/** @throws {ConfigError} if it isn't UTF-8 */
export function settingsText(bytes: Buffer<ArrayBuffer>, file: string): string {
  const { text, problem } = decodeSettings(bytes, file);
  if (problem !== undefined) throw problem;
  return text;
}
