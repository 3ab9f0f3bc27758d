import { UnknownNameError, UsageError } from '../core/errors.ts';
import { serverSettings } from '../core/managed-server.ts';
import type { HostFacts, ModelFacts, TaskFacts } from '../core/manifest.ts';
import { keyPart, type SettingTable } from '../core/settings.ts';
import type { RunRecord } from '../core/store.ts';
import { type ModelEntry, modelEntry, type Suite } from '../core/suite.ts';
import { suiteSettings } from '../core/suite-settings.ts';
import type { SettingDifference } from '../scoring/comparison.ts';
import { thinkingText } from '../core/model-setting.ts';
import { nameModel } from './prepare-models.ts';

/** One side of a comparison: a model within a run. */
export interface MadeWith {
  readonly run: RunRecord;
  readonly model: string;
}

/** How a cell, or some part of one, was made. */
interface Making {
  readonly run: RunRecord;
  readonly task: TaskFacts | undefined;
  readonly model: ModelFacts | undefined;
  /** The model in the suite. */
  readonly entry: ModelEntry | undefined;
}

/** One thing that makes results hard to compare where it differs. The model itself is none: it is the question. */
interface Fact {
  readonly what: string;
  readonly affects: SettingDifference['affects'];
  /** What has it; `server`: a model with a server of its own; `weights`: a model, others have another by their nature. */
  readonly of: 'run' | 'task' | 'model' | 'server' | 'weights';
  readonly read: (making: Making) => unknown;
}

/** What a model of a suite was called in its run may come from its source, so each entry is named again. */
export function entryOf({ models }: Suite, model: string): ModelEntry | undefined {
  const entry = models.find((candidate) => {
    try {
      return nameModel(candidate, '/').name === model;
    } catch (error) {
      // A source or an engine that this version doesn't know any more.
      if (error instanceof UsageError || error instanceof UnknownNameError) return false;
      throw error;
    }
  });
  return entry === undefined ? undefined : modelEntry(entry);
}

/** The deciding settings of a table, as facts. */
function settingFacts(
  table: SettingTable,
  read: (making: Making, name: string, fallback: unknown) => unknown,
  ownerOf: (name: string) => Fact['of'],
): readonly Fact[] {
  return Object.entries(table).flatMap(([name, setting]): Fact[] => {
    if (setting.decides === 'nothing') return [];
    const { label, decides, fallback } = setting;
    return [{ what: label, affects: decides, of: ownerOf(name), read: (making) => read(making, name, fallback) }];
  });
}

/** What a run says of itself before its suite does. */
const recorded: Readonly<Record<string, (making: Making) => unknown>> = {
  seed: ({ run }) => run.manifest.seed,
  threads: ({ model }) => model?.threads,
};

/** Settings of the suite whose values decide; what the others lead to is compared instead. */
const suiteFacts = settingFacts(
  Object.fromEntries(Object.entries(suiteSettings).filter(([, setting]) => keyPart(setting) !== 'content')),
  // A run of a time before the setting had what is its default now.
  (making, name, fallback) => recorded[name]?.(making) ?? making.run.suite[name as keyof Suite] ?? fallback,
  (name) => (name === 'threads' ? 'model' : 'run'),
);

const serverFacts = settingFacts(
  serverSettings,
  ({ entry }, name) => {
    const value = entry?.server?.[name as keyof typeof serverSettings];
    if (name !== 'environment') return value;
    return value && Object.entries(value).map(([variable, own]) => `${variable}=${own}`);
  },
  () => 'server',
);

/** Of one sha256, as much as people compare. */
function short(hash: string | undefined): string | undefined {
  return hash?.slice(0, 12);
}

const fact = (of: Fact['of'], what: string, affects: Fact['affects'], read: Fact['read']): Fact => ({
  what,
  affects,
  of,
  read,
});

const hostFact = (what: string, read: (host: HostFacts) => unknown): Fact =>
  fact('run', what, 'performance', ({ run }) => read(run.manifest.host));

