import type { PassResult } from '../../src/core/cell.ts';
import { quietHost } from './quiet-host.ts';

/** What a pass may lack: a test of passes says what it has. */
export const barePass = {
  window: undefined,
  latencies: undefined,
  memory: undefined,
  memoryUnknown: undefined,
  devices: undefined,
  client: undefined,
  load: undefined,
  hasNoTokenCounts: undefined,
  server: undefined,
} as const;

/** A throughput pass of one request on a quiet machine. */
export const briefPass = {
  ...barePass,
  pass: 'throughput',
  launch: 0,
  startedAtMs: 0,
  durationMs: 1000,
  concurrency: 1,
  requests: 1,
  failedRequests: 0,
  promptTokens: 0,
  outputTokens: 0,
  reusedTokens: 0,
  framesDrawn: 0,
  host: quietHost,
  warnings: [],
} as const satisfies PassResult;
