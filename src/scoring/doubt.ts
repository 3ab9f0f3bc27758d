import type { Measurement, Warning } from '../core/measurement.ts';
import { isDisqualified } from './create-scoreboards.ts';

/** Factors by which the true value may be better than the one that was measured: at the worst, and at the best. */
export interface DoubtRange {
  readonly worst: number;
  readonly best: number;
}

export const noDoubt: DoubtRange = { worst: 1, best: 1 };
/** A number that is missing or wrong can be anything. */
export const unknownValue: DoubtRange = { worst: 0, best: Infinity };
/** Whatever was in the way, without it the model can only be faster; how much nobody knows. */
const onlyBetter: DoubtRange = { worst: 1, best: Infinity };

/**
 * How much faster a model may be that shared the CPU: a share s that others took leaves 1 - s, and ggml's threads wait for
 * one another at barriers, so that it costs more than that. The square covers what was seen: 14 times slower beside
 * others that took 85 %.
 */
function busyRange({ share }: Warning): DoubtRange {
  return share === undefined || share >= 1 ? onlyBetter : { worst: 1, best: (1 - share) ** -2 };
}

/**
 * How far a speed can be from the truth by what its warnings say.
 *
 * @param allowsBusy a busy machine's numbers are taken as they are
 */
export function doubtRange(measurement: Measurement | undefined, allowsBusy: boolean): DoubtRange {
  if (measurement === undefined || measurement.status === 'unavailable' || isDisqualified(measurement))
    return unknownValue;
  return measurement.warnings
    .map((warning): DoubtRange => {
      switch (warning.reason) {
        case 'host_busy':
          return allowsBusy ? noDoubt : busyRange(warning);
        case 'client_bound':
        case 'unsaturated':
        case 'throttled':
        case 'foreign_process':
          return onlyBetter;
        case 'short_window':
          return unknownValue;
        default:
          return noDoubt;
      }
    })
    .reduce((all, own) => ({ worst: Math.min(all.worst, own.worst), best: Math.max(all.best, own.best) }), noDoubt);
}
