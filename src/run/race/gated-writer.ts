import type { ScoreGate } from '../../stats/race/score-gate.ts';
import type { SampleWriter } from '../sample-writer.ts';

/** A writer that shows a gate every score in the drawn order, and says when the gate has decided. */
export interface GatedWriter {
  readonly writer: SampleWriter;
  /** Aborts with the decision: nothing more has to be asked. */
  readonly decided: AbortSignal;
}

/**
 * @param gate that has seen the first `gate.count` positions of `order`
 * @param known scores by position that are stored already, also behind a missing one
 */
export function createGatedWriter(
  writer: SampleWriter,
  gate: ScoreGate,
  order: readonly number[],
  known: ReadonlyMap<number, number> = new Map(),
): GatedWriter {
  const waiting = new Map(known);
  const decided = new AbortController();

  function show(): void {
    while (gate.state === 'open') {
      const position = order[gate.count];
      const score = position === undefined ? undefined : waiting.get(position);
      if (score === undefined) return;
      gate.observe(score);
    }
    decided.abort();
  }

  show();
  return {
    decided: decided.signal,
    writer: {
      ...writer,
      async add(sample) {
        await writer.add(sample);
        waiting.set(sample.position, sample.score);
        show();
      },
    },
  };
}
