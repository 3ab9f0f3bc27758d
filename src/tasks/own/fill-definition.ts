import type {
  AnswerKind,
  ByStyle,
  ResolvedTask,
  TaskDefinition,
  TaskMetric,
  TaskScore,
} from '../../core/task-definition.ts';
import { checkDefinition, ownScore } from './check-definition.ts';
import { defaultMaxTokens, defaultPrompt, defaultStop } from './default-prompts.ts';
import { settingError, type SettingSource } from './setting-error.ts';

/** What a file or its data say for certain; the rest follows from these. */
export type KnownOfTask = Pick<
  ResolvedTask,
  'name' | 'data' | 'input' | 'target' | 'answer' | 'labels' | 'choices' | 'examples'
> & {
  /** Needed only where a file says more than this one: of a schema file or a module. */
  readonly score?: TaskScore | undefined;
  /** The column of ids that the data have; by default what the file says. */
  readonly id?: string | undefined;
  /** Where the data count choices from 1; by default what the file says. */
  readonly firstChoice?: 0 | 1 | undefined;
  /** Sign before the fraction of numbers in the data; by default what the file says. */
  readonly decimal?: '.' | ',' | undefined;
  /** The column of texts that inputs are about, for the default prompt. */
  readonly context?: string | undefined;
};

/** One value for both styles, or one for each, as one for each. */
export function bothStyles<Value>(value: Value | ByStyle<Value>): ByStyle<Value> {
  const isSplit = typeof value === 'object' && value !== null && 'plain' in value && 'chat' in value;
  return isSplit ? value : { plain: value, chat: value };
}

/**
 * The score that a file asks for, where that needs no other file.
 *
 * @returns undefined for a schema file, a module, and free answers without a score
 */
export function plainScore(written: TaskDefinition['score'], answer: AnswerKind): TaskScore | undefined {
  if (written === undefined) return ownScore(answer);
  if (typeof written === 'string') {
    if (/^module\s/u.test(written)) return undefined;
    if (written === 'number') return { kind: 'number', tolerance: 0 };
    if (written === 'json') return { kind: 'json', schema: undefined };
    return { kind: written } as TaskScore;
  }
  if ('number' in written) return { kind: 'number', tolerance: written.number.tolerance };
  if ('regex' in written) return { kind: 'regex', pattern: written.regex };
  if ('json' in written && typeof written.json.schema !== 'string')
    return { kind: 'json', schema: written.json.schema };
  return undefined;
}

function metricOf(score: TaskScore): TaskMetric {
  return score.kind === 'f1' || score.kind === 'rouge_l' || score.kind === 'module' ? 'mean' : 'accuracy';
}

/**
 * A definition with its defaults: prompts, token limits, stop strings and metric that suit the kind of answer.
 *
 * @param file where the definition was written, for errors; by default its name
 * @throws {ConfigError} for settings that don't go together
 */
export function fillDefinition(
  written: TaskDefinition,
  known: KnownOfTask,
  file: SettingSource = known.name,
): ResolvedTask {
  const { answer, labels } = known;
  const score = known.score ?? plainScore(written.score, answer);
  if (score === undefined) {
    throw settingError(
      file,
      'score',
      'free answers need a scorer',
      'Use `module ./score.ts`, `regex`, `contains`, `f1` or `rouge_l`.',
    );
  }
  const by = written.by ?? 'generate';
  const { unanswerable } = written;
  const settled = { answer, by, labels, score, unanswerable };
  const firstChoice = written.firstChoice ?? known.firstChoice;
  const decimal = written.decimal ?? known.decimal;
  const { context, ...facts } = known;
  const task: ResolvedTask = {
    ...facts,
    ...settled,
    title: written.title ?? known.name,
    id: written.id ?? known.id,
    cluster: written.cluster,
    ...(firstChoice !== undefined && { firstChoice }),
    ...(decimal !== undefined && { decimal }),
    system: written.system,
    prompt: written.prompt === undefined ? defaultPrompt(settled, context) : bothStyles(written.prompt),
    maxTokens: written.maxTokens === undefined ? defaultMaxTokens(settled) : bothStyles(written.maxTokens),
    stop: written.stop === undefined ? defaultStop(settled) : bothStyles<readonly string[]>(written.stop),
    metric: written.metric ?? metricOf(score),
    need: written.need,
  };
  checkDefinition(written, task, file);
  return task;
}
