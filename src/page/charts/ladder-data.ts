import { humanScale } from '../../core/amount-text.ts';
import { isDoubtful } from '../../scoring/create-scoreboards.ts';
import type { LadderX, LadderY } from '../../core/ladder-axes.ts';
import type { BoundedEstimate } from '../../core/loss.ts';
import { type Ladder, type LadderRow, ladderSize } from '../../scoring/ladder.ts';
import { valueOf } from '../../scoring/scoreboard.ts';
import type { Bounds } from './chart-frame.ts';
import type { LadderPoint, LadderScatterData } from './ladder-scatter.ts';

/** What stands on the axes; by default what tells most. */
export interface LadderChoice {
  readonly x?: LadderX | undefined;
  readonly y?: LadderY | undefined;
}

interface Measure {
  readonly title: string;
  readonly isLogarithmic: boolean;
  readonly read: (row: LadderRow) => BoundedEstimate | undefined;
}

function middle({ low, high }: Bounds): number {
  return (low + high) / 2;
}

function inPercent(loss: BoundedEstimate | undefined): BoundedEstimate | undefined {
  return loss && { value: 100 * loss.value, low: 100 * loss.low, high: 100 * loss.high };
}

const measures: Readonly<Record<LadderY, Measure>> = {
  kl: { title: 'KL divergence, nats (↓ better)', isLogarithmic: true, read: ({ loss }) => loss?.klDivergence },
  accuracy: {
    title: 'Accuracy change, points',
    isLogarithmic: false,
    read: ({ accuracyDifference: found, raceDifference }) => {
      if (raceDifference?.kind === 'interval') return inPercent({ ...raceDifference, value: middle(raceDifference) });
      return found && inPercent({ value: found.value, ...(found.interval ?? { low: found.value, high: found.value }) });
    },
  },
  flips: {
    title: 'Answers changed, % (↓ better)',
    isLogarithmic: false,
    read: ({ flips }) => inPercent(flips?.changed?.share),
  },
};

const axisTitles: Readonly<Record<LadderX, string>> = { size: 'File size', memory: 'Peak memory' };

function boundsOf({ measurements: { memory } }: LadderRow, x: LadderX, divisor: number): Bounds | undefined {
  if (x === 'size' || memory === undefined || memory.status === 'unavailable') return undefined;
  return memory.interval && { low: memory.interval.low / divisor, high: memory.interval.high / divisor };
}

/** Quantisations say enough where each row has another; else names without what all begin with. */
function labelsOf(rows: readonly LadderRow[]): readonly string[] {
  const quantisations = rows.flatMap(({ size }) => size.quantisation ?? []);
  if (new Set(quantisations).size === rows.length) return quantisations;
  const [first = '', ...others] = rows.map(({ model }) => model);
  const common = Array.from(first).findIndex((_, at) => others.some((name) => name[at] !== first[at]));
  const [head = ''] = /^.*[-_/: ]/su.exec(first.slice(0, common === -1 ? first.length : common)) ?? [];
  return [first, ...others].map((name) => name.slice(head.length));
}

/** What the chart of a ladder shows, in the units of its table. */
export function ladderData(ladder: Ladder, choice: LadderChoice = {}): LadderScatterData {
  const { rows, title, taskId } = ladder;
  const [x, measure] = [choice.x ?? ladder.x, measures[choice.y ?? ladder.y]];
  const { divisor, label } = humanScale(
    'bytes',
    rows.flatMap((row) => ladderSize(row, x) ?? []),
  );
  const throughputs = rows.flatMap(({ measurements: { throughput } }) =>
    throughput === undefined || throughput.status === 'unavailable' ? [] : [throughput.unit],
  );
  const labels = labelsOf(rows);
  return {
    title: `${title ?? taskId}: loss against ${x === 'size' ? 'file size' : 'memory'}`,
    xTitle: `${axisTitles[x]}, ${label} (← better)`,
    yTitle: measure.title,
    speedTitle: `Throughput, ${throughputs[0] ?? ''}`,
    isLogarithmic: measure.isLogarithmic,
    points: rows.map((row, index): LadderPoint => {
      const isBase = row.standing === 'base';
      const loss = isBase ? { value: 0, low: 0, high: 0 } : measure.read(row);
      const { throughput } = row.measurements;
      return {
        model: row.model,
        label: labels[index] ?? row.model,
        x: (ladderSize(row, x) ?? Number.NaN) / divisor,
        y: loss?.value ?? Number.NaN,
        xBounds: boundsOf(row, x, divisor),
        yBounds: isBase ? undefined : loss,
        speed: isDoubtful(throughput) ? undefined : valueOf(throughput),
        isBase,
        isRange: measure === measures.accuracy && row.raceDifference?.kind === 'interval',
      };
    }),
  };
}
