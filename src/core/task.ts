import type { ChatMessage, GenerationResult, LoglikelihoodResult, PromptStyle } from './engine.ts';
import type { ResolvedTask } from './task-definition.ts';

/** The data sets that perbench can read; the formats of each are listed in docs/tasks.md. */
export type DatasetName = 'imdb' | 'hellaswag' | 'arc_easy' | 'squad2' | 'gsm8k';

/** Which rows a task needs: `split` is evaluated, `fewShotSplit` is where examples come from. */
export interface DatasetReference {
  readonly name: DatasetName;
  readonly split: string;
  readonly fewShotSplit?: string;
  /** `builtin`: rows that come with perbench, no folder needed. By default rows of the published data set. */
  readonly source?: 'builtin';
  /** The same for the few-shot split alone; by default that of `source`. */
  readonly fewShotSource?: 'builtin';
}

/** One prompt, in both styles; `run` takes the one that suits the model. */
export interface GenerationPrompt {
  readonly plain: string;
  readonly chat: readonly ChatMessage[];
  /** Start of the assistant's answer under the chat style. */
  readonly prefill?: string;
}

/** What one item is asked, and how long its answer may be. */
export interface GenerationQuestion {
  readonly prompt: GenerationPrompt;
  /** Token limits by style: chat answers are longer than completions. */
  readonly maxTokens: Readonly<Record<PromptStyle, number>>;
  readonly stop: Readonly<Record<PromptStyle, readonly string[]>>;
  /** The item's own text was cut to fit the protocol's limit. */
  readonly isInputCut?: boolean;
  /** JSON Schema of the answer; engines are held to it where the model's `structuredOutput` is on. */
  readonly jsonSchema?: Readonly<Record<string, unknown>> | undefined;
}

export interface LikelihoodQuestion {
  readonly context: string;
  readonly continuations: readonly string[];
}

/** The verdict on one item. */
export interface ItemScore {
  /** Headline value in [0, 1]; the mean over items is the task's accuracy. */
  readonly value: number;
  /** What was read out of the output, as text; undefined where nothing could be. */
  readonly answer: string | undefined;
  readonly isUnparsed: boolean;
  /** Further values by metric name, each averaged over items, such as `acc_norm` or `f1`. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Facts about the item that `summarise` needs later, such as `{"hasAnswer": true}`. */
  readonly detail?: Readonly<Record<string, string | number | boolean>>;
}

/** Begins the names of metrics that only some items have: those of single fields of JSON answers, such as `field:date`. */
export const fieldPrefix = 'field:';

interface TaskBase<Item> {
  /**
   * Name, protocol and version: `gsm8k/per@2`. Raised when a change can change a number; of a task file, the first eight
   * digits of a hash of what it says.
   */
  readonly id: string;
  readonly title: string;
  /** Undefined for tasks of the user's own: their rows are brought along, or are those of `own`. */
  readonly dataset?: DatasetReference | undefined;
  /** What a task file says, of a task that was made from one. */
  readonly own?: ResolvedTask | undefined;
  /** All right answers that there are, where they are few. */
  readonly labels?: readonly string[] | undefined;
  /** Items of the evaluated split in the published benchmark. */
  readonly items: number;
  /** Examples that `question` is given; 0 means that no pool is read. */
  readonly shots: number;
  /** Examples that end up in each prompt, where that depends on the style; else `shots`. */
  readonly shotsByStyle?: Readonly<Record<PromptStyle, number>>;
  /** The same task with another number of examples, under another id. Absent where the number is fixed. */
  readonly withShots?: (shots: number) => Task;
  /** Name of the headline metric, such as `acc` or `exact_match`. */
  readonly metric: string;
  /** What always giving the best constant or random answer scores: 0.5 for IMDB. */
  readonly chance: number;
  /** Accuracy that PER-A counts as 0; by default `chance`. */
  readonly trivialAccuracy?: number;
  /** What further answers without a model score, such as `longest`; a score near one of them earns a warning. */
  readonly baselines?: Readonly<Record<string, number>>;
  /** Decides the units of the paper protocol: tokens/s for `generation`, items/s for `classification`. */
  readonly category: 'generation' | 'classification';
  /** Groups items whose scores are dependent, such as questions on one paragraph. */
  readonly cluster?: (item: Item) => string;
  /**
   * Checks one raw record.
   *
   * @throws {z.ZodError} or {RangeError} if the record doesn't fit; the caller adds file and line
   */
  parse(record: unknown, position: number): Item;
  /** Stable id of the item, unique in its split. */
  itemId(item: Item): string;
  /** The reference answer, as text for people. */
  expected(item: Item): string;
  /** Chooses the evaluated rows of a split in file order, where the benchmark is not the whole split. */
  select?(items: readonly Item[]): readonly Item[];
  /** Values over all items of a cell, such as SQuAD's `best_exact`. */
  summarise?(scores: readonly ItemScore[]): Readonly<Record<string, number>>;
}

/**
 * Examples for the item at `position` in the task's own order (not in the run's random order), from the few-shot
 * split. Deterministic.
 */
export type ExamplePicker<Item> = (position: number, pool: readonly Item[]) => readonly Item[];

export interface GenerateTask<Item = unknown> extends TaskBase<Item> {
  readonly kind: 'generate';
  readonly pickExamples?: ExamplePicker<Item>;
  question(item: Item, examples: readonly Item[]): GenerationQuestion;
  score(item: Item, output: Pick<GenerationResult, 'text' | 'finishReason'>): ItemScore;
}

export interface LikelihoodTask<Item = unknown> extends TaskBase<Item> {
  readonly kind: 'loglikelihood';
  readonly pickExamples?: ExamplePicker<Item>;
  question(item: Item, examples: readonly Item[]): LikelihoodQuestion;
  score(item: Item, output: Pick<LoglikelihoodResult, 'continuations'>): ItemScore;
}

/** A benchmark: a data set, a prompt, a way to answer, a scorer, a metric. Pure: it does no I/O. */
export type Task<Item = unknown> = GenerateTask<Item> | LikelihoodTask<Item>;

/** Where the rows of a published benchmark are; every task of perbench's own has such a place. */
export function datasetOf({ id, dataset }: Pick<Task, 'id' | 'dataset'>): DatasetReference {
  if (dataset === undefined) throw new Error(`${id} is no task of a published data set`);
  return dataset;
}

/** Whether a name is an id as tasks have them. */
export function isTaskId(name: string): boolean {
  return /^[a-z0-9_-]+\/[a-z0-9_-]+@(?:\d+|[0-9a-f]{8})$/.test(name);
}

/**
 * Checks a task definition and freezes it; also how users define their own.
 *
 * @throws {RangeError} if the id isn't `name/protocol@version` or a number is out of range
 */
export function defineTask<Item>(task: GenerateTask<Item>): Task;
export function defineTask<Item>(task: LikelihoodTask<Item>): Task;
export function defineTask<Item>(task: Task<Item>): Task {
  if (!isTaskId(task.id)) {
    throw new RangeError(`task id "${task.id}" must look like name/protocol@version, such as gsm8k/per@2`);
  }
  if (!(task.chance >= 0 && task.chance < 1)) throw new RangeError(`${task.id}: chance must be in [0, 1)`);
  // Callers hand items back only to the task that parsed them, so the item type may be forgotten here.
  return Object.freeze(task) as unknown as Task;
}
