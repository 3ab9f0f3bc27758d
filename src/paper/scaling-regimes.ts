import { kendallTauB } from '../stats/rank-inference.ts';
import { bestRow, ladderFamily, taskRows, type PaperRow, type PaperTable } from './paper-table.ts';

/**
 * `saturated`: the smallest model is within 0.02 of the best; `early`: at most a quarter of the gain over the smallest
 * comes from models above 8 billion parameters; `continuing`: more than that does.
 */
export type ScalingRegime = 'saturated' | 'early' | 'continuing';

export interface TaskScaling {
  readonly task: string;
  readonly smallest: PaperRow;
  readonly best: PaperRow;
  /** Best model of at most 8 billion parameters. */
  readonly bestSmall: PaperRow;
  /** Gain from the smallest to the best small one, and from there to the best. */
  readonly gainUpTo8B: number;
  readonly gainAbove8B: number;
  /** Smallest model within 0.02 of the best. */
  readonly saturation: PaperRow;
  /** Kendall's tau-b between size and accuracy: 1 where larger is always better. */
  readonly tau: number;
  /** Steps of the Qwen2.5 family to the next larger model in which accuracy fell. */
  readonly falls: number;
  readonly steps: number;
  readonly regime: ScalingRegime;
}

const near = 0.02;
const smallBillions = 8;
const earlyShare = 0.25;

/** How accuracy grows with size on each task, from the paper's tables. */
export function scalingRegimes(table: PaperTable): readonly TaskScaling[] {
  return table.tasks.map((task): TaskScaling => {
    const rows = taskRows(table, task).toSorted((left, right) => left.billions - right.billions);
    const smallest = rows[0] as PaperRow;
    const best = bestRow(rows);
    const bestSmall = bestRow(rows.filter(({ billions }) => billions <= smallBillions));
    const ladder = rows.filter(({ model }) => model.startsWith(ladderFamily));
    const falls = ladder.filter((row, index) => index > 0 && row.accuracy < (ladder[index - 1]?.accuracy ?? 0));
    const gainUpTo8B = bestSmall.accuracy - smallest.accuracy;
    const gainAbove8B = Math.max(0, best.accuracy - bestSmall.accuracy);
    return {
      task,
      smallest,
      best,
      bestSmall,
      gainUpTo8B,
      gainAbove8B,
      saturation: rows.find(({ accuracy }) => accuracy >= best.accuracy - near) as PaperRow,
      tau:
        kendallTauB(
          rows.map(({ billions }) => billions),
          rows.map(({ accuracy }) => accuracy),
        ) ?? 0,
      falls: falls.length,
      steps: ladder.length - 1,
      regime: regimeOf(best.accuracy - smallest.accuracy, gainAbove8B),
    };
  });
}

function regimeOf(gain: number, gainAbove8B: number): ScalingRegime {
  if (gain <= near) return 'saturated';
  return gainAbove8B / gain <= earlyShare ? 'early' : 'continuing';
}
