/**
 * The body of a reply, within bounds: of bytes, since an answer without an end would fill the memory, and of time, since
 * one that only keeps its connection awake brings nothing.
 */
import type { Dispatcher } from 'undici';
import { PassingFault } from '../../core/retry.ts';
import { RequestFault } from './request-fault.ts';

type Body = Dispatcher.ResponseData['body'];

/** A request takes at most so many times the hang time, however it goes on. */
const longestInHangs = 12;

const mebibyte = 2 ** 20;
/** Of an answer, whatever was asked. */
const baseBytes = 4 * mebibyte;
/** Of an answer, for a token: an event of a stream with its log-probabilities has a few hundred. */
const bytesForToken = 4096;
/** Of what isn't an answer, such as log-probabilities of a whole vocabulary. */
const mostReplyBytes = 256 * mebibyte;

/** Bytes that an answer of so many tokens may have. */
export function mostAnswerBytes(tokens: number): number {
  return Math.min(mostReplyBytes, baseBytes + tokens * bytesForToken);
}

export function tooLarge(maxBytes: number): RequestFault {
  return new RequestFault('engine', `the answer did not end after ${Math.floor(maxBytes / mebibyte)} MiB`);
}

/** Ends a body that has brought nothing for the hang time, or doesn't end. */
export class Patience implements Disposable {
  readonly #idle: NodeJS.Timeout;
  readonly #whole: NodeJS.Timeout;

  constructor(body: Body, hangMs: number) {
    const seconds = (ms: number): string => `${ms / 1000} s`;
    const longestMs = longestInHangs * hangMs;
    this.#idle = setTimeout(
      () => body.destroy(new PassingFault('timeout', `nothing of an answer for ${seconds(hangMs)}`)),
      hangMs,
    );
    this.#whole = setTimeout(
      () => body.destroy(new RequestFault('engine', `the answer did not end within ${seconds(longestMs)}`)),
      longestMs,
    );
  }

  /** Something of the answer came. */
  progress(): void {
    this.#idle.refresh();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#idle);
    clearTimeout(this.#whole);
  }
}

const space = 32;

/**
 * A body as text. White space before and within it keeps connections awake, but is nothing of an answer.
 *
 * @throws {RequestFault} beyond `maxBytes`, or without an end
 * @throws {PassingFault} if nothing comes for the hang time
 */
export async function readText(
  { body, hangMs }: { readonly body: Body; readonly hangMs: number },
  maxBytes: number = mostReplyBytes,
): Promise<string> {
  using patience = new Patience(body, hangMs);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    if (chunk.some((byte) => byte > space)) patience.progress();
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}

const refusalBytes = 64 * 1024;

/** The beginning of a refusal; people are shown no more of it. */
export async function readRefusalText({
  body,
  hangMs,
}: {
  readonly body: Body;
  readonly hangMs: number;
}): Promise<string> {
  using _ = new Patience(body, hangMs);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    bytes += chunk.length;
    // Leaving the loop ends the connection.
    if (bytes >= refusalBytes) break;
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}
