import { isUtf8 } from 'node:buffer';
import { percentText } from '../../core/amount-text.ts';
import { DataError } from '../../core/errors.ts';
import { shortList } from '../../core/row-places.ts';
import { isLfsPointer, lfsPointer } from './lfs-pointer.ts';
import type { TextEncodingName } from '../../core/task-definition.ts';

export interface DecodedText {
  /** The text in UTF-8, without a byte order mark. */
  readonly utf8: Buffer<ArrayBuffer>;
  readonly encoding: TextEncodingName;
  /** One sentence where the file isn't plain UTF-8. */
  readonly notes: readonly string[];
  /** Of what an earlier conversion lost, one sentence. */
  readonly warnings: readonly string[];
}

export const encodingNames: Readonly<Record<TextEncodingName, string>> = {
  'utf-8': 'UTF-8',
  'utf-16le': 'UTF-16 (little-endian)',
  'utf-16be': 'UTF-16 (big-endian)',
  'windows-1252': 'Windows-1252',
};

/** Lines that a message names; the rest are counted. */
export const namedLines = 10;

const lineFeed = 10;
const carriageReturn = 13;

/** Tells lines of ascending positions in a text; each byte is looked at once. CRLF, LF and CR each end one line. */
export function lineCounter(bytes: Uint8Array): (position: number) => number {
  let [reached, line] = [0, 1];
  return (position) => {
    for (; reached < position; reached += 1) {
      const byte = bytes[reached];
      if (byte === lineFeed || (byte === carriageReturn && bytes[reached + 1] !== lineFeed)) line += 1;
    }
    return line;
  };
}

/** Lines that hold these bytes, each once. */
function linesWith(bytes: Buffer, wanted: string): readonly number[] {
  const lineAt = lineCounter(bytes);
  const lines = new Set<number>();
  for (let at = bytes.indexOf(wanted); at !== -1; at = bytes.indexOf(wanted, at + 1)) lines.add(lineAt(at));
  return [...lines];
}

/**
 * Reads the bytes of a text file; no byte is ever replaced silently. The encoding is the given one, else that of the
 * byte order mark, else UTF-16 where every other byte of the start is mostly zero, else UTF-8 where the bytes are that,
 * else Windows-1252, unless no fewer characters are UTF-8 than aren't: then the file is UTF-8 and damaged.
 *
 * @param file name for messages
 * @throws {DataError} if bytes don't fit the encoding, with the line, or if there are zero bytes
 */
export function decodeText(
  bytes: Uint8Array<ArrayBuffer>,
  file: string,
  { encoding: given, isSettable = false }: DecodeOptions = {},
): DecodedText {
  try {
    return decoded(bytes, file, given, isSettable);
  } catch (error) {
    if (isSettable || !(error instanceof DataError) || error.hint?.includes('encoding') !== true) throw error;
    throw new DataError(error.message, { hint: saveAsUtf8, cause: error });
  }
}

export interface DecodeOptions {
  readonly encoding?: TextEncodingName | undefined;
  /** Whether the user can set an encoding for the file; default false. */
  readonly isSettable?: boolean;
}

const saveAsUtf8 = 'Save the file as UTF-8.';

function decoded(
  bytes: Uint8Array<ArrayBuffer>,
  file: string,
  given: TextEncodingName | undefined,
  isSettable: boolean,
): DecodedText {
  const raw = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isLfsPointer(raw)) throw new DataError(`${file}: ${lfsPointer.what}`, { hint: lfsPointer.hint });
  if (isUtf32(raw)) throw new DataError(`${file}: in UTF-32, which is not read`, { hint: saveAsUtf8 });
  const mark = byteOrderMark(raw);
  const encoding = given ?? mark?.encoding ?? encodingOf(raw, file);
  if (given !== undefined) refuseNarrow(raw, given, file);
  const body = mark?.encoding === encoding ? raw.subarray(mark.bytes) : raw;
  const utf8 = asUtf8(body, encoding, file, given === undefined ? '' : ', the given encoding');
  refuseZeros(utf8, file);
  const lost = linesWith(utf8, '\u{FFFD}');
  return {
    utf8,
    encoding,
    notes: encodingNotes(file, encoding, { isGiven: given !== undefined, hasMark: mark !== undefined, isSettable }),
    warnings:
      lost.length === 0
        ? []
        : [
            `${file}:${shortList(lost, namedLines)}: holds the replacement character U+FFFD: an earlier conversion has lost characters there`,
          ],
  };
}

function encodingNotes(
  file: string,
  encoding: TextEncodingName,
  { isGiven, hasMark, isSettable }: Readonly<Record<'isGiven' | 'hasMark' | 'isSettable', boolean>>,
): readonly string[] {
  if (encoding === 'utf-8') return [];
  if (isGiven) return [`${file}: read as ${encodingNames[encoding]}, as set`];
  if (encoding === 'windows-1252') {
    return [
      `${file}: read as Windows-1252, since it is not UTF-8; ${isSettable ? 'set encoding' : 'save it as UTF-8'} if that is wrong`,
    ];
  }
  const why = hasMark ? 'as its byte order mark says' : 'since every other byte is mostly zero';
  return [`${file}: read as ${encodingNames[encoding]}, ${why}`];
}

/** Separators and line breaks have a zero byte in UTF-16: bytes without any that are UTF-8 are that. */
function refuseNarrow(raw: Buffer, given: TextEncodingName, file: string): void {
  if (!given.startsWith('utf-16') || raw.length === 0 || raw.includes(0) || !isUtf8(raw)) return;
  throw new DataError(`${file}: not ${encodingNames[given]}, the given encoding, but ${encodingNames['utf-8']}`, {
    hint: 'Leave encoding out, or set utf-8.',
  });
}

