import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Unix time in milliseconds on a clock that never goes back: the clock of all times in results. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

/** CPU time of this process and its threads, in milliseconds. */
export function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** The event loop is looked at so often; the histogram holds the whole interval, so it is subtracted. */
const resolutionMs = 10;

/**
 * Watches how late this process's event loop is.
 *
 * @returns ends it, and gives the 99th percentile of the delay in milliseconds
 */
export function watchLoopDelay(): () => number {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  delay.enable();
  return () => {
    delay.disable();
    return delay.count === 0 ? 0 : Math.max(0, delay.percentile(99) / 1e6 - resolutionMs);
  };
}
