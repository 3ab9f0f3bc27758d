import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { RunCost } from '../core/store.ts';

/** What perbench itself costs while it runs: its CPU, its event loop, its frames. */
export function createRunCostMeter(framesDrawn: () => number): {
  addEngineCpu(ms: number): void;
  stop(wallMs: number): RunCost;
} {
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  const before = process.cpuUsage();
  const framesBefore = framesDrawn();
  let engineCpuMs = 0;
  return {
    addEngineCpu(ms) {
      engineCpuMs += ms;
    },
    stop(wallMs) {
      delay.disable();
      const { user, system } = process.cpuUsage(before);
      return {
        wallMs,
        parentCpuMs: (user + system) / 1000,
        engineCpuMs,
        // The histogram counts the sampling interval itself.
        eventLoopDelayP99Ms: Math.max(0, delay.percentile(99) / 1e6 - 10),
        framesDrawn: framesDrawn() - framesBefore,
      };
    },
  };
}
