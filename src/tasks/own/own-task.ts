/**
 * Tasks of the user's own: what a task file says becomes a task like any other.
 *
 * Not covered: several turns, tools, images, sampling and voting.
 */
import type { PromptStyle } from '../../core/engine.ts';
import { contentHash } from '../../core/item-id.ts';
import type { OwnRecord, ResolvedTask } from '../../core/task-definition.ts';
import {
  defineTask,
  type ExamplePicker,
  type GenerateTask,
  type ItemScore,
  type LikelihoodTask,
  type Task,
} from '../../core/task.ts';
import { balancedExamples, firstExamples } from '../example-picker.ts';
import { groupMeans, where } from '../task-parts.ts';
import { columnValue, isBlank, plainValue, valueText } from './column-value.ts';
import { ownPrompts, type OwnPrompts } from './own-prompts.ts';
import { ownTaskId } from './own-task-id.ts';
import { MiscountedChoices } from './row-choices.ts';
import { rowError } from './row-error.ts';
import { type RowFacts, rowFacts } from './row-facts.ts';
import { createAnswerScorer } from './score-answer.ts';
import { scoreContinuations } from './score-likelihood.ts';
import type { OwnScorer } from './score-own-module.ts';
import { settingError } from './setting-error.ts';

export { type OwnScorer, ScorerFault } from './score-own-module.ts';
export { ownTaskId } from './own-task-id.ts';

/** What a definition needs beside itself to become a task. */
export interface OwnTaskParts {
  /** Rows that are evaluated. */
  readonly items: number;
  /** Of `score: module`. */
  readonly scorer?: OwnScorer | undefined;
  /** Of the data: with them a prompt that names none of them is an error at once, not at the first row. */
  readonly columns?: readonly string[] | undefined;
  /** Where the definition was written, for errors; by default the task's name. */
  readonly file?: string | undefined;
  /** What random answers score, where the rows say so (`ownChance`); by default what labels and columns of choices say. */
  readonly chance?: number | undefined;
  /** What other answers without a model score, by name. */
  readonly baselines?: Readonly<Record<string, number>> | undefined;
}

/** More labels than this are too many for a table of their accuracies. */
const mostListed = 12;

/**
 * What random answers score: 1 of the labels, or of each row's choices on average; 0 for answers that can't be guessed.
 *
 * @param rows without them, choices in a list count as none
 */
export function ownChance(definition: ResolvedTask, rows: readonly Pick<OwnRecord, 'values'>[] = []): number {
  const { answer, labels = [], choices = [] } = definition;
  if (answer === 'label') return 1 / labels.length;
  if (answer !== 'choice') return 0;
  if (rows.length === 0) return typeof choices === 'string' ? 0 : 1 / choices.length;
  const shares = rows.map((row) => {
    const { choices: own, right } = rowFacts(definition, row);
    return new Set(right.positions).size / (own?.texts.length ?? 1);
  });
  return Math.min(0.999, shares.reduce((sum, share) => sum + share, 0) / shares.length);
}

/**
 * The task that a definition describes; its records are the values of a row by column, its items are `OwnRecord`s.
 *
 * @throws {ConfigError} for a prompt that is no template, or settings that don't go together
 */
export function ownTask(definition: ResolvedTask, parts: OwnTaskParts): Task {
  const file = parts.file ?? definition.name;
  const prompts = ownPrompts(definition, file, parts.columns);
  const common = commonParts(definition, parts, prompts, file);
  const shots = common.shotsByStyle;
  if (definition.by === 'likelihood') {
    return defineTask<OwnRecord>({
      ...common,
      kind: 'loglikelihood',
      question(item, examples) {
        const { plain } = prompts.prompt(item, examples, shots);
        return {
          context: plain,
          continuations: candidates(definition, rowFacts(definition, item)).map((text) => ` ${text}`),
        };
      },
      score(item, { continuations }) {
        const facts = rowFacts(definition, item);
        return scoreContinuations(definition, facts, candidates(definition, facts), continuations);
      },
    } satisfies LikelihoodTask<OwnRecord>);
  }
  const score = createAnswerScorer(definition, file, parts.scorer);
  const { maxTokens, stop } = definition;
  const schema = definition.score.kind === 'json' ? definition.score.schema : undefined;
  return defineTask<OwnRecord>({
    ...common,
    kind: 'generate',
    question: (item, examples) => ({
      prompt: prompts.prompt(item, examples, shots),
      maxTokens,
      stop,
      ...(schema !== undefined && { jsonSchema: schema }),
    }),
    score: (item, { text }) => score(item, text),
  } satisfies GenerateTask<OwnRecord>);
}

