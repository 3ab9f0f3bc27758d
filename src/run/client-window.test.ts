import { expect, it } from 'vitest';
import { clientWindow, withClients } from './client-window.ts';
import { clientWarnings } from './pass-warnings.ts';
import { quietHost } from '../../test/setup/quiet-host.ts';

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
  expect(clientWarnings({ ...client, latencyP50Ms: 500 }, { closedLoop: undefined, ceiling: undefined })).toEqual([]);
  expect(withClients(host, undefined)).toBe(host);
});
