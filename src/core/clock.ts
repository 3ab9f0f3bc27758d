/** Unix time in milliseconds on a clock that never goes back: the clock of all times in results. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}
