import { expect, it } from 'vitest';
import type { ClientWindow } from '../core/load.ts';
import { clientWarnings, clientWindow } from './client-window.ts';
import { quietHost } from '../../test/setup/quiet-host.ts';

const idle: ClientWindow = {
  cpuCores: 0.1,
  eventLoopDelayP99Ms: 0.5,
  latencyP50Ms: 100,
  achievedConcurrency: 16,
  requestsPerSecond: 160,
  retriedRequests: 0,
};
const none = { closedLoop: undefined, ceiling: undefined };

it('finds nothing to say of a client with time to spare', () => {
  expect(
    clientWarnings(idle, {
      closedLoop: { asked: 16, achieved: 15.9 },
      ceiling: { requestsPerSecond: 20_000, streamedTokensPerSecond: 1 },
    }),
  ).toEqual([]);
});

it.each([
  [{ ...idle, cpuCores: 0.8 }, none, 'perbench took 80 % of a core'],
  [
    { ...idle, eventLoopDelayP99Ms: 6 },
    none,
    "perbench's event loop was late by 6.0 ms (p99), requests took 100.0 ms (p50)",
  ],
  [idle, { ...none, closedLoop: { asked: 16, achieved: 12 } }, '12.0 of 16 requests were in flight on average'],
  [
    idle,
    { ...none, ceiling: { requestsPerSecond: 200, streamedTokensPerSecond: 1 } },
    '160 requests/s of the 200 that perbench can ask here',
  ],
])('marks a client that came too near', (client, question, detail) => {
  expect(clientWarnings(client, question)).toEqual([{ reason: 'client_bound', detail }]);
});

it('does not take the timer of an idle process for a late loop', () => {
  expect(clientWarnings({ ...idle, eventLoopDelayP99Ms: 1.2, latencyP50Ms: 3 }, none)).toEqual([]);
});

it("counts what was in flight by Little's law", () => {
  const host = { ...quietHost, parentCpuMs: 250, eventLoopDelayP99Ms: 2 };
  expect(clientWindow({ durationsMs: [500, 400, 600], retried: 1 }, host, 1000)).toEqual({
    cpuCores: 0.25,
    eventLoopDelayP99Ms: 2,
    latencyP50Ms: 500,
    achievedConcurrency: 1.5,
    requestsPerSecond: 3,
    retriedRequests: 1,
  });
});