function candidates({ labels }: ResolvedTask, { choices }: RowFacts): readonly string[] {
  return choices?.texts ?? labels ?? [];
}

function commonParts(definition: ResolvedTask, parts: OwnTaskParts, prompts: OwnPrompts, file: string) {
  const { answer, cluster, examples, labels } = definition;
  const shotsByStyle: Readonly<Record<PromptStyle, number>> = examples?.count ?? { plain: 0, chat: 0 };
  const shots = Math.max(shotsByStyle.plain, shotsByStyle.chat);
  const isClassifying = answer === 'label' || answer === 'choice';
  return {
    id: ownTaskId(definition),
    title: definition.title,
    own: definition,
    ...(labels !== undefined && { labels }),
    items: parts.items,
    shots,
    shotsByStyle,
    withShots: (count: number) => ownTask(withExamples(definition, count), parts),
    metric: metricName(definition),
    chance: parts.chance ?? ownChance(definition),
    ...(parts.baselines !== undefined && { baselines: parts.baselines }),
    category: isClassifying ? ('classification' as const) : ('generation' as const),
    ...(cluster !== undefined && {
      cluster: ({ values }: OwnRecord) => contentHash(valueText(columnValue(values, cluster)), 16),
    }),
    parse: (record: unknown): OwnRecord => parseRow(definition, prompts, file, record),
    itemId: ({ id }: OwnRecord) => id,
    expected: (item: OwnRecord) => rowFacts(definition, item).right.expected,
    pickExamples: examplePicker(definition, shots),
    summarise: (scores: readonly ItemScore[]) => summarise(definition, scores),
  };
}

/** The headline's name: what a mean is a mean of, where that has a name. */
function metricName({ metric, score }: ResolvedTask): string {
  if (metric !== 'mean') return metric === 'accuracy' ? 'acc' : metric;
  return score.kind === 'f1' || score.kind === 'rouge_l' ? score.kind : metric;
}

function withExamples(definition: ResolvedTask, count: number): ResolvedTask {
  const { examples } = definition;
  if (count === 0) return { ...definition, examples: undefined };
  const both = { plain: count, chat: count };
  return { ...definition, examples: { from: undefined, pick: 'first', ...examples, count: both } };
}

function examplePicker(definition: ResolvedTask, shots: number): ExamplePicker<OwnRecord> {
  const { answer, labels = [], examples } = definition;
  if (examples?.pick !== 'balanced') return firstExamples(shots);
  // The picker begins with the highest number: the first label, or choice A.
  return balancedExamples(shots, (item) => {
    const { positions, texts } = rowFacts(definition, item).right;
    return -(answer === 'choice' ? (positions[0] ?? 0) : labels.indexOf(texts[0] ?? ''));
  });
}

function isRow(record: unknown): record is Readonly<Record<string, unknown>> {
  return typeof record === 'object' && record !== null && !Array.isArray(record);
}

function parseRow(definition: ResolvedTask, prompts: OwnPrompts, file: string, record: unknown): OwnRecord {
  if (!isRow(record)) throw rowError('row', 'an object, with a value for each column');
  const item = { id: rowId(definition, record), values: record };
  try {
    rowFacts(definition, item);
  } catch (error) {
    if (!(error instanceof MiscountedChoices)) throw error;
    throw settingError(file, 'target', `${error.message}: choices are counted from 0`, 'Set `firstChoice: 1`.');
  }
  const { cluster } = definition;
  if (cluster !== undefined && isBlank(columnValue(record, cluster)))
    throw rowError(cluster, 'filled in, as the column of clusters');
  prompts.check(item);
  return item;
}

function rowId({ id }: ResolvedTask, values: Readonly<Record<string, unknown>>): string {
  if (id === undefined) return contentHash(JSON.stringify(plainValue(values)), 16);
  const value = columnValue(values, id);
  if (isBlank(value)) throw rowError(id, 'filled in, as the column of ids');
  return valueText(value).trim();
}

function summarise(
  { labels = [], unanswerable }: ResolvedTask,
  scores: readonly ItemScore[],
): Readonly<Record<string, number>> {
  const value = (score: ItemScore): number => score.value;
  const listed = labels.length <= mostListed ? labels : [];
  return groupMeans(scores, {
    ...Object.fromEntries(listed.map((label) => [`acc_${label}`, where('gold', label, value)])),
    ...(unanswerable !== undefined && {
      has_answer: where('hasAnswer', true, value),
      no_answer: where('hasAnswer', false, value),
    }),
  });
}
