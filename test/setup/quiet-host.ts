import type { HostWindow } from '../../src/core/meter.ts';

/** A window of one second on two cores in which nobody took anything; tests change what they are about. */
export const quietHost: HostWindow = {
  durationMs: 1000,
  cores: 2,
  engineCpuMs: 0,
  parentCpuMs: 0,
  otherCpuMs: 0,
  stealMs: 0,
  otherShare: 0,
  eventLoopDelayP99Ms: 0,
  isKnown: true,
  devices: undefined,
  energy: undefined,
};
