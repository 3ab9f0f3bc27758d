/**
 * What is tried again, and for how long.
 *
 * - `busy`: the server isn't there or says that it has no room (refused, 429, 503). The request isn't to blame, so it is
 *   tried again as long as others are answered, or the time is up.
 * - `fault`: the answer broke (reset, 5xx, an empty stream, half a JSON). Tried a few times; a request that still fails
 *   while others are answered fails alone. Where none was answered meanwhile, the server is asked something harmless;
 *   if it answers, the request has one try more.
 * - `timeout`: no byte for the hang time. Once more; then it fails alone if others were answered, else the pass ends.
 *
 * Each kind is counted for itself: a server that had no room hasn't used up the tries of an answer that broke.
 */
export type PassingKind = 'busy' | 'fault' | 'timeout';

const mostAttempts: Readonly<Record<PassingKind, number>> = { busy: Infinity, fault: 5, timeout: 2 };

/** Something that may pass; never shown to users as it is. */
export class PassingFault extends Error {
  readonly kind: PassingKind;
  /** The server asked to wait for so long. */
  readonly retryAfterMs: number | undefined;
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

const faultCodes = new Set([
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'UND_ERR_SOCKET',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
]);
const busyCodes = new Set([
  'ECONNREFUSED',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'ETIMEDOUT',
]);
const timeoutCodes = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);

export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  return 'code' in error && typeof error.code === 'string' ? error.code : errorCode(error.cause);
}

/** What broke, if it may pass; undefined for what won't. */
export function passingFault(error: unknown, hangMs: number): PassingFault | undefined {
  if (error instanceof PassingFault) return error;
  const code = errorCode(error) ?? '';
  const text = error instanceof Error && error.message !== '' ? error.message : code;
  if (busyCodes.has(code)) return new PassingFault('busy', `no connection (${code})`, { cause: error });
  // The parser's codes: what came back is not HTTP.
  if (faultCodes.has(code) || code.startsWith('HPE_'))
    return new PassingFault('fault', `the connection broke: ${text}`, { cause: error });
  if (timeoutCodes.has(code)) return new PassingFault('timeout', `no answer for ${hangMs / 1000} s`, { cause: error });
  return undefined;
}

const busyStatuses = new Set([408, 425, 429, 503, 529]);

/** Whether a status is one that passes. */
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

export interface RetryLimits {
  /** Longest time without any answer at all over which a request is tried again. */
  readonly retryMs: number;
  readonly backoffMs: number;
}

const longestPauseMs = 10_000;

/**
 * Pause before the next try: doubled each time, half of it by chance so that a crowd doesn't come back at once. A
 * longer `Retry-After` is kept to, with up to a tenth more.
 *
 * @param failures from 1
 * @param random in [0, 1)
 */
export function retryPauseMs(
  failures: number,
  fault: PassingFault,
  { backoffMs }: RetryLimits,
  random: () => number,
): number {
  const fullMs = Math.min(longestPauseMs, backoffMs * 2 ** Math.min(16, failures - 1));
  const ownMs = fullMs / 2 + (random() * fullMs) / 2;
  return fault.retryAfterMs === undefined ? ownMs : Math.max(ownMs, fault.retryAfterMs * (1 + random() / 10));
}

/** What has happened to a request that failed once more. */
export interface RetryState {
  /** In the way that it failed now. */
  readonly failures: number;
  /** When it first failed in this way. */
  readonly firstOfKindMs: number;
  /** When it first failed in any way. */
  readonly firstFailureMs: number;
  /** The last answer that any request of this server got. */
  readonly lastSuccessMs: number;
  /** When the next try would be. */
  readonly nextMs: number;
}

/**
 * `again`; `ask` the server something harmless, since only its answer tells who is at fault; or the end: of this request
 * `alone`, or of the pass, because the server answers `nobody`.
 */
export function retryVerdict(
  kind: PassingKind,
  state: RetryState,
  limits: RetryLimits,
): 'again' | 'ask' | 'alone' | 'nobody' {
  if (state.failures < mostAttempts[kind]) return untilTimeIsUp(state, limits);
  if (state.lastSuccessMs > state.firstOfKindMs) return 'alone';
  return kind === 'timeout' ? 'nobody' : 'ask';
}

/** The verdict where nothing speaks for the server. */
export function untilTimeIsUp(
  { firstFailureMs, lastSuccessMs, nextMs }: RetryState,
  { retryMs }: RetryLimits,
): 'again' | 'nobody' {
  return nextMs - Math.max(firstFailureMs, lastSuccessMs) <= retryMs ? 'again' : 'nobody';
}