/** Everything that makes two cells hard to compare, as `compare` and `report` say it. */
const facts: readonly Fact[] = [
  fact('task', 'data (sha256)', 'answers', ({ task }) => short(task?.dataSha256)),
  fact('task', 'item list (sha256)', 'answers', ({ task }) => short(task?.itemIdsSha256)),
  fact('task', 'scorer (sha256)', 'answers', ({ task }) => short(task?.own?.scorerSha256)),
  fact('task', 'items', 'both', ({ task }) => task?.evaluatedItems),
  fact('task', 'few-shot examples per prompt', 'both', ({ task }) => task?.shots),
  fact('model', 'engine build', 'both', ({ model }) => model?.engineBuild),
  fact('model', 'engine devices', 'performance', ({ model }) => model?.devices?.join(', ')),
  ...suiteFacts,
  ...serverFacts,
  hostFact('CPU', ({ cpuModel }) => cpuModel),
  hostFact('cores', ({ cores, cpuQuotaCores }) => cpuQuotaCores ?? cores),
  hostFact('GPUs', ({ gpus }) => gpus.join(', ')),
  hostFact('host memory', ({ memoryBytes }) => `${(memoryBytes / 2 ** 30).toFixed(1)} GiB`),
  hostFact('governor', ({ governor }) => governor),
  hostFact('kernel', ({ kernel }) => kernel),
  fact('run', 'perbench version', 'both', ({ run }) => run.manifest.perbenchVersion),
  fact('weights', 'engine options', 'both', ({ entry }) => entry?.engineOptions),
  // The same weights under another template or style are another question; of different weights it is their nature.
  fact('weights', 'thinking', 'both', ({ model, entry }) => {
    if (model?.thinking !== undefined) return thinkingText(model.thinking);
    return entry?.thinking === 'auto' ? undefined : entry?.thinking;
  }),
  fact('weights', 'template arguments', 'answers', ({ entry }) => entry?.templateArgs),
  fact('weights', 'structured output', 'answers', ({ entry }) => (entry?.structuredOutput === true ? 'on' : undefined)),
  fact('weights', 'prompt style', 'answers', ({ model }) => model?.promptStyle),
  fact('weights', 'chat template (sha256)', 'answers', ({ model }) => short(model?.chatTemplateSha256)),
  fact('weights', 'tokenizer (sha256)', 'answers', ({ model }) => short(model?.tokenizerSha256)),
];

