import { isDeepStrictEqual } from 'node:util';
import type { AnswerKind, ResolvedTask, TaskDefinition, TaskScore } from '../../core/task-definition.ts';
import { defaultMaxTokens, defaultStop } from './default-prompts.ts';
import { settingError, type SettingSource } from './setting-error.ts';

/** Scores that suit each kind of answer, its own first. */
const scoresOf: Readonly<Record<AnswerKind, readonly [TaskScore['kind'], ...TaskScore['kind'][]]>> = {
  label: ['label', 'exact', 'module'],
  choice: ['choice', 'letter', 'module'],
  text: ['exact', 'contains', 'f1', 'rouge_l', 'regex', 'module'],
  number: ['number', 'module'],
  json: ['json', 'module'],
  free: ['contains', 'f1', 'rouge_l', 'regex', 'module'],
};
const graded: ReadonlySet<TaskScore['kind']> = new Set(['f1', 'rouge_l']);
const withoutTarget: ReadonlySet<TaskScore['kind']> = new Set(['module', 'regex']);

const listed = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');

/** Score of an answer where the file names none; undefined for free answers, which have none of their own. */
export function ownScore(answer: AnswerKind): TaskScore | undefined {
  if (answer === 'free') return undefined;
  const [kind] = scoresOf[answer];
  if (kind === 'number') return { kind, tolerance: 0 };
  if (kind === 'json') return { kind, schema: undefined };
  return { kind } as TaskScore;
}

/**
 * Refuses settings that don't go together, before they would give numbers that mean something else.
 *
 * @throws {ConfigError} for the first
 */
export function checkDefinition(written: TaskDefinition, task: ResolvedTask, file: SettingSource): void {
  const refuse = (key: string, problem: string, hint?: string): never => {
    throw settingError(file, key, problem, hint);
  };
  const { answer, by, score, labels = [], examples } = task;
  if (!scoresOf[answer].includes(score.kind)) {
    refuse('score', `\`${score.kind}\` doesn't score ${answer} answers; those have ${listed(scoresOf[answer])}`);
  }
  if (answer === 'label' && labels.length < 2) refuse('labels', 'a label task needs at least 2 labels');
  const repeated = labels.find((label, index) => labels.indexOf(label) !== index);
  if (repeated !== undefined) refuse('labels', `"${repeated}" is there twice`);
  if (answer !== 'label' && task.labels !== undefined)
    refuse('labels', `${answer} answers have no labels`, 'Set `answer: label`, or leave `labels` out.');
  if (answer === 'choice' && task.choices === undefined)
    refuse('choices', 'a choice task needs the column with the choices');
  if (answer !== 'choice' && task.choices !== undefined)
    refuse('choices', `${answer} answers have no choices`, 'Set `answer: choice`, or leave `choices` out.');
  if (answer !== 'choice' && written.firstChoice !== undefined)
    refuse('firstChoice', `${answer} answers have no choices`);
  if (answer !== 'number' && written.decimal !== undefined) refuse('decimal', `${answer} answers are no numbers`);
  if (task.target === task.input)
    refuse(
      'input',
      `\`${task.input}\` is also the target: the prompt would show the right answer`,
      'Name another column.',
    );
  if (task.target === undefined && !withoutTarget.has(score.kind)) {
    refuse(
      'target',
      `\`score: ${score.kind}\` compares with a right answer`,
      'Name the column with the right answers.',
    );
  }
  if (task.unanswerable !== undefined && answer !== 'text')
    refuse('unanswerable', `${answer} answers can't be missing; only text can`);
  if (examples?.pick === 'balanced' && answer !== 'label' && answer !== 'choice') {
    refuse(
      'examples.pick',
      `\`balanced\` needs labels or choices, ${answer} answers have neither`,
      'Use `pick: first`.',
    );
  }
  if (examples !== undefined && task.target === undefined) refuse('examples', 'examples need a `target` to show');
  checkMetric(task, refuse);
  if (by === 'likelihood') checkLikelihood(written, task, refuse);
}

type Refuse = (key: string, problem: string, hint?: string) => never;

function checkMetric({ answer, metric, score }: ResolvedTask, refuse: Refuse): void {
  if (metric === 'macro_f1' && answer !== 'label')
    refuse('metric', `\`macro_f1\` needs labels, ${answer} answers have none`);
  if (metric === 'macro_f1' && score.kind === 'module')
    refuse(
      'metric',
      "`macro_f1` needs labels that perbench reads itself: a module's score doesn't say which label it read",
    );
  if (metric === 'accuracy' && graded.has(score.kind)) {
    refuse('metric', `\`${score.kind}\` gives partial credit, whose mean is no accuracy`, 'Use `metric: mean`.');
  }
}

function checkLikelihood(written: TaskDefinition, task: ResolvedTask, refuse: Refuse): void {
  const { answer, score } = task;
  if (answer !== 'label' && answer !== 'choice') {
    refuse('by', `\`likelihood\` compares labels or choices, ${answer} answers have neither`, 'Use `by: generate`.');
  }
  if (written.score !== undefined && score.kind !== answer)
    refuse('score', 'likelihood has no text to score', 'Leave `score` out, or use `by: generate`.');
  // A definition that was stored whole has the defaults written out.
  const unused = { maxTokens: defaultMaxTokens(task), stop: defaultStop(task) };
  for (const key of ['maxTokens', 'stop'] as const) {
    if (written[key] === undefined || isDeepStrictEqual(task[key], unused[key])) continue;
    refuse(key, 'likelihood generates nothing', `Leave \`${key}\` out, or use \`by: generate\`.`);
  }
}
