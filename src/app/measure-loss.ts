import type { Cell } from '../core/cell.ts';
import type { Engine } from '../core/engine.ts';
import { PerbenchError, UsageError } from '../core/errors.ts';
import { baseOfRun } from '../core/find-base.ts';
import { type LossRecord, type LossSource, usualLossItems } from '../core/loss.ts';
import type { RunRecord, Store } from '../core/store.ts';
import type { Suite } from '../core/suite.ts';
import { openEngine as openKnownEngine } from '../engines/index.ts';
import { withRemedy } from '../core/with-remedy.ts';
import type { LossRow, LossTable, UnavailableLoss } from '../present/loss-document.ts';
import type { PlannedModel, PlannedTask } from '../run/plan.ts';
import { suiteEngineOptions } from '../run/protocol.ts';
import { expandModels } from './candidates.ts';
import { openPair, takeLoss } from './compare-pair.ts';
import { findModels } from './find-models.ts';
import { checkTasks, isTaskNamed } from './known-tasks.ts';
import type { LocalContext } from './local-context.ts';
import { withFlips } from './loss-flips.ts';
import { fileTexts, type LossTexts, taskTexts, type TextFile } from './loss-texts.ts';
import { parseSuite } from './parse-suite.ts';
import { checkEngines, nameModel, prepareModels } from './prepare-models.ts';
import { prepareTasks } from './prepare-tasks.ts';
import { checkStoredTasks, suiteWithSecrets } from './stored-data.ts';

export interface LossOptions {
  /** Prompts of each task, the first of its drawn order, or chunks of a text; by default {@link usualLossItems}. */
  readonly items?: number | undefined;
  readonly signal: AbortSignal;
  readonly openEngine?: ((kind: string) => Promise<Engine>) | undefined;
}

export interface RunLossOptions extends LossOptions {
  /** Name of a model; by default that of the run's question, else that of its newest loss, else the first model. */
  readonly base?: string | undefined;
  /** By default all but the base. */
  readonly models?: readonly string[] | undefined;
  /** Ids or short names; by default all. */
  readonly tasks?: readonly string[] | undefined;
  /** Instead of the tasks. */
  readonly text?: TextFile | undefined;
  /** Where the data sets are now; absolute. By default where they were. */
  readonly dataDir?: string | undefined;
}

interface Taking {
  readonly base: PlannedModel;
  readonly models: readonly PlannedModel[];
  readonly sources: readonly LossTexts[];
  readonly suite: Suite;
  readonly context: LocalContext;
  readonly options: LossOptions;
  /** Keeps a record as soon as it is there. */
  readonly keep: (record: LossRecord) => Promise<LossRow>;
}

/** Takes the loss of each model on each source. One that can't be loaded, or ends, is told of, and the next is taken. */
async function takeAll({ base, models, sources, suite, context, options, keep }: Taking): Promise<LossTable> {
  const { signal, openEngine = (kind) => openKnownEngine(kind, { environment: context.environment ?? {} }) } = options;
  const rows: LossRow[] = [];
  const unavailable: UnavailableLoss[] = [];
  const notes: string[] = [];
  let firstError: PerbenchError | undefined;
  const compared = models.map(({ spec }) => spec.name).join(', ');
  context.onNote?.(`comparing ${compared} with ${base.spec.name} on ${sources.map(({ title }) => title).join(', ')}`);
  for (const model of models) {
    const names = { model: model.spec.name, base: base.spec.name };
    let left = sources;
    try {
      context.onStep?.(`loading ${names.model} beside ${names.base}`);
      await using pair = await openPair({ base, model }, openEngine, suiteEngineOptions(suite), signal);
      for (const texts of sources) {
        const onText = (done: number): void =>
          context.onStep?.(`loss of ${names.model} on ${texts.title}: ${done} of ${texts.count}`);
        const { record, reason = '', leftOut } = await takeLoss(pair, { base, model }, texts, { signal, onText });
        left = left.filter((other) => other !== texts);
        if (record === undefined) unavailable.push({ ...names, source: texts.source, reason });
        else rows.push(await keep(record));
        notes.push(...leftOut.map((phrase) => `${names.model} on ${texts.title}: left out ${phrase}`));
      }
    } catch (error) {
      if (!(error instanceof PerbenchError)) throw error;
      firstError ??= error;
      unavailable.push(...left.map(({ source }) => ({ ...names, source, reason: error.message })));
    }
  }
  // Nothing came of it: the one line says more than an empty table.
  if (rows.length === 0 && firstError !== undefined) throw firstError;
  return { base: base.spec.name, rows, unavailable, notes };
}