/** Characters of four bytes each, of which the upper two are zero in nearly all text. */
function isUtf32(raw: Buffer): boolean {
  const start = raw.subarray(0, Math.min(raw.length - (raw.length % 4), 1024));
  if (start.length < 8) return false;
  const isZeroAt = (first: number): boolean => {
    for (let at = first; at < start.length; at += 4) if (start[at] !== 0 || start[at + 1] !== 0) return false;
    return start.some((byte) => byte !== 0);
  };
  return isZeroAt(0) || isZeroAt(2);
}

function byteOrderMark(raw: Buffer): { readonly encoding: TextEncodingName; readonly bytes: number } | undefined {
  if (raw[0] === 0xef && raw[1] === 0xbb && raw[2] === 0xbf) return { encoding: 'utf-8', bytes: 3 };
  if (raw[0] === 0xff && raw[1] === 0xfe) return { encoding: 'utf-16le', bytes: 2 };
  if (raw[0] === 0xfe && raw[1] === 0xff) return { encoding: 'utf-16be', bytes: 2 };
  return undefined;
}

function encodingOf(raw: Buffer, file: string): TextEncodingName {
  const wide = wideEncoding(raw.subarray(0, 8192));
  if (wide !== undefined) return wide;
  if (isUtf8(raw)) return 'utf-8';
  const text = raw.toString('utf8');
  let [broken, fitting] = [0, 0];
  // Counted one by one: a list of millions of matches would need more memory than the file.
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0xfffd) broken += 1;
    else if (code > 0x7f) fitting += 1;
  }
  if (fitting >= broken) {
    throw new DataError(`${file}:${brokenUtf8Line(raw)}: not valid UTF-8, though the rest of the file is`, {
      hint: 'Repair the line, or set encoding if the file has another one.',
    });
  }
  refuseBinary(raw, file);
  return 'windows-1252';
}

const looksAt = 65_536;

/** Of random bytes one in ten is a control character that no text has; of text none is. */
function refuseBinary(raw: Buffer, file: string): void {
  const start = raw.subarray(0, looksAt);
  const controls = start.filter(
    (byte) => byte < 32 && byte !== 9 && byte !== lineFeed && byte !== 12 && byte !== carriageReturn && byte !== 27,
  ).length;
  if (controls * 50 < start.length) return;
  throw new DataError(
    `${file}: not a text file: ${percentText(controls / start.length)} of its bytes are control characters`,
    {
      hint: 'Use a file with rows of text, such as a CSV file.',
    },
  );
}

/** UTF-16 without a mark: text of most scripts has many zeros in one half of its bytes and none in the other. */
function wideEncoding(start: Buffer): TextEncodingName | undefined {
  let [even, odd] = [0, 0];
  for (const [index, byte] of start.entries()) {
    if (byte !== 0) continue;
    if (index % 2 === 0) even += 1;
    else odd += 1;
  }
  const [most, least] = [Math.max(even, odd), Math.min(even, odd)];
  if (most < 0.05 * start.length || most < 2 || least > 0.05 * most) return undefined;
  return odd > even ? 'utf-16le' : 'utf-16be';
}

/** 1-based line of the first byte that is not UTF-8. */
export function brokenUtf8Line(raw: Buffer): number {
  // What can't be read comes back as the bytes of U+FFFD.
  const again = Buffer.from(raw.toString('utf8'), 'utf8');
  let at = 0;
  while (at < raw.length && raw[at] === again[at]) at += 1;
  return lineCounter(raw)(at);
}

/** The five bytes without a character in Windows-1252. */
const undefinedBytes = [0x81, 0x8d, 0x8f, 0x90, 0x9d];

function asUtf8(body: Buffer<ArrayBuffer>, encoding: TextEncodingName, file: string, why: string): Buffer<ArrayBuffer> {
  const refuse = (line: number, what: string): DataError =>
    new DataError(`${file}:${line}: ${what} is not valid ${encodingNames[encoding]}${why}`, {
      hint: 'Save the file as UTF-8, or set the encoding that it has.',
    });
  if (encoding === 'utf-8') {
    if (!isUtf8(body)) throw refuse(brokenUtf8Line(body), 'a byte');
    return body;
  }
  if (encoding === 'windows-1252') {
    const bad = undefinedBytes.map((byte) => body.indexOf(byte)).filter((at) => at !== -1);
    const first = Math.min(...bad);
    if (bad.length > 0) throw refuse(lineCounter(body)(first), `byte 0x${body[first]?.toString(16)}`);
    return Buffer.from(new TextDecoder('windows-1252').decode(body), 'utf8');
  }
  const units = body.subarray(0, body.length - (body.length % 2));
  const text = (encoding === 'utf-16le' ? units : Buffer.from(units).swap16()).toString('utf16le');
  const lines = (until: string): number => until.split(/\r\n|\n|\r/u).length;
  if (units.length !== body.length) throw refuse(lines(text), 'an odd number of bytes');
  if (!text.isWellFormed()) {
    const whole = text.toWellFormed();
    let at = 0;
    while (text[at] === whole[at]) at += 1;
    throw refuse(lines(text.slice(0, at)), 'half a surrogate pair');
  }
  return Buffer.from(text, 'utf8');
}

function refuseZeros(utf8: Buffer, file: string): void {
  const at = utf8.indexOf(0);
  if (at === -1) return;
  throw new DataError(`${file}:${lineCounter(utf8)(at)}: holds a zero byte, so it is no text`, {
    hint: 'Export the data as text again; for UTF-16 set the encoding.',
  });
}
