/**
 * How a request over a network may fail without being at an end.
 *
 * - `busy`: the other side isn't there or says that it has no room (refused, 429, 503);
 * - `fault`: the answer broke (reset, 5xx, an empty stream);
 * - `timeout`: no byte came in time.
 */
export type PassingKind = 'busy' | 'fault' | 'timeout';

/** Something that may pass; never shown to users as it is. */
export class PassingFault extends Error {
  readonly kind: PassingKind;
  /** The server asked to wait for so long. */
  readonly retryAfterMs: number | undefined;
  /** Undefined where no status came. */
  readonly statusCode: number | undefined;

  constructor(
    kind: PassingKind,
    message: string,
    options: {
      readonly retryAfterMs?: number | undefined;
      readonly statusCode?: number;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.kind = kind;
    this.retryAfterMs = options.retryAfterMs;
    this.statusCode = options.statusCode;
  }
}

/** Codes of the system and of undici. */
const kindsByCode: ReadonlyMap<string, PassingKind> = new Map([
  ['ECONNREFUSED', 'busy'],
  ['EAI_AGAIN', 'busy'],
  ['ENETUNREACH', 'busy'],
  ['EHOSTUNREACH', 'busy'],
  ['ETIMEDOUT', 'busy'],
  ['UND_ERR_CONNECT_TIMEOUT', 'busy'],
  ['ECONNRESET', 'fault'],
  ['ECONNABORTED', 'fault'],
  ['EPIPE', 'fault'],
  ['UND_ERR_SOCKET', 'fault'],
  ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'fault'],
  ['UND_ERR_HEADERS_TIMEOUT', 'timeout'],
  ['UND_ERR_BODY_TIMEOUT', 'timeout'],
]);

/** The code of an error, or of what caused it. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  return 'code' in error && typeof error.code === 'string' ? error.code : errorCode(error.cause);
}

/** How an error with this code passes; undefined where it won't by itself. */
export function passingCode(code: string | undefined): PassingKind | undefined {
  return kindsByCode.get(code ?? '');
}

const busyStatuses = new Set([408, 425, 429, 503, 529]);

/** How a refusal with this status passes; undefined where it won't. */
export function passingStatus(statusCode: number): PassingKind | undefined {
  if (busyStatuses.has(statusCode)) return 'busy';
  return statusCode >= 500 && statusCode !== 501 && statusCode !== 505 ? 'fault' : undefined;
}

/** Milliseconds that a `Retry-After` asks for, in seconds or as a date; undefined where it says nothing readable. */
export function retryAfterMs(header: string | undefined, unixMs: number): number | undefined {
  if (header === undefined) return undefined;
  const seconds = Number(header);
  if (header.trim() !== '' && Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const dateMs = Date.parse(header);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - unixMs);
}

/**
 * Pause before the next try: doubled each time, half of it by chance so that a crowd doesn't come back at once. A
 * longer `Retry-After` is kept to, with up to a tenth more.
 *
 * @param failures from 1
 * @param askedMs what the server asked for
 * @param random in [0, 1)
 */
export function retryPauseMs(
  failures: number,
  askedMs: number | undefined,
  { backoffMs, maxBackoffMs }: { readonly backoffMs: number; readonly maxBackoffMs: number },
  random: () => number,
): number {
  const fullMs = Math.min(maxBackoffMs, backoffMs * 2 ** Math.min(16, failures - 1));
  const ownMs = fullMs / 2 + (random() * fullMs) / 2;
  return askedMs === undefined ? ownMs : Math.max(ownMs, askedMs * (1 + random() / 10));
}
