import { errorCode, passingCode, PassingFault, type PassingKind } from '../../core/retry.ts';

/**
 * What is tried again, and for how long.
 *
 * - `busy`: the server isn't there or says that it has no room (refused, 429, 503). The request isn't to blame, so it is
 *   tried again as long as others are answered, or the time is up.
 * - `fault`: the answer broke (reset, 5xx, an empty stream, half a JSON, an error in the middle). Tried a few times; a request that still fails
 *   while others are answered fails alone. Where none was answered meanwhile, the server is asked something harmless;
 *   if it answers, the request has one try more.
 * - `timeout`: no byte for the hang time. Once more; then it fails alone if others were answered, else the pass ends.
 *
 * Each kind is counted for itself: a server that had no room hasn't used up the tries of an answer that broke.
 */
const maxAttempts: Readonly<Record<PassingKind, number>> = { busy: Infinity, fault: 5, timeout: 2 };

/** What broke, if it may pass; undefined for what won't. */
export function passingFault(error: unknown, hangMs: number): PassingFault | undefined {
  if (error instanceof PassingFault) return error;
  const code = errorCode(error) ?? '';
  // The parser's codes: what came back is not HTTP.
  const isNoHttp = code.startsWith('HPE_') || code === 'UND_ERR_HEADERS_OVERFLOW';
  const kind = isNoHttp ? 'fault' : passingCode(code);
  if (kind === undefined) return undefined;
  const text = error instanceof Error && error.message !== '' ? error.message : code;
  const message = {
    busy: `no connection (${code})`,
    fault: `the connection broke: ${text}`,
    timeout: `no answer for ${hangMs / 1000} s`,
  }[kind];
  return new PassingFault(kind, message, { cause: error });
}

export interface RetryLimits {
  /** Longest time without any answer at all over which a request is tried again. */
  readonly retryMs: number;
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
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

/** How one request failed so far, each way for itself. */
export class RetryHistory {
  failures = 0;
  #firstFailureMs = 0;
  readonly #kinds = new Map<PassingKind, { readonly failures: number; readonly firstMs: number }>();

  add(kind: PassingKind, atMs: number): void {
    if (this.failures === 0) this.#firstFailureMs = atMs;
    this.failures += 1;
    const { failures, firstMs } = this.#kinds.get(kind) ?? { failures: 0, firstMs: atMs };
    this.#kinds.set(kind, { failures: failures + 1, firstMs });
  }

  state(kind: PassingKind, lastSuccessMs: number, nextMs: number): RetryState {
    const { failures = 0, firstMs = 0 } = this.#kinds.get(kind) ?? {};
    return { failures, firstOfKindMs: firstMs, firstFailureMs: this.#firstFailureMs, lastSuccessMs, nextMs };
  }
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
  if (state.failures < maxAttempts[kind]) return untilTimeIsUp(state, limits);
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
