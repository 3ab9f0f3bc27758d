import { UsageError } from '../core/errors.ts';
import type { Sample } from '../core/sample.ts';
import type { RunRecord, SampleSummary, Store } from '../core/store.ts';
import type { ItemScore } from '../core/task.ts';
import { outsideMeasurements } from '../metrics/outside-measurements.ts';
import { measureCell } from './measure-cell.ts';
import type { PlannedTask } from './plan.ts';
import { rescoreSample } from './score-sample.ts';
import { toldMeasurements } from './strategies/race-record.ts';

export interface RescoredCell {
  readonly model: string;
  readonly taskId: string;
  readonly items: number;
  /** Items whose score is another now. */
  readonly changed: number;
}

interface RescoredItem {
  readonly itemId: string;
  readonly score: ItemScore;
  readonly cluster: string | undefined;
  readonly expected: string;
}

interface Rescoring {
  readonly scores: readonly RescoredItem[];
  readonly summary: SampleSummary;
  readonly changed: number;
}

async function rescoreSamples(samples: AsyncIterable<Sample>, { task, items }: PlannedTask): Promise<Rescoring> {
  const itemsById = new Map(items.map((item) => [task.itemId(item), item]));
  const scores: RescoredItem[] = [];
  const sums = {
    scoreSum: 0,
    scoreSquareSum: 0,
    failed: 0,
    unparsed: 0,
    truncated: 0,
    promptTokens: 0,
    outputTokens: 0,
    uncounted: 0,
    outputTokenSquareSum: 0,
    thinkingTokens: 0,
    thoughtful: 0,
    budgetCut: 0,
    contentFiltered: 0,
  };
  const cutTokens: number[] = [];
  let changed = 0;
  for await (const sample of samples) {
    const { itemId } = sample;
    const item = itemsById.get(itemId);
    if (item === undefined) {
      throw new UsageError(`${task.id}: item ${itemId} is not in the data`, {
        hint: 'Use the data that the run was made with.',
      });
    }
    const score = rescoreSample(task, item, sample);
    if (score.value !== sample.score) changed += 1;
    scores.push({ itemId, score, cluster: sample.cluster, expected: sample.expected });
    sums.scoreSum += score.value;
    sums.scoreSquareSum += score.value ** 2;
    sums.failed += sample.failure === undefined || sample.failure.reason === 'scorer' ? 0 : 1;
    sums.unparsed += score.isUnparsed ? 1 : 0;
    sums.truncated += sample.isTruncated ? 1 : 0;
    const { promptTokens = 0, outputTokens = 0 } = sample;
    sums.promptTokens += promptTokens;
    sums.outputTokens += outputTokens;
    sums.uncounted += sample.outputTokens === undefined ? 1 : 0;
    sums.outputTokenSquareSum += outputTokens ** 2;
    sums.thinkingTokens += sample.thinkingTokens ?? 0;
    sums.thoughtful += sample.thinkingTokens === undefined ? 0 : 1;
    sums.budgetCut += sample.cut === 'budget_cut' ? 1 : 0;
    if (sample.cut === 'budget_cut' && sample.thinkingTokens !== undefined) cutTokens.push(sample.thinkingTokens);
    sums.contentFiltered += sample.cut === 'content_filter' ? 1 : 0;
  }
  const most =
    cutTokens.length === 0 ? {} : { mostCutTokens: cutTokens.reduce((left, right) => Math.max(left, right)) };
  return { scores, summary: { items: scores.length, ...sums, ...most }, changed };
}

/** Answers that are read in another way are another version's: its scores never stand under the old name. */
function otherVersion(run: Pick<RunRecord, 'id'>, taskId: string, known: readonly string[]): UsageError {
  const [name] = taskId.split('@');
  const now = known.find((id) => id.split('@')[0] === name);
  const instead =
    now === undefined ? 'which was not loaded' : `which is ${now} now: its answers are read in another way`;
  return new UsageError(`run ${run.id} has the task ${taskId}, ${instead}`, {
    hint: 'Start a new run, or score it again with the perbench that made it.',
  });
}

async function* each<Value>(values: readonly Value[]): AsyncGenerator<Value> {
  yield* values;
}

/**
 * Scores the stored outputs of a run again, by the scorers as they are now; one transaction per cell, so that scores and
 * measurements always belong together.
 *
 * @param tasks the run's tasks with their items loaded
 * @throws {UsageError} before anything is scored, if a task is read in another way now, under another version; if an item
 * that was answered isn't in the data any more
 */
export async function* rescoreRun(
  store: Store,
  run: RunRecord,
  tasks: readonly PlannedTask[],
): AsyncGenerator<RescoredCell> {
  const cells = await store.cells(run.id);
  const planned = new Map(tasks.map((task) => [task.task.id, task]));
  const other = cells.find(({ taskId }) => !planned.has(taskId));
  if (other !== undefined) throw otherVersion(run, other.taskId, [...planned.keys()]);
  for (const { id, model, taskId } of cells) {
    const task = planned.get(taskId);
    if (task === undefined) continue;
    const { scores, summary, changed } = await rescoreSamples(store.samples(id), task);
    const rescored = {
      sampleSummary: async () => summary,
      passResults: () => store.passResults(id),
      scores: () =>
        each(scores.map(({ score, cluster, itemId, expected }) => ({ ...score, cluster, itemId, expected }))),
    };
    const { thinking } = run.manifest.models[model] ?? {};
    const own = await measureCell(rescored, id, {
      task: task.task,
      suite: run.suite,
      thinking,
      machines: run.manifest,
    });
    const answers = run.manifest.imported?.answers;
    const measured = answers === undefined ? own : outsideMeasurements(own, answers, summary);
    const verdict = run.manifest.race?.tasks[taskId]?.decisions.find((decision) => decision.model === model);
    const measurements = verdict === undefined ? measured : toldMeasurements(measured, verdict);
    await store.replaceScores(id, each(scores), measurements);
    yield { model, taskId, items: scores.length, changed };
  }
}
