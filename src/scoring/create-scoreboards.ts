import type { Unit } from '../core/measurement.ts';
import { anchoredVersion, anchorsOf, type Anchors, type TaskAnchors } from './anchors.ts';
import { factorNames, type FactorName, type Factors } from './factor.ts';
import type { ModelMetrics } from './model-metrics.ts';
import { equalWeights, perAnchored, threeFactorScore } from './per-anchored.ts';
import { perPaper } from './per-paper.ts';
import { inRankOrder } from '../stats/rank.ts';
import type { ScoreFlag } from './score-flag.ts';
import { expectedUnits, rowWarnings, scorableCell } from './scoreboard-metrics.ts';
import {
  type AnchoredCell,
  type Scoreboard,
  type ScoreboardCell,
  type ScoreboardOptions,
  type ScoreboardRow,
  type ScoreboardTask,
} from './scoreboard.ts';

/**
 * Cells side by side, one scoreboard per task and protocol, in the order in which they first appear.
 *
 * Cells that failed, aren't finished, lack a factor or rest on invalid numbers are shown without a score and don't
 * touch the others'; doubtful numbers are scored and marked.
 *
 * @throws {RangeError} if a measurement is out of range
 */
export function createScoreboards(
  cells: readonly ScoreboardCell[],
  options: ScoreboardOptions = {},
): readonly Scoreboard[] {
  const groups = Map.groupBy(cells, ({ taskId, protocol }) => JSON.stringify([taskId, protocol ?? null]));
  return Array.from(groups.values(), (group) => createScoreboard(group, options));
}

function createScoreboard(cells: readonly ScoreboardCell[], options: ScoreboardOptions): Scoreboard {
  const [{ taskId, protocol }] = cells as [ScoreboardCell, ...ScoreboardCell[]];
  const task = options.tasks?.[taskId] ?? {};
  const units = commonUnits(cells, task);
  const scorable = cells.map((cell) => scorableCell(cell, units, options.isStrict === true));
  const models = scorable.map(({ metrics }) => metrics);
  const paper = perPaper(models, {
    ...(options.weights && { weights: options.weights }),
    margins: noiseMargins(cells),
  });
  const anchored = scoreAnchored(models, taskId, units, options);
  const rows = cells.map((cell, index): ScoreboardRow => {
    const { factors, score, rank, flags = [] } = paper.rows[index] ?? {};
    const { reasons } = anchored;
    return {
      model: cell.model,
      state: cell.state,
      error: cell.error,
      measurements: cell.measurements,
      factors,
      score,
      rank,
      anchored: anchored.cells[index],
      flags: uniqueFlags([...(scorable[index]?.flags ?? []), ...flags, ...(reasons[index] ?? [])]),
      warnings: rowWarnings(cell),
      threeFactors: threeFactorScore(models[index], anchored.anchors, options.weights),
    };
  });
  return {
    taskId,
    title: task.title,
    metric: task.metric,
    protocol,
    units,
    versions: [paper.version, ...(anchored.version === undefined ? [] : [anchored.version])].map(
      (version) => version + weightSuffix(options.weights),
    ),
    rows: headlineOrder(rows, anchored.version !== undefined),
    flags: [...paper.flags, ...anchored.flags],
    anchors: anchored.anchors,
    weights: options.weights,
    populationItems: task.items,
  };
}

function headlineOrder(rows: readonly ScoreboardRow[], isAnchored: boolean): ScoreboardRow[] {
  if (!isAnchored) return inRankOrder(rows);
  const ranked = rows.map((row) => ({ model: row.model, rank: row.anchored?.rank, row }));
  return inRankOrder(ranked).map(({ row }) => row);
}

/** A model excluded by a flag is not also told that it failed for the same reason. */
function uniqueFlags(flags: readonly ScoreFlag[]): ScoreFlag[] {
  return flags.filter((flag, index) => flags.findIndex(({ text }) => text === flag.text) === index);
}

