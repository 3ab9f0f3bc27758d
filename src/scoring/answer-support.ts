import type { Limits } from '../core/limits.ts';
import { rankInference } from '../stats/rank-inference.ts';
import type { BoardReplicates } from './board-ranking.ts';
import { spreadNote } from './board-text.ts';
import { anchoredReplicates, atEdges, chosenValues, paperReplicates, type ReplicateValues } from './bootstrap.ts';
import type { RankedRow, Scoreboard } from './scoreboard.ts';
import type { Standing, StandingOptions } from './standing.ts';

type Replicates = Pick<BoardReplicates, 'models' | 'values' | 'inference'>;

/** One task that is asked about, with what was measured on it. */
export interface AskedTask {
  /** Judged, so that it says what is behind its numbers. */
  readonly board: Scoreboard;
  /** Above 0; only ratios between tasks count. */
  readonly weight: number;
  /** On this task, instead of those of the question. */
  readonly limits?: Limits | undefined;
  /** Replicates of its numbers; undefined where nothing is known of items and launches. */
  readonly replicates: Replicates | undefined;
}

/** How sure an order is. */
export interface Support {
  readonly models: ReadonlyMap<string, RankedRow>;
  readonly resamples: number;
  readonly notes: readonly string[];
}

/** Some model was launched twice or more: its spread stands in for that of the others. */
function isPooled({ replicates }: AskedTask): boolean {
  return replicates === undefined || replicates.models.length > replicates.inference.withoutLaunchSpread.length;
}

function notesOf(tasks: readonly AskedTask[], unspread: readonly string[], models: number): readonly string[] {
  const inferences = tasks.flatMap(({ replicates }) => replicates?.inference ?? []);
  const method = inferences.some((inference) => inference.method === 'intervals') ? 'intervals' : 'paired';
  return [
    ...new Set(inferences.flatMap(({ notes }) => notes)),
    ...(method === 'intervals'
      ? ["support comes from each model's own intervals; per-item answers would be more precise"]
      : []),
    ...(unspread.length > 0
      ? [spreadNote(unspread.toSorted(), models, { method, isPooled: tasks.every(isPooled) })]
      : []),
  ];
}

/** The bootstrap of the combined score; undefined where a task has no replicates of all these models. */
export function supportOf(
  tasks: readonly AskedTask[],
  shares: readonly number[],
  standings: readonly Standing[],
  { score, weights }: StandingOptions,
): Support | undefined {
  const wanted = standings.map(({ model }) => model);
  const points = standings.map((standing) => standing.score);
  if (wanted.length === 0 || points.includes(undefined)) return undefined;
  const drawn = tasks.flatMap(({ replicates }) => (replicates && chosenValues(replicates, wanted)) ?? []);
  if (drawn.length < tasks.length) return undefined;
  if (score === 'PER-A' && tasks.some(({ board }) => board.anchors === undefined)) return undefined;
  const combinedOver = (replicates: readonly ReplicateValues[]): Float64Array | undefined => {
    let combined: Float64Array | undefined;
    for (const [index, { board }] of tasks.entries()) {
      const values = replicates[index] as ReplicateValues;
      const scores =
        score === 'PER-A' && board.anchors !== undefined
          ? anchoredReplicates(values, board.anchors, weights)
          : paperReplicates(values, wanted.length, weights);
      const share = shares[index] as number;
      const before = combined;
      if (before !== undefined && before.length !== scores.length) return undefined;
      combined = scores.map((value, place) => (before?.[place] ?? 1) * value ** share);
    }
    return combined;
  };
  const combined = combinedOver(drawn);
  if (combined === undefined) return undefined;
  const inferences = tasks.flatMap(({ replicates }) => replicates?.inference ?? []);
  const unspread = wanted.filter((model) =>
    inferences.some(({ withoutLaunchSpread }) => withoutLaunchSpread.includes(model)),
  );
  const ranked = rankInference(points as readonly number[], combined, {
    isUnknown: wanted.map((model) => unspread.includes(model)),
    atEdges: combinedOver(
      drawn.map((values, index) => {
        const accuracies = standings.map(({ parts }) => parts[index]?.values.accuracy ?? Number.NaN);
        return atEdges(values, accuracies) ?? values;
      }),
    ),
  });
  return {
    resamples: combined.length / wanted.length,
    models: new Map(
      wanted.map((model, index): [string, RankedRow] => {
        const own = ranked[index] as RankedRow;
        return [model, unspread.includes(model) ? { ...own, interval: undefined } : own];
      }),
    ),
    notes: notesOf(tasks, unspread, wanted.length),
  };
}
