import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { PerbenchError } from '../core/errors.ts';
import type { NetworkLimits } from './source-settings.ts';

const passingCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_SOCKET',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  'UND_ERR_ABORTED',
]);

/** A server's refusal, or a cut, that may pass; never shown to users as it is. */
export class PassingError extends Error {
  /** The server asked to wait for so long. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, retryAfterMs?: number) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  return codeOf(error.cause);
}

/** Whether trying again can help: cut connections and busy servers, never a refusal, never a bug. */
export function isPassing(error: unknown, signal: AbortSignal | undefined): boolean {
  if (signal?.aborted === true || error instanceof PerbenchError) return false;
  return error instanceof PassingError || passingCodes.has(codeOf(error) ?? '');
}

/** What happened to a connection, in a few words. */
export function describeNetworkError(error: unknown): string {
  const code = codeOf(error);
  const message = error instanceof Error && error.message !== '' ? error.message : undefined;
  if (code === undefined) return message ?? String(error);
  return message === undefined || message.includes(code) ? (message ?? code) : `${message} (${code})`;
}

/** Waits before the next try; `failures` counts from 1. */
export async function pauseBeforeRetry(
  failures: number,
  error: unknown,
  limits: NetworkLimits,
  signal: AbortSignal | undefined,
): Promise<void> {
  const base = Math.min(limits.maxBackoffMs, limits.backoffMs * 2 ** (failures - 1));
  const asked = error instanceof PassingError ? error.retryAfterMs : undefined;
  const waitMs = Math.min(limits.maxBackoffMs, Math.max(base, asked ?? 0));
  const jitterMs = randomInt(Math.max(1, Math.floor(waitMs / 2)));
  await sleep(waitMs + jitterMs, undefined, { signal });
}
