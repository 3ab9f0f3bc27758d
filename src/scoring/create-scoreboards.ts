import type { Measurement, Unit, Warning } from '../core/measurement.ts';
import {
  factorLabels,
  factorNames,
  perFactor,
  type FactorName,
  type ModelMetrics,
  type ScoreFlag,
  type Factors,
} from './factor.ts';
import {
  valueOf,
  type RowWarning,
  type ScoreboardCell,
  type ScoreboardTask,
  type AnchoredCell,
  type Scoreboard,
  type ScoreboardOptions,
  type ScoreboardRow,
} from './scoreboard.ts';
import { anchorsOf, freezeAnchors, memoryBudget, type TaskAnchors, versionOf } from './anchors.ts';
import { anchorsWithNeeds } from './need-anchors.ts';
import { equalWeights, perAnchored, threeFactorScore } from './per-anchored.ts';
import { perPaper } from './per-paper.ts';
import { inRankOrder } from '../stats/rank-inference.ts';

/** Numbers with one of these are wrong, not only doubtful: they touch no score. */
const disqualifying: ReadonlySet<Warning['reason']> = new Set([
  'errors',
  'unsupported',
  'estimated',
  'cache_hits',
  'other_hardware',
]);

/** These cast doubt on a number: it is scored, with a mark. */
const doubtful: ReadonlySet<Warning['reason']> = new Set([
  'client_bound',
  'short_window',
  'overloaded',
  'unsaturated',
  'throttled',
  'host_busy',
  'foreign_process',
  'truncated',
  'unparsed',
  'budget_cut',
  'content_filter',
]);

/** Whether a number is wrong, not only doubtful. */
export function isDisqualified(measurement: Measurement): boolean {
  return measurement.status !== 'unavailable' && measurement.warnings.some(({ reason }) => disqualifying.has(reason));
}

/** Whether a warning says that the number itself can't be trusted. */
export function isDoubtfulReason(reason: Warning['reason']): boolean {
  return disqualifying.has(reason) || doubtful.has(reason);
}

/** Whether a measurement carries a reason not to trust it. */
export function isDoubtful(measurement: Measurement | undefined): boolean {
  return warningAgainst(measurement) !== undefined;
}

/** Units in which a protocol measures throughput and latency. */
function expectedUnits(cell: ScoreboardCell, task: ScoreboardTask): Partial<Record<FactorName, Unit>> {
  if (cell.protocol === 'serving') return { throughput: 'items/s', latency: 'ms' };
  if (cell.protocol !== 'paper' || task.category === undefined) return {};
  return task.category === 'generation'
    ? { throughput: 'tokens/s', latency: 'ms/token' }
    : { throughput: 'items/s', latency: 'ms/item' };
}

/** Every warning of a cell's measurements, with where it belongs. */
function rowWarnings(cell: ScoreboardCell): RowWarning[] {
  const { extra = {}, ...own } = cell.measurements;
  return Object.entries({ ...own, ...extra }).flatMap(([metric, measurement]) =>
    measurement.status === 'unavailable' ? [] : measurement.warnings.map((warning) => ({ metric, ...warning })),
  );
}

interface ScorableCell {
  readonly metrics: ModelMetrics;
  readonly flags: readonly ScoreFlag[];
}

/** Why a cell has no numbers that count, or undefined. */
export function failureOf(cell: Pick<ScoreboardCell, 'model' | 'state' | 'error'>): string | undefined {
  switch (cell.state) {
    case 'done':
      return undefined;
    case 'failed':
    case 'unavailable':
      // Errors of engines begin with the model, which tables say anyway.
      return cell.error?.message.replace(`${cell.model}: `, '') ?? cell.state;
    case 'pending':
    case 'running':
      return 'not finished';
    default:
      return cell.state satisfies never;
  }
}

/**
 * The four numbers of a cell that may enter a score, and what speaks against them.
 *
 * @param units in which each factor must be
 */
function scorableCell(
  cell: ScoreboardCell,
  units: Readonly<Partial<Record<FactorName, Unit | undefined>>>,
  isStrict: boolean,
): ScorableCell {
  const failure = failureOf(cell);
  if (failure !== undefined) return { metrics: { model: cell.model, failure }, flags: [] };
  const flags: ScoreFlag[] = [];
  const missing: Partial<Record<FactorName, string>> = {};
  const values: Partial<Record<FactorName, number>> = {};
  for (const factor of factorNames) {
    const measurement = cell.measurements[factor];
    if (measurement?.status === 'unavailable') missing[factor] = measurement.detail || measurement.reason;
    const value = valueOf(measurement);
    if (value === undefined || measurement === undefined || measurement.status === 'unavailable') continue;
    const against = flagAgainst(measurement, factor, units[factor], isStrict);
    if (against === undefined || against.code === 'doubtful') values[factor] = value;
    if (against !== undefined) flags.push(against);
  }
  const excluding = flags.find(({ code }) => code !== 'doubtful');
  if (excluding === undefined) return { metrics: { model: cell.model, ...values, missing }, flags };
  return { metrics: { model: cell.model, failure: excluding.text }, flags };
}

