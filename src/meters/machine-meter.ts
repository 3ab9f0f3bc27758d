import type { HostMeter } from '../core/meter.ts';
import { createDeviceMeter, type DeviceMeter, type DeviceMeterOptions } from './devices/device-meter.ts';
import { createHostMeter, type HostMeterOptions } from './host-meter.ts';
import { watchOthers } from './others-watch.ts';
import { createRaplMeter, type RaplMeter } from './rapl.ts';

export interface MachineMeterOptions {
  readonly host?: HostMeterOptions;
  readonly devices?: DeviceMeter | DeviceMeterOptions;
  readonly rapl?: RaplMeter;
}

/**
 * Watches the whole machine while a pass runs: the host's CPU, its GPUs, and energy. What a machine doesn't have is
 * absent from its windows; so are GPUs and energy of this machine where the engine has no process on it.
 */
export function createMachineMeter(
  options: MachineMeterOptions = {},
): HostMeter & Required<Pick<HostMeter, typeof Symbol.asyncDispose>> {
  const { devices: given = {}, rapl = createRaplMeter() } = options;
  const host = createHostMeter(options.host);
  const devices = 'start' in given ? given : createDeviceMeter(given);
  return {
    async start(engine) {
      if (engine.processIds.length === 0) return host.start(engine);
      // Tools start first and take their time; the host's window is the innermost.
      const deviceWindow = await devices.start(engine);
      const energyCounter = rapl.start();
      const hostWindow = await host.start(engine);
      return {
        async stop() {
          const window = await hostWindow.stop();
          const counted = energyCounter.stop();
          const { window: found, energyParts, energyGaps } = await deviceWindow.stop();
          const parts = [...energyParts, ...counted];
          const isKnown = parts.length > 0 || energyGaps.length > 0;
          const energy = isKnown ? { parts, durationMs: window.durationMs, gaps: energyGaps } : undefined;
          return { ...window, devices: found, energy };
        },
      };
    },
    watchOthers: (engine) => watchOthers(engine, { system: options.host?.system }),
    async [Symbol.asyncDispose]() {
      await devices[Symbol.asyncDispose]();
    },
  };
}
