import { expect, it } from 'vitest';
import type { ClientWindow } from '../core/load.ts';
import { clientWarnings, clientWindow, withClients } from './client-window.ts';
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
      ceiling: { requestsPerSecond: 20_000, streamedTokensPerSecond: 200_000 },
    }),
  ).toEqual([]);
});

it.each([
  [{ ...idle, cpuCores: 0.8 }, none, 'perbench took 80 % of a core'],
  [
    { ...idle, cpuCores: 2.1, processes: 3, busiestCpuCores: 0.75 },
    none,
    'the busiest process of perbench took 75 % of a core',
  ],
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
  [
    { ...idle, streamedTokensPerSecond: 40_000 },
    { ...none, ceiling: { requestsPerSecond: 20_000, streamedTokensPerSecond: 50_000 } },
    '40000 streamed tokens/s of the 50000 that perbench can read here',
  ],
])('marks a client that came too near', (client, question, detail) => {
  expect(clientWarnings(client, question)).toEqual([{ reason: 'client_bound', detail }]);
});

it('does not take the timer of an idle process for a late loop', () => {
  expect(clientWarnings({ ...idle, eventLoopDelayP99Ms: 1.2, latencyP50Ms: 3 }, none)).toEqual([]);
});

it("counts what was in flight by Little's law", () => {
  const host = { ...quietHost, parentCpuMs: 250, eventLoopDelayP99Ms: 2 };
  expect(clientWindow({ durationsMs: [500, 400, 600], retried: 1, exchanges: 27 }, host, 1000)).toEqual({
    cpuCores: 0.25,
    eventLoopDelayP99Ms: 2,
    latencyP50Ms: 500,
    achievedConcurrency: 1.5,
    requestsPerSecond: 27,
    retriedRequests: 1,
  });
});

it('counts several client processes as perbench, and judges the busiest', () => {
  const host = { ...quietHost, durationMs: 1000, cores: 4, parentCpuMs: 100, otherCpuMs: 1200, eventLoopDelayP99Ms: 1 };
  const clients = [
    { cpuMs: 600, eventLoopDelayP99Ms: 3 },
    { cpuMs: 500, eventLoopDelayP99Ms: 2 },
  ];
  const whole = withClients(host, clients);
  expect(whole).toMatchObject({ parentCpuMs: 1200, otherCpuMs: 100, otherShare: 0.025, eventLoopDelayP99Ms: 3 });
  const client = clientWindow({ durationsMs: [500], retried: 0, exchanges: 1 }, whole, 1000, clients, 300);
  expect(client).toMatchObject({ cpuCores: 1.2, processes: 2, busiestCpuCores: 0.6, eventLoopDelayP99Ms: 3 });
  expect(client).toMatchObject({ requestsPerSecond: 1, streamedTokensPerSecond: 300 });
  // More than one core in all is no trouble where no process has a whole one.
  expect(clientWarnings({ ...client, latencyP50Ms: 500 }, none)).toEqual([]);
  expect(withClients(host, undefined)).toBe(host);
});