function isSameSource(left: LossSource, right: LossSource): boolean {
  if (left.kind === 'task') return right.kind === 'task' && left.taskId === right.taskId;
  return right.kind === 'text' && left.sha256 === right.sha256;
}

/** The newest record of a model, base and source takes the place of the one before. */
async function keepInRun(store: Store, runId: string, record: LossRecord): Promise<void> {
  await store.changeManifest(runId, (manifest) => {
    const others = (manifest.losses ?? []).filter(
      ({ model, base, source }) =>
        model !== record.model || base !== record.base || !isSameSource(source, record.source),
    );
    return { ...manifest, losses: [...others, record] };
  });
}

/** Weights that are others under the old name would be taken for those that answered. */
function checkSameWeights({ id, manifest }: RunRecord, models: readonly PlannedModel[]): void {
  const changed = models.find(({ spec, facts }) => {
    const before = manifest.models[spec.name]?.fileSha256;
    return before !== undefined && facts.fileSha256 !== undefined && before !== facts.fileSha256;
  });
  if (changed === undefined) return;
  throw new UsageError(`${changed.spec.file}: the file of ${changed.spec.name} has changed since run ${id}`, {
    hint: 'Restore the file, or start a new run.',
  });
}

/** Names of the base and of those that are compared with it. */
function chooseModels(
  { id, manifest }: RunRecord,
  names: readonly string[],
  { base: asked, models: wanted = [] }: RunLossOptions,
): { readonly base: string; readonly models: readonly string[] } {
  const base = baseOfRun(manifest, names, asked);
  const unknown = wanted.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(`run ${id} has no model "${unknown}"; it has ${names.join(', ')}`, {
      hint: 'Name one of them with --model.',
    });
  }
  const models = names.filter((name) => (wanted.length === 0 ? name !== base : wanted.includes(name)));
  if (models.length > 0) return { base, models };
  throw new UsageError(`run ${id} has one model, and loss is that of a model against another`, {
    hint: 'Run both in one suite, or give model files and --text.',
  });
}

/** Brings those models of a run here that are compared, and no others. */
async function runModels(
  run: RunRecord,
  suite: Suite,
  context: LocalContext,
  options: RunLossOptions,
): Promise<Pick<Taking, 'base' | 'models'>> {
  const names = suite.models.map((entry) => nameModel(entry, context.workingFolder).name);
  const chosen = chooseModels(run, names, options);
  const needed = suite.models.filter((_, index) => [chosen.base, ...chosen.models].includes(names[index] ?? ''));
  const planned = await prepareModels({ ...suite, models: needed }, context, options.signal);
  checkSameWeights(run, planned);
  const base = planned.find(({ spec }) => spec.name === chosen.base);
  if (base === undefined) throw new Error('the base is among the models that were prepared');
  return { base, models: planned.filter(({ spec }) => chosen.models.includes(spec.name)) };
}

function runSources(
  store: Store,
  cells: readonly Cell[],
  planned: readonly PlannedTask[],
  base: string,
  items: number,
): readonly LossTexts[] {
  return planned.flatMap((task) => {
    const cell = cells.find((each) => each.model === base && each.taskId === task.task.id);
    return cell === undefined ? [] : [taskTexts(store, cell.id, task, items)];
  });
}

/**
 * How far the models of a run are from a base, on the run's prompts and the base's answers, or on a text: what
 * `perbench loss` does. The records are kept in the run's manifest, each as soon as it is there.
 *
 * @param run also one that goes on: what the base has answered so far is taken
 * @throws {UnknownNameError} if the run has no such model to be the base
 * @throws {UsageError} if it was imported, or has no such other model or task, or only one model
 * @throws {DataError | InvalidItemError | ModelError | DownloadError} if data or models can't be had
 * @throws what made the first model fail, where nothing came of any
 */
