import type { CellMeasurements, PassResult } from '../core/cell.ts';
import type { Thinking } from '../core/engine.ts';
import type { Measurement } from '../core/measurement.ts';
import type { SampleSummary } from '../core/store.ts';
import type { ProtocolName } from '../core/suite.ts';
import type { Task } from '../core/task.ts';
import { tokensPerAnswer } from './answer-tokens.ts';
import { accuracyMeasurement, macroF1Measurement, type ScoredItems } from './accuracy.ts';
import { costMeasurements } from './cost-measurements.ts';
import { mergeWarnings } from './launches.ts';
import { thinkingMeasurements } from './thinking-measurements.ts';
import { paperMeasurements, servingMeasurements } from './performance.ts';

export interface CellRecords {
  readonly task: Task;
  readonly protocol: ProtocolName;
  readonly summary: SampleSummary;
  readonly scored: ScoredItems;
  /** Values of the task's further metrics over all items, by name. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly passResults: readonly PassResult[];
  /** Of one device, in any currency; without it there are no prices. */
  readonly pricePerHour?: number | undefined;
  /** What became of the model's setting; undefined where nobody knows. */
  readonly thinking?: Thinking | undefined;
}

/** What was odd about the answers is said of their accuracy as well. */
function withOddAnswers(accuracy: Measurement, passResults: readonly PassResult[]): Measurement {
  if (accuracy.status === 'unavailable') return accuracy;
  const odd = mergeWarnings(passResults.filter(({ pass }) => pass === 'accuracy')).filter(
    ({ reason }) => reason === 'odd_answers',
  );
  return odd.length === 0 ? accuracy : { ...accuracy, warnings: [...accuracy.warnings, ...odd] };
}

/** Everything that a cell measures, computed from its records alone: the same records give the same numbers. */
export function cellMeasurements({
  task,
  protocol,
  summary,
  scored,
  metrics,
  passResults,
  pricePerHour,
  thinking,
}: CellRecords): CellMeasurements {
  const extra: Record<string, Measurement> = {};
  for (const [name, value] of Object.entries(metrics)) {
    extra[name] = { status: 'measured', value, unit: 'ratio', n: summary.items, warnings: [] };
  }
  const performance = protocol === 'paper' ? paperMeasurements : servingMeasurements;
  const tokens = task.kind === 'generate' ? tokensPerAnswer(summary) : undefined;
  const trivial = { chance: task.chance, ...task.baselines };
  const share = withOddAnswers(accuracyMeasurement(summary, scored, trivial, thinking), passResults);
  const macro = macroF1Measurement(share, scored);
  // The headline is what the task calls it; the other stands beside it.
  const isMacro = task.metric === 'macro_f1' && macro !== undefined;
  if (macro !== undefined) Object.assign(extra, isMacro ? { acc: share } : { macro_f1: macro });
  const accuracy = isMacro ? macro : share;
  return {
    accuracy,
    ...(task.kind === 'generate' && thinkingMeasurements(summary, thinking)),
    ...performance(task, passResults),
    ...costMeasurements(protocol, passResults, accuracy, pricePerHour),
    ...(tokens !== undefined && { tokensPerAnswer: tokens }),
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}