function text(value: unknown): string {
  if (value === undefined || value === '') return 'none';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Whether both sides turn an item into the same text and record its hash: then equal items must have equal ones. */
export function rendersAlike(a: MadeWith, b: MadeWith): boolean {
  const [left, right] = [a.run.manifest.models[a.model], b.run.manifest.models[b.model]];
  if (left === undefined || right === undefined || left.promptStyle !== right.promptStyle) return false;
  // A server renders the messages itself, so that their hash is recorded; an engine in process records that of the text.
  if (left.promptStyle !== 'plain' && engineOf(a) !== engineOf(b)) return false;
  return left.chatTemplateSha256 === right.chatTemplateSha256;
}

/** What ran a model, as far as its suite tells. */
export function engineOf({ run, model }: MadeWith): string | undefined {
  const entry = entryOf(run.suite, model);
  return entry && nameModel(entry, '/').engine;
}

const ofTask = (run: RunRecord, task: string): Making => ({
  run,
  task: run.manifest.tasks[task],
  model: undefined,
  entry: undefined,
});

const ofModel = (run: RunRecord, model: string): Making => ({
  run,
  task: undefined,
  model: run.manifest.models[model],
  entry: entryOf(run.suite, model),
});

/** What tells weights apart; a served model has nothing but where it comes from. */
const weightsOf = ({ model }: Making): string | undefined => model?.fileSha256 ?? model?.source;

/** How two cells of a task were made differently, in words; empty where nothing that matters differs. */
export function settingDifferences(a: MadeWith, b: MadeWith, taskId: string): readonly SettingDifference[] {
  const making = ({ run, model }: MadeWith): Making => ({ ...ofModel(run, model), task: run.manifest.tasks[taskId] });
  const [left, right] = [making(a), making(b)];
  const isSameModel = left.model !== undefined && weightsOf(left) === weightsOf(right);
  const areServed = left.entry?.server !== undefined && right.entry?.server !== undefined;
  return facts
    .filter(({ of }) => (of === 'weights' ? isSameModel : of !== 'server' || areServed))
    .map(({ what, affects, read }) => ({ what, affects, a: text(read(left)), b: text(read(right)) }))
    .filter((difference) => difference.a !== difference.b);
}

/** What makes cells of several runs hard to compare, in the words of `settingDifferences`. */
export function runDifferences(runs: readonly RunRecord[]): readonly string[] {
  const tasks = runs.flatMap((run) => Object.keys(run.manifest.tasks).map((name) => ({ name, ...ofTask(run, name) })));
  const models = runs.flatMap((run) => Object.keys(run.manifest.models).map((name) => ofModel(run, name)));
  const groups: Readonly<Record<Fact['of'], readonly (readonly Making[])[]>> = {
    run: [runs.map((run) => ofTask(run, ''))],
    task: [...Map.groupBy(tasks, ({ name }) => name).values()],
    model: [models],
    server: [models.filter(({ entry }) => entry?.server !== undefined)],
    weights: [...Map.groupBy(models, weightsOf).values()],
  };
  const differs = ({ of, read }: Fact): boolean => groups[of].some((group) => variesBetweenRuns(group, of, read));
  return facts.filter(differs).map(({ what }) => what);
}

/** Whether some run has other values than another; within one run models may well have different ones. */
function variesBetweenRuns(group: readonly Making[], of: Fact['of'], read: Fact['read']): boolean {
  const isFromLaunch = of === 'model' || of === 'weights';
  const ofRuns = Array.from(Map.groupBy(group, ({ run }) => run).values(), (makings) => {
    // What an engine that was never started would have been differs from nothing.
    const known = makings.map(read).filter((value) => value !== undefined || !isFromLaunch);
    return JSON.stringify([...new Set(known.map(text))].toSorted());
  });
  return new Set(ofRuns.filter((values) => values !== '[]')).size > 1;
}

/** What a suite says of a task of the user's own. */
export function definitionOf({ suite }: RunRecord, taskId: string): Readonly<Record<string, unknown>> | undefined {
  const entry = suite.tasks.find((task) => typeof task !== 'string' && task.task === taskId);
  return typeof entry === 'string' ? undefined : (entry?.definition as Readonly<Record<string, unknown>> | undefined);
}

/** Keys of a definition that aren't in its id. */
const besides: ReadonlySet<string> = new Set(['task', 'title', 'data', 'need']);

/**
 * Tasks of one name that two runs define in different ways, which are different tasks, one sentence each.
 *
 * @param isWanted keeps a task
 */
export function definitionDifferences(
  a: RunRecord,
  b: RunRecord,
  isWanted: (taskId: string) => boolean,
): readonly string[] {
  const nameOf = (taskId: string): string => taskId.split('@')[0] ?? taskId;
  const own = ({ manifest }: RunRecord): readonly string[] => Object.keys(manifest.tasks).filter(isWanted);
  return own(a).flatMap((left) =>
    own(b)
      .filter((right) => right !== left && nameOf(right) === nameOf(left))
      .flatMap((right) => {
        const [before, after] = [definitionOf(a, left), definitionOf(b, right)];
        if (before === undefined || after === undefined) return [];
        const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
          (key) => !besides.has(key) && JSON.stringify(before[key]) !== JSON.stringify(after[key]),
        );
        const what = keys.length === 0 ? 'in what perbench adds to them' : `in ${keys.join(', ')}`;
        return [`${left} and ${right} are two tasks: their definitions differ ${what}`];
      }),
  );
}