export async function measureRunLoss(
  store: Store,
  run: RunRecord,
  context: LocalContext,
  options: RunLossOptions,
): Promise<LossTable> {
  const { signal, text, items = usualLossItems, tasks: asked = [], dataDir } = options;
  if (run.manifest.imported !== undefined) {
    throw new UsageError(`run ${run.id} was imported: its models are not here`, {
      hint: 'Name a run that was made here, or give model files and --text.',
    });
  }
  const cells = await store.cells(run.id);
  checkTasks(asked, cells);
  const chunks = text === undefined ? undefined : await fileTexts(text, items);
  await checkStoredTasks(run, 'compared');
  const suite = { ...suiteWithSecrets(run, context.environment ?? {}), ...(dataDir !== undefined && { dataDir }) };
  const chosen = await runModels(run, suite, context, options);
  const tasks = chunks === undefined ? await prepareTasks(suite, context, signal) : [];
  const wanted = tasks.filter(({ task }) => isTaskNamed(task.id, asked));
  const sources = chunks === undefined ? runSources(store, cells, wanted, chosen.base.spec.name, items) : [chunks];
  const keep = async (record: LossRecord): Promise<LossRow> => {
    await keepInRun(store, run.id, record);
    return withFlips(store, cells, record);
  };
  return { ...(await takeAll({ ...chosen, sources, suite, context, options, keep })), runId: run.id };
}

/** What came of the losses that a suite asks for: figures, or why there are none. */
export type SuiteLosses =
  | { readonly table: LossTable; readonly problem?: undefined }
  | { readonly table?: undefined; readonly problem: string };

/**
 * The losses of a run whose suite asks for them, once it has finished. What keeps them from being taken is told, and no
 * error: the run itself has its results.
 *
 * @returns undefined where the suite asks for none
 */
export async function takeSuiteLosses(
  store: Store,
  run: RunRecord,
  context: LocalContext,
  options: LossOptions,
): Promise<SuiteLosses | undefined> {
  if (!run.suite.loss) return undefined;
  try {
    return { table: await measureRunLoss(store, run, context, options) };
  } catch (error) {
    if (!(error instanceof PerbenchError || options.signal.aborted)) throw error;
    const why = error instanceof PerbenchError ? error.message : 'interrupted';
    return { problem: withRemedy(`losses were not taken: ${why}`, `Take them with perbench loss ${run.id}.`) };
  }
}

export interface TextLossOptions extends LossOptions {
  readonly text: TextFile;
}

/**
 * How far models are from the first of them on a text file, without a run.
 *
 * @param models as suites name them, patterns too; the first is the base
 * @throws {ConfigError} for a name that is none
 * @throws {UsageError} if there are fewer than two, and for a pattern without files
 * @throws as {@link measureRunLoss}
 */
export async function measureTextLoss(
  models: readonly string[],
  context: LocalContext,
  options: TextLossOptions,
): Promise<LossTable> {
  const { signal, text, items = usualLossItems } = options;
  const parsed = parseSuite({ models: [...models] });
  const expanded: Suite['models'] = [];
  // One at a time: a model may be compared with itself.
  for (const model of parsed.models)
    expanded.push(...(await expandModels({ ...parsed, models: [model] }, context.workingFolder)).models);
  const written = { ...parsed, models: expanded };
  if (written.models.length < 2) {
    throw new UsageError('loss is that of a model against another: one model was given', {
      hint: 'Name the base first, then the models to compare with it.',
    });
  }
  const sources = [await fileTexts(text, items)];
  await checkEngines(written, context.workingFolder);
  const suite = await findModels(written, context, signal);
  const [base, ...others] = await prepareModels(suite, context, signal);
  if (base === undefined) throw new Error('a suite has at least one model');
  const keep = async (record: LossRecord): Promise<LossRow> => ({ record, flips: undefined, change: undefined });
  return takeAll({ base, models: others, sources, suite, context, options, keep });
}

/** The losses that a run has stored, with what became of its answers; undefined where it has none. */
export async function storedLosses(store: Store, run: RunRecord): Promise<LossTable | undefined> {
  const { losses = [] } = run.manifest;
  const base = losses.at(-1)?.base;
  if (base === undefined) return undefined;
  const cells = await store.cells(run.id);
  const rows: LossRow[] = [];
  for (const record of losses) rows.push(await withFlips(store, cells, record));
  return { base, rows, unavailable: [], notes: [], runId: run.id };
}
