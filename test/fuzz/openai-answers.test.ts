import { Readable } from 'node:stream';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { PerbenchError } from '../../src/core/errors.ts';
import { PassingFault } from '../../src/core/retry.ts';
import type { ReaderOptions } from '../../src/engines/served/completion-answer.ts';
import { exchange } from '../../src/engines/served/exchange.ts';
import { RequestFault } from '../../src/engines/served/request-fault.ts';
import type { ServerConnection } from '../../src/engines/served/server-connection.ts';
import { fuzzSetting, fuzzTimeoutMs } from '../setup/fuzz-setting.ts';

/** A connection whose server answers with these bytes, in these pieces. */
function answering(pieces: readonly Uint8Array[], type: string): ServerConnection {
  let nowMs = 0;
  return {
    baseUrl: 'http://127.0.0.1:1/v1',
    hangMs: 60_000,
    now: () => (nowMs += 1),
    send: async () => ({
      statusCode: 200,
      headers: { 'content-type': type },
      body: Readable.from(pieces),
      hangMs: 60_000,
      redact: (text: string) => text,
    }),
  } as unknown as ServerConnection;
}

/** What became of an answer: itself, or the error, which must be one that is expected of servers. */
async function outcome(pieces: readonly Uint8Array[], isStream: boolean, options: ReaderOptions): Promise<unknown> {
  const connection = answering(pieces, isStream ? 'text/event-stream' : 'application/json');
  const call = { path: '/chat/completions', body: { max_tokens: 32, stream: isStream }, prefill: '' } as const;
  try {
    const answer = await exchange(connection, call, '', options, new AbortController().signal);
    return answer;
  } catch (error) {
    const isExpected = error instanceof PerbenchError || error instanceof PassingFault || error instanceof RequestFault;
    if (!isExpected) throw error;
    return error.message;
  }
}

const usages = fc.constantFrom(
  undefined,
  { prompt_tokens: 9, completion_tokens: 3 },
  { prompt_tokens: 9, completion_tokens: 5, completion_tokens_details: { reasoning_tokens: 2 } },
);
const timings = fc.constantFrom(undefined, { prompt_n: 9, predicted_n: 3, cache_n: 2 });
const texts = fc.constantFrom('Yes', '', ' né 😀', '<think>', '</think>', '\n', '"\\u2028', 'NaN');
const finishes = fc.constantFrom('stop', 'length', 'content_filter', null, '');

const logprobs = fc.constantFrom(
  undefined,
  { content: [{ logprob: -0.5, top_logprobs: [] }] },
  { token_logprobs: [null, -1] },
);

const messages = fc.oneof(
  fc.record({ content: texts, reasoning_content: fc.option(texts, { nil: undefined }) }),
  fc.record({ content: fc.array(fc.record({ type: fc.constantFrom('text', 'thinking', 'refusal'), text: texts })) }),
);

const choice = (name: 'message' | 'delta') =>
  fc.oneof(
    fc.record({ index: fc.constant(0), [name]: messages, finish_reason: finishes, logprobs }),
    fc.record({ index: fc.constant(0), text: texts, finish_reason: finishes, logprobs }),
  );

const body = (name: 'message' | 'delta') =>
  fc.record({
    id: fc.constant('x'),
    model: fc.constant('m'),
    choices: fc.array(choice(name), { minLength: 1, maxLength: 1 }),
    usage: usages,
    timings,
  });

/** Values that no field should have. */
const wrong = fc.oneof(
  fc.constantFrom<unknown>(null, undefined, '', 'null', 0, -7, 1e308, 2.5, true, [], {}, [[]], [null], 'text'),
  fc.jsonValue({ maxDepth: 2 }),
);

/** Ways into a value, as many as it has. */
function pathsOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, own]) => pathsOf(own, [...path, key]))];
}

type Change = { readonly kind: 'drop' | 'twice' | 'retype'; readonly place: number; readonly value: unknown };

/** One field dropped, doubled (a list's entry), or of another type. */
function changed(whole: unknown, { kind, place, value }: Change): unknown {
  const copy = { root: structuredClone(whole) } as Record<string, unknown>;
  const paths = pathsOf(copy['root'], ['root']);
  const path = paths[place % paths.length] ?? ['root'];
  let parent: Record<string, unknown> = copy;
  for (const key of path.slice(0, -1)) parent = parent[key] as Record<string, unknown>;
  const key = path.at(-1) ?? 'root';
  if (kind === 'retype') parent[key] = value;
  else if (kind === 'twice' && Array.isArray(parent)) parent.push(structuredClone(parent[Number(key)]));
  else if (kind === 'twice') parent[`${key}2`] = structuredClone(parent[key]);
  else if (path.length > 1) delete parent[key];
  return copy['root'];
}

