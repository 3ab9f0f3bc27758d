import type { PassProgress } from '../../core/event.ts';

/** Speed over the newest seconds of a pass, so that a slow start or a jam shows and then fades. */
export interface RateWindow {
  add(progress: PassProgress): void;
  reset(): void;
  /** Undefined until two words of the pass are apart. */
  itemsPerSecond(): number | undefined;
  /** Of output tokens where there are any, else of prompt tokens. */
  tokensPerSecond(): number | undefined;
}

const windowMs = 10_000;

export function createRateWindow(): RateWindow {
  let points: PassProgress[] = [];

  function rate(read: (progress: PassProgress) => number): number | undefined {
    const [first, last] = [points[0], points.at(-1)];
    if (first === undefined || last === undefined || last.elapsedMs <= first.elapsedMs) return undefined;
    return ((read(last) - read(first)) / (last.elapsedMs - first.elapsedMs)) * 1000;
  }

  return {
    add(progress) {
      points.push(progress);
      // One point from before the window stays: it is where the window begins.
      while (points.length > 2 && (points[1]?.elapsedMs ?? 0) < progress.elapsedMs - windowMs) points.shift();
    },
    reset() {
      points = [];
    },
    itemsPerSecond: () => rate(({ done }) => done),
    tokensPerSecond: () => {
      const hasOutput = (points.at(-1)?.outputTokens ?? 0) > 0;
      return rate(({ promptTokens, outputTokens }) => (hasOutput ? outputTokens : promptTokens));
    },
  };
}