function flagAgainst(
  measurement: Exclude<Measurement, { status: 'unavailable' }>,
  factor: FactorName,
  unit: Unit | undefined,
  isStrict: boolean,
): ScoreFlag | undefined {
  const label = factorLabels[factor];
  if (unit !== undefined && measurement.unit !== unit) {
    return { code: 'unit', factor, text: `${label} is in ${measurement.unit}, the others are in ${unit}` };
  }
  const warning = warningAgainst(measurement);
  if (warning === undefined) return undefined;
  const code = isStrict || disqualifying.has(warning.reason) ? 'invalid' : 'doubtful';
  return { code, factor, text: `${label} is ${code}: ${warning.detail}` };
}

/** The first warning that makes a number invalid, else the first that makes it doubtful. */
export function warningAgainst(measurement: Measurement | undefined): Warning | undefined {
  if (measurement === undefined || measurement.status === 'unavailable') return undefined;
  const { warnings } = measurement;
  return (
    warnings.find(({ reason }) => disqualifying.has(reason)) ?? warnings.find(({ reason }) => doubtful.has(reason))
  );
}

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

/** What `judgeScoreboard` adds. */
const unjudgedRow = {
  ranking: undefined,
  efficiency: undefined,
  requiredAccuracy: undefined,
  requiredInterval: undefined,
  answers: undefined,
  launches: undefined,
};
const unjudgedBoard = {
  inference: undefined,
  pairs: undefined,
  limits: undefined,
  pricePerHour: undefined,
  front: undefined,
  card: undefined,
  showsRequired: undefined,
  answer: undefined,
};

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
  const provisional = provisionalAnchors(scorable, task, units, options.deviceMemoryBytes);
  const anchored = scoreAnchored(models, taskId, units, provisional, options);
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
      ...unjudgedRow,
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
    rows: inRankOrder(rows, (row) => (anchored.version === undefined ? row.rank : row.anchored?.rank)),
    flags: paper.flags,
    anchors: anchored.anchors,
    weights: options.weights,
    populationItems: task.items,
    chance: task.chance,
    baselines: task.baselines,
    ...unjudgedBoard,
  };
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
  return perFactor(unitOf);
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
}

const noAnchors: AnchoredColumn = { version: undefined, anchors: undefined, cells: [], reasons: [] };

/** What is measured decides until somebody states what is wanted: sound numbers, or doubtful ones where there are no others. */
function provisionalAnchors(
  cells: readonly ScorableCell[],
  { trivialAccuracy, chance }: ScoreboardTask,
  { throughput: throughputUnit, latency: latencyUnit }: Readonly<Record<FactorName, Unit | undefined>>,
  deviceMemoryBytes: number | undefined,
): TaskAnchors | undefined {
  if (throughputUnit === undefined || latencyUnit === undefined) return undefined;
  const whole = cells.flatMap(({ metrics: { failure, accuracy, throughput, latency, memory }, flags }) => {
    if (failure !== undefined || accuracy === undefined) return [];
    if (!isAbove0(throughput) || !isAbove0(latency) || !isAbove0(memory)) return [];
    return [{ values: { accuracy, throughput, latency, memory }, flags }];
  });
  const sound = whole.filter(({ flags }) => isSound(flags));
  const rows = (sound.length > 0 ? sound : whole).map(({ values }) => values);
  if (rows.length === 0) return undefined;
  const memoryBytes = deviceMemoryBytes === undefined ? medianMemory(rows) : memoryBudget(deviceMemoryBytes);
  const trivial = trivialAccuracy ?? chance ?? 0;
  return {
    ...freezeAnchors(rows, { trivialAccuracy: trivial, memoryBudget: memoryBytes }),
    throughputUnit,
    latencyUnit,
    version: 'provisional',
    provisionalFrom: sound.length,
  };
}

/** Whether nothing speaks against speed and memory; how accurate a model is doesn't matter to an anchor. */
export function isSound(flags: readonly ScoreFlag[]): boolean {
  const doubts = new Set<ScoreFlag['code']>(['doubtful', 'invalid', 'unit']);
  return !flags.some(({ code, factor }) => factor !== 'accuracy' && doubts.has(code));
}

function isAbove0(value: number | undefined): value is number {
  return value !== undefined && value > 0;
}

function medianMemory(rows: readonly Factors[]): number {
  const sorted = rows.map(({ memory }) => memory).toSorted((left, right) => left - right);
  return sorted[Math.floor((sorted.length - 1) / 2)] as number;
}

function scoreAnchored(
  models: readonly ModelMetrics[],
  taskId: string,
  units: Readonly<Record<FactorName, Unit | undefined>>,
  provisional: TaskAnchors | undefined,
  { anchors: set, weights, tasks }: ScoreboardOptions,
): AnchoredColumn {
  const { needs = {}, trivialAccuracy, chance = 0 } = tasks?.[taskId] ?? {};
  const stated = { version: set?.version, trivialAccuracy: trivialAccuracy ?? chance };
  const anchors = anchorsWithNeeds(needs, (set && anchorsOf(set, taskId, units)) ?? provisional, stated);
  if (anchors === undefined) return noAnchors;
  const rows = perAnchored(models, anchors, weights && { weights });
  return {
    version: versionOf(anchors, set),
    anchors,
    cells: rows.map(({ factors, score, rank }) =>
      factors && score !== undefined ? { factors, score, rank } : undefined,
    ),
    reasons: rows.map(({ flags }) => flags),
  };
}