/** What the protocol demands, or else what the first row with the measurement uses. */
function commonUnits(cells: readonly ScoreboardCell[], task: ScoreboardTask): Record<FactorName, Unit | undefined> {
  const expected = expectedUnits(cells[0] as ScoreboardCell, task);
  const unitOf = (factor: FactorName): Unit | undefined => {
    if (expected[factor] !== undefined) return expected[factor];
    for (const { measurements } of cells) {
      const measurement = measurements[factor];
      if (measurement !== undefined && measurement.status !== 'unavailable') return measurement.unit;
    }
    return undefined;
  };
  return {
    accuracy: unitOf('accuracy'),
    throughput: unitOf('throughput'),
    latency: unitOf('latency'),
    memory: unitOf('memory'),
  };
}

/** How far a repetition may move each factor: the root mean square of half the intervals, where there are any. */
function noiseMargins(cells: readonly ScoreboardCell[]): Partial<Record<FactorName, number>> {
  const margins: Partial<Record<FactorName, number>> = {};
  for (const factor of factorNames) {
    const halves = cells.flatMap(({ state, measurements }) => {
      const measurement = measurements[factor];
      if (state !== 'done' || measurement === undefined || measurement.status === 'unavailable') return [];
      return measurement.interval === undefined ? [] : [(measurement.interval.high - measurement.interval.low) / 2];
    });
    if (halves.length > 0)
      margins[factor] = Math.sqrt(halves.reduce((sum, half) => sum + half * half, 0) / halves.length);
  }
  return margins;
}

/** Weights are part of a score's version, unless they are the usual ones: `/w0.4,0.2,0.2,0.2`. */
function weightSuffix(weights: Factors | undefined): string {
  if (weights === undefined || factorNames.every((factor) => weights[factor] === equalWeights[factor])) return '';
  return `/w${factorNames.map((factor) => Number(weights[factor].toFixed(4))).join(',')}`;
}

interface AnchoredColumn {
  readonly version: string | undefined;
  readonly anchors: TaskAnchors | undefined;
  readonly cells: readonly (AnchoredCell | undefined)[];
  /** Flags of each row. */
  readonly reasons: readonly (readonly ScoreFlag[])[];
  readonly flags: readonly ScoreFlag[];
}

const noAnchors: AnchoredColumn = { version: undefined, anchors: undefined, cells: [], reasons: [], flags: [] };

function scoreAnchored(
  models: readonly ModelMetrics[],
  taskId: string,
  units: Readonly<Record<FactorName, Unit | undefined>>,
  { anchors: set, weights }: ScoreboardOptions,
): AnchoredColumn {
  if (set === undefined) return noAnchors;
  const anchors = anchorsOf(set, taskId);
  const unfit = anchors === undefined ? `${set.version} has no anchors for ${taskId}` : unitMismatch(anchors, units);
  if (anchors === undefined || unfit !== undefined) {
    return { ...noAnchors, flags: [{ code: 'unit', text: `no PER-A: ${unfit}` }] };
  }
  const rows = perAnchored(models, anchors satisfies Anchors, weights && { weights });
  return {
    version: anchoredVersion(set, taskId),
    anchors,
    cells: rows.map(({ factors, score, rank }) =>
      factors && score !== undefined ? { factors, score, rank } : undefined,
    ),
    reasons: rows.map(({ flags }) => flags),
    flags: [],
  };
}

function unitMismatch(anchors: TaskAnchors, units: Readonly<Record<FactorName, Unit | undefined>>): string | undefined {
  const wanted = { throughput: anchors.throughputUnit, latency: anchors.latencyUnit } as const;
  for (const factor of ['throughput', 'latency'] as const) {
    const unit = units[factor];
    if (unit !== undefined && unit !== wanted[factor]) {
      return `its anchors are in ${wanted[factor]}, the ${factor} was measured in ${unit}`;
    }
  }
  return undefined;
}
