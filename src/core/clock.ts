import { monitorEventLoopDelay } from 'node:perf_hooks';

/** The machine's monotonic clock, which all its processes share. */
function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Unix time minus the monotonic clock, as this process saw it when it started; another process may differ by a lot. */
export const clockOffsetMs = performance.timeOrigin + performance.now() - monotonicMs();

/**
 * Unix time in milliseconds on a clock that never goes back: the clock of all times in results.
 *
 * @param offsetMs `clockOffsetMs` of the process whose times these are compared with
 */
export function nowMs(offsetMs = clockOffsetMs): number {
  return monotonicMs() + offsetMs;
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
