import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { PerbenchError } from '../core/errors.ts';
import { errorCode, passingCode, PassingFault, retryPauseMs } from '../core/retry.ts';
import type { NetworkLimits } from './source-settings.ts';

/** What passes for a download beside the usual: names that can't be found for a while, transfers that were cut here. */
const passingToo = new Set(['ENOTFOUND', 'UND_ERR_ABORTED']);

/** Whether trying again can help: cut connections and busy servers, never a refusal, never a bug. */
export function isPassing(error: unknown, signal: AbortSignal | undefined): boolean {
  if (signal?.aborted === true || error instanceof PerbenchError) return false;
  const code = errorCode(error);
  return error instanceof PassingFault || passingCode(code) !== undefined || passingToo.has(code ?? '');
}

/** What happened to a connection, in a few words. */
export function describeNetworkError(error: unknown): string {
  const code = errorCode(error);
  const message = error instanceof Error && error.message !== '' ? error.message : undefined;
  if (code === undefined) return message ?? String(error);
  return message === undefined || message.includes(code) ? (message ?? code) : `${message} (${code})`;
}

/** Waits before the next try; `failures` counts from 1. A server is waited for no longer than the limits say. */
export async function pauseBeforeRetry(
  failures: number,
  error: unknown,
  limits: NetworkLimits,
  signal: AbortSignal | undefined,
): Promise<void> {
  const askedMs = error instanceof PassingFault ? error.retryAfterMs : undefined;
  const cappedMs = askedMs === undefined ? undefined : Math.min(limits.maxBackoffMs, askedMs);
  const pauseMs = retryPauseMs(failures, cappedMs, limits, () => randomInt(2 ** 32) / 2 ** 32);
  await sleep(pauseMs, undefined, { signal });
}