const changes = fc.array(
  fc.record({ kind: fc.constantFrom('drop', 'twice', 'retype'), place: fc.nat(), value: wrong }),
  { maxLength: 3 },
) as fc.Arbitrary<readonly Change[]>;

const limits = { budget: 4, maxTokens: 3, stop: [';'], isThoughtsOnly: false };
const options = fc.constantFrom<ReaderOptions>({}, { isAllAnswer: true }, { startsInside: 'unknown' }, { limits });

const encoder = new TextEncoder();

/** The bytes in pieces that end at these places. */
function cut(bytes: Uint8Array, places: readonly number[]): readonly Uint8Array[] {
  const ends = [...new Set(places.map((place) => place % (bytes.length + 1)))].toSorted((left, right) => left - right);
  const bounds = [0, ...ends, bytes.length];
  return bounds.slice(1).map((end, index) => bytes.subarray(bounds[index], end));
}

const everyByte = (bytes: Uint8Array): readonly Uint8Array[] => Array.from(bytes, (byte) => Uint8Array.of(byte));

/** Times tell of the pieces; all else mustn't. */
function withoutTimes(result: unknown): unknown {
  if (typeof result !== 'object' || result === null) return result;
  return { ...result, firstTokenMs: undefined, lastTokenMs: undefined };
}

const eventText = (value: unknown, separator: string): string =>
  `data: ${(JSON.stringify(value) ?? 'undefined').replaceAll('\n', '')}${separator}${separator}`;

it(
  'a whole answer, whatever becomes of its fields, is an answer or an error that is expected',
  async () => {
    await fc.assert(
      fc.asyncProperty(body('message'), changes, options, async (whole, all, reader) => {
        const text = JSON.stringify(all.reduce<unknown>(changed, whole)) ?? '';
        const bytes = encoder.encode(text);
        const result = await outcome([bytes], false, reader);
        expect(withoutTimes(await outcome(everyByte(bytes), false, reader))).toEqual(withoutTimes(result));
      }),
      fuzzSetting(300),
    );
  },
  fuzzTimeoutMs,
);

it(
  'a stream is the same however it is cut, whatever becomes of its fields',
  async () => {
    const separators = fc.constantFrom('\n', '\r\n');
    const streams = fc.tuple(fc.array(fc.tuple(body('delta'), changes), { maxLength: 6 }), separators, fc.boolean());
    const places = fc.array(fc.nat(), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(streams, places, options, async ([parts, separator, isDone], ends, reader) => {
        const events = parts.map(([part, all]) => eventText(all.reduce<unknown>(changed, part), separator));
        const text = `: hello${separator}${separator}${events.join('')}${isDone ? `data: [DONE]${separator}${separator}` : ''}`;
        const bytes = encoder.encode(text);
        const result = withoutTimes(await outcome([bytes], true, reader));
        expect(withoutTimes(await outcome(cut(bytes, ends), true, reader))).toEqual(result);
        expect(withoutTimes(await outcome(everyByte(bytes), true, reader))).toEqual(result);
      }),
      fuzzSetting(200),
    );
  },
  fuzzTimeoutMs,
);

it(
  'bytes that are no answer are an error that is expected',
  async () => {
    const lines = fc.constantFrom(
      'data:',
      'data: ',
      'event: error',
      '{',
      '}',
      '"',
      '[DONE]',
      '\r',
      '\n',
      '\n\n',
      'NaN',
      ':',
      '\u0000',
    );
    const written = fc.array(lines, { maxLength: 30 }).map((all) => encoder.encode(all.join('')));
    const anything = fc.oneof(written, fc.uint8Array({ maxLength: 60 }));
    await fc.assert(
      fc.asyncProperty(anything, fc.boolean(), async (bytes, isStream) => {
        const result = withoutTimes(await outcome([bytes], isStream, {}));
        expect(withoutTimes(await outcome(everyByte(bytes), isStream, {}))).toEqual(result);
      }),
      fuzzSetting(300),
    );
  },
  fuzzTimeoutMs,
);
