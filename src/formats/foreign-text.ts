import * as z from 'zod';
import { parsePythonJson, pythonJsonInside } from '../core/json-inside.ts';
import { ImportError } from '../core/errors.ts';
import { isTooDeep, tooDeepText } from '../core/too-deep.ts';
import { issueText } from '../core/schema-issue.ts';
import type { ForeignFile } from './format.ts';

/** Strings of V8 end a little above 512 MB; a JSON text has to be one. */
const maxTextBytes = 500_000_000;

const decoder = new TextDecoder('utf-8');

/** @throws {ImportError} if the file is too large to be one text */
function fileText({ name, bytes }: ForeignFile): string {
  if (bytes.length > maxTextBytes) {
    throw new ImportError({ file: name }, `expected at most ${maxTextBytes} bytes of JSON, got ${bytes.length}`, {
      hint: 'Leave the samples out, or write them as JSON lines.',
    });
  }
  return decoder.decode(bytes);
}

/** First characters, for a look at what a file is. */
export function fileHead({ bytes }: ForeignFile, length = 4096): string {
  return decoder.decode(bytes.subarray(0, length));
}

/** Whether a text stands anywhere in a file; not in files above 50 MB, where nobody would wait for a look. */
export function fileMentions({ bytes }: ForeignFile, text: string): boolean {
  return bytes.length < 50_000_000 && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(text);
}

/**
 * Parses JSON as Python writes it.
 *
 * @throws {ImportError} if it is none or too deep, with the file, and the line where one is known
 */
export function parseForeignJson(text: string, file: string, line?: number): unknown {
  const place = line === undefined ? { file } : { file, line };
  try {
    const value = parsePythonJson(text);
    if (isTooDeep(value)) throw new ImportError(place, tooDeepText);
    return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new ImportError(place, `expected JSON: ${error.message.replaceAll(/\s+/gu, ' ')}`, { cause: error });
  }
}

/** The JSON object of a file. */
export function fileJson(file: ForeignFile): unknown {
  return parseForeignJson(fileText(file), file.name);
}

/** The lines of a JSON lines file, parsed one by one; empty lines are left out. */
export function* jsonLines({
  name,
  bytes,
}: ForeignFile): Generator<{ readonly line: number; readonly value: unknown }> {
  let start = 0;
  for (let line = 1; start < bytes.length; line += 1) {
    const found = bytes.indexOf(0x0a, start);
    const end = found === -1 ? bytes.length : found;
    const text = decoder.decode(bytes.subarray(start, end)).trim();
    start = end + 1;
    if (text !== '') yield { line, value: parseForeignJson(text, name, line) };
  }
}

/** First line of a JSON lines file as an object, or undefined where it is none. */
export function firstJsonLine(file: ForeignFile): object | undefined {
  const end = file.bytes.indexOf(0x0a);
  if (end === -1 && file.bytes.length > maxTextBytes) return undefined;
  const text = decoder.decode(file.bytes.subarray(0, end === -1 ? undefined : end));
  const value = pythonJsonInside(text);
  return typeof value === 'object' && value !== null ? value : undefined;
}

/**
 * Checks a value that another program wrote.
 *
 * @param expected what the value should be, for the message
 * @throws {ImportError} with the first key that doesn't fit
 */
export function parseForeign<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  at: { readonly file: string; readonly line?: number | undefined },
  expected: string,
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const key = issue?.path.map(String).join('.') ?? '';
  const place = at.line === undefined ? { file: at.file } : { file: at.file, line: at.line };
  throw new ImportError(key === '' ? place : { ...place, key }, `expected ${expected}: ${issueText(issue)}`);
}

/**
 * The id under which results of another program's task are kept here.
 *
 * @param protocol with its version, such as `eee@0`
 */
export function foreignTaskId(name: string, protocol: string): string {
  return `${name.toLowerCase().replaceAll(/[^a-z0-9_-]+/gu, '_')}/${protocol}`;
}

/** What files carry of a sample for perbench alone, beside the places of their own formats. */
export const ownFields = {
  position: z.number(),
  promptSha256: z.string(),
  metrics: z.record(z.string(), z.number()),
  detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  isUnparsed: z.boolean(),
  isTruncated: z.boolean(),
  cut: z.enum(['budget_cut', 'content_filter']).optional(),
  thoughts: z.string().optional(),
  thinkingTokens: z.number().optional(),
  failure: z
    .object({ reason: z.enum(['prompt_too_long', 'template', 'engine', 'scorer']), message: z.string() })
    .optional(),
  cluster: z.string().optional(),
  times: z
    .object({
      scheduledMs: z.number(),
      startedMs: z.number(),
      firstTokenMs: z.number().optional(),
      lastTokenMs: z.number(),
    })
    .optional(),
} as const;
