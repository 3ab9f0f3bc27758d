/** Positions handed out as fast as they are answered, so that little is asked in vain when a pass stops early. */
export interface PacedPositions {
  positions(): AsyncGenerator<number, void, void>;
  /** One more answer is in. */
  answered(): void;
}

/**
 * @param mostOpen positions that may be handed out without an answer
 * @param stop ends the positions, also while they wait
 */
export function pacedPositions(positions: readonly number[], mostOpen: number, stop: AbortSignal): PacedPositions {
  let open = 0;
  let wake = Promise.withResolvers<void>();
  const changed = (): void => {
    wake.resolve();
    wake = Promise.withResolvers<void>();
  };
  return {
    async *positions() {
      stop.addEventListener('abort', changed, { once: true });
      try {
        for (const position of positions) {
          while (open >= mostOpen && !stop.aborted) await wake.promise;
          if (stop.aborted) return;
          open += 1;
          yield position;
        }
      } finally {
        stop.removeEventListener('abort', changed);
      }
    },
    answered() {
      open -= 1;
      changed();
    },
  };
}
