import { randomInt } from 'node:crypto';
import { basename, resolve } from 'node:path';
import type { GenerationResult, Thinking } from '../core/engine.ts';
import { UsageError } from '../core/errors.ts';
import { type ImportedAnswers, type Manifest, noLaunchFacts } from '../core/manifest.ts';
import { createRunId } from '../core/run-id.ts';
import { namesText } from '../core/row-places.ts';
import type { Sample } from '../core/sample.ts';
import { longestLeaseMs, type RunRecord, type Store } from '../core/store.ts';
import { type Suite, suiteSchema } from '../core/suite.ts';
import type { GenerateTask } from '../core/task.ts';
import { splitThoughts } from '../core/split-thoughts.ts';
import { type OutsideAnswer, readOutsideAnswers } from '../formats/outside-answers.ts';
import { outsideMeasurements } from '../metrics/outside-measurements.ts';
import { buildGenerateRequest } from '../run/ask-items.ts';
import { hashJson } from '../run/content-key.ts';
import { measureCell } from '../run/measure-cell.ts';
import type { PlannedTask } from '../run/plan.ts';
import { generationSample } from '../run/score-sample.ts';
import { readOwnTable } from '../sources/datasets/own-table.ts';
import { quantile } from '../stats/quantile.ts';
import type { LocalContext } from './local-context.ts';
import { findTasks } from './find-tasks.ts';
import { matchAnswers } from './match-answers.ts';
import { prepareTasks } from './prepare-tasks.ts';

/** Nobody else writes into a run that is being imported: the lease has only to outlast it. */
const leaseMs = longestLeaseMs;
const batchSamples = 500;

export interface ImportAnswersOptions {
  readonly store: Store;
  /** Name of the model in tables. */
  readonly model: string;
  /** The task that was answered: an id, or what else a suite may name. */
  readonly task: Suite['tasks'][number];
  readonly dataDir?: string | undefined;
  /** Leave out items without an answer; by default they count as failed. */
  readonly isPartial?: boolean | undefined;
  /** Leave out rows that don't fit, of the answers and of the task's data. */
  readonly skipInvalid?: boolean | undefined;
  readonly price?: ImportedAnswers['price'];
  readonly signal: AbortSignal;
  /** Is told of what was left out or is doubtful. */
  readonly onDoubt?: ((text: string) => void) | undefined;
}

export interface ImportedAnswersRun {
  readonly run: RunRecord;
  /** False: the same answers had been imported before. */
  readonly isNew: boolean;
}

function generateTask({ task }: PlannedTask): GenerateTask {
  if (task.kind === 'generate') return task;
  const hint =
    task.own === undefined
      ? 'Import answers to a task that is answered by text.'
      : 'Use a task file with `by: generate`, and the answers to its prompt.';
  throw new UsageError(`${task.id} is scored by log-likelihoods, which answers don't tell`, { hint });
}

/** An answer as an engine would have given it. Thoughts in the text are kept apart from it, as everywhere. */
function resultOf(answer: OutsideAnswer): GenerationResult {
  const { output, thoughts, finishReason, promptTokens = 0, outputTokens = 0, thinkingTokens, latencyMs = 0 } = answer;
  const split = splitThoughts(output, { startsInside: 'unknown' });
  return {
    id: 'imported',
    status: 'done',
    text: split.answer,
    thoughts: thoughts ?? split.thoughts,
    thinkingTokens,
    // Thoughts without an end leave no answer behind.
    finishReason: split.isOpen ? 'budget_cut' : finishReason,
    promptTokens,
    reusedTokens: 0,
    outputTokens,
    tokenLogprobs: undefined,
    promptHead: [],
    // What was sent isn't known.
    promptSha256: '',
    retries: 0,
    times: { scheduledMs: 0, startedMs: 0, lastTokenMs: latencyMs },
  };
}

function sampleOf(planned: PlannedTask, position: number, answer: OutsideAnswer | undefined): Sample {
  const task = generateTask(planned);
  const request = { ...buildGenerateRequest(planned, task, position, 'chat'), id: 'imported' };
  const failure = answer === undefined ? 'the file has no answer to this item' : answer.failure;
  if (answer === undefined || failure !== undefined) {
    const failed = { id: 'imported', status: 'failed', reason: 'engine', message: failure ?? '' } as const;
    return generationSample(task, planned.items[position], position, request, { ...failed, promptTokens: undefined });
  }
  const sample = generationSample(task, planned.items[position], position, request, resultOf(answer));
  const { promptTokens, outputTokens } = answer;
  const counted = { ...sample, promptTokens, outputTokens };
  return answer.latencyMs === undefined ? { ...counted, times: undefined } : counted;
}

function latencyOf(answers: readonly OutsideAnswer[]): ImportedAnswers['latency'] {
  const known = answers
    .map(({ latencyMs }) => latencyMs)
    .filter((ms) => ms !== undefined)
    .toSorted((left, right) => left - right);
  if (known.length === 0) return undefined;
  return { p50Ms: quantile(known, 0.5), p95Ms: quantile(known, 0.95), n: known.length };
}

/** A price of tokens needs the tokens of every answer. */
function checkPrice(file: string, answers: readonly OutsideAnswer[], price: ImportedAnswers['price']): void {
  if (price === undefined || 'perThousand' in price) return;
  const without = answers.find(
    ({ failure, promptTokens, outputTokens }) =>
      failure === undefined && (promptTokens === undefined || outputTokens === undefined),
  );
  if (without === undefined) return;
  throw new UsageError(`${file}:${without.row.line}: a price per token needs the tokens of every answer`, {
    hint: 'Add the columns promptTokens and outputTokens, or give the price of a thousand answers instead.',
  });
}

async function plannedTask(
  { task, dataDir, skipInvalid, signal }: ImportAnswersOptions,
  model: string,
  context: LocalContext,
): Promise<{ readonly suite: Suite; readonly planned: PlannedTask }> {
  const suite = suiteSchema.parse({
    name: `answers of ${model}`,
    models: [{ name: model, source: 'imported' }],
    tasks: [task],
    ...(dataDir !== undefined && { dataDir }),
    skipInvalid,
  });
  const found = await findTasks(suite, context, signal);
  const [planned, ...others] = await prepareTasks(found.suite, context, signal, found.origins);
  if (planned === undefined || others.length > 0) {
    const names = [planned, ...others].flatMap((each) => (each === undefined ? [] : [each.task.id]));
    throw new UsageError(`answers are to one task, but this names ${names.join(', ')}`, { hint: 'Name one of them.' });
  }
  generateTask(planned);
  return { suite: found.suite, planned };
}

/**
 * Scores answers that were made elsewhere, such as by a paid API, and keeps them as a run: what `perbench import --model`
 * does. They stand in tables beside models that were run here; their speed is not measured.
 *
 * @param name file with an answer a row: `id`, `output`, and what else is known of it
 * @throws {UsageError} if the task can't be scored by text, or a price lacks its tokens
 * @throws {ImportError} if the file has no answers, or none to an item of the task
 * @throws what reading the file and the data of the task throws
 */
export async function importAnswers(
  name: string,
  context: LocalContext,
  options: ImportAnswersOptions,
): Promise<ImportedAnswersRun> {
  const { model, price, isPartial = false, skipInvalid, signal, onDoubt } = options;
  const path = resolve(context.workingFolder, name);
  const table = await readOwnTable({ path }, { skipInvalid, signal, limits: context.settings.fileLimits });
  for (const warning of table.warnings) onDoubt?.(warning);
  // Messages name the file as the user did.
  const rows = table.rows.map((row) => ({ ...row, file: table.files.length === 1 ? name : row.file }));
  const { answers, unused } = readOutsideAnswers(name, table.columns, rows);
  const { suite, planned } = await plannedTask(options, model, context);
  const { byPosition, missing, column, note, doubts } = matchAnswers(name, planned, table.columns, answers);
  if (note !== undefined) context.onNote?.(note);
  const unread = unused.filter((each) => each !== column);
  if (unread.length > 0) context.onNote?.(`${name}: columns that were not used: ${namesText(unread)}`);
  for (const doubt of [...doubts, ...missingText(name, planned, missing, isPartial)]) onDoubt?.(doubt);
  const matched = Array.from(byPosition.values());
  checkPrice(name, matched, price);
  const positions = planned.items.map((_, position) => position);
  const evaluated = isPartial ? positions.filter((position) => byPosition.has(position)) : positions;
  const samples = evaluated.map((position) => sampleOf(planned, position, byPosition.get(position)));
  for (const doubt of scorerText(name, samples)) onDoubt?.(doubt);
  const facts: ImportedAnswers = {
    rows: matched.length,
    missing: missing.length,
    ...(isPartial && { isPartial }),
    latency: latencyOf(matched),
    price,
  };
  const files = table.files.map((file) => ({ name: basename(file.path), sha256: file.sha256 }));
  return keepAnswers({ suite, planned, samples, facts, files }, context, options);
}

/** Answers that the task's own scorer failed on count as wrong; the reason is mostly one. */
function scorerText(file: string, samples: readonly Sample[]): readonly string[] {
  const failures = samples.flatMap(({ failure }) => (failure?.reason === 'scorer' ? [failure.message] : []));
  const [first] = failures;
  if (first === undefined) return [];
  return [`${file}: the scorer failed on ${failures.length} of ${samples.length} answers, the first time: ${first}`];
}

const shownItems = 5;

function missingText(
  file: string,
  { task, items }: PlannedTask,
  missing: readonly number[],
  isPartial: boolean,
): readonly string[] {
  if (missing.length === 0) return [];
  const shown = missing.slice(0, shownItems).map((position) => JSON.stringify(task.itemId(items[position])));
  const more = missing.length > shown.length ? `, and ${missing.length - shown.length} more` : '';
  const what = isPartial ? 'left out' : 'counted as failed (--partial leaves them out)';
  return [
    `${file}: ${missing.length} of ${items.length} ${missing.length === 1 ? 'items has no answer and is' : 'items have no answer and are'} ${what}: ${shown.join(', ')}${more}`,
  ];
}

interface ScoredAnswers {
  readonly suite: Suite;
  readonly planned: PlannedTask;
  readonly samples: readonly Sample[];
  readonly facts: ImportedAnswers;
  readonly files: readonly { readonly name: string; readonly sha256: string }[];
}

const thoughtElsewhere: Thinking = { mode: 'on', because: 'thoughts came with its answers' };

async function manifestOf(
  { suite, planned, samples, facts, files }: ScoredAnswers,
  { commandLine, perbenchVersion, hostFacts }: LocalContext,
): Promise<Manifest> {
  const source = files.map(({ name, sha256 }) => `${name} (sha256 ${sha256})`).join(', ');
  const models = suite.models.flatMap((model) => (typeof model === 'string' ? [] : [model.name ?? model.source]));
  const thinking = samples.some(({ thoughts }) => thoughts !== undefined) ? thoughtElsewhere : undefined;
  const noFile = {
    source,
    fileSha256: undefined,
    fileBytes: undefined,
    ...noLaunchFacts,
    ...(thinking && { thinking }),
  };
  return {
    perbenchVersion,
    nodeVersion: process.version,
    commandLine,
    host: await hostFacts(),
    models: Object.fromEntries(models.map((model) => [model, noFile])),
    tasks: { [planned.task.id]: { ...planned.facts, evaluatedItems: samples.length } },
    seed: suite.seed,
    race: undefined,
    imported: { tool: 'another program', files, measuredAtMs: undefined, answers: facts },
  };
}

/** Keeps scored answers as a run of their own, or finds the run in which they are already. */
async function keepAnswers(
  scored: ScoredAnswers,
  context: LocalContext,
  { store, model }: ImportAnswersOptions,
): Promise<ImportedAnswersRun> {
  const { suite, planned, samples, facts } = scored;
  const { task } = planned;
  const suiteKey = hashJson(['answers/1', model, task.id, facts, samples]);
  const earlier = await store.latestRun({ suiteKey, status: ['finished'] });
  if (earlier !== undefined) return { run: earlier, isNew: false };
  const now = Date.now();
  const id = createRunId(now, () => randomInt(2 ** 32) / 2 ** 32);
  const { name, protocol } = suite;
  const manifest = await manifestOf(scored, context);
  const cellId = `${id}.0`;
  const cell = { id: cellId, model, taskId: task.id, protocol, position: 0, items: samples.length };
  await store.createRun({ id, name, createdAtMs: now, suite, suiteKey, protocol, manifest }, [cell]);
  const claim = await store.claimCell(cellId, `import-${process.pid}`, leaseMs);
  if (claim === undefined) throw new Error(`cell ${cellId} of a new run was taken`);
  for (let start = 0; start < samples.length; start += batchSamples)
    await store.appendSamples(claim, samples.slice(start, start + batchSamples), leaseMs);
  const { thinking } = manifest.models[model] ?? {};
  const measured = await measureCell(store, cellId, { task, suite, thinking });
  const measurements = outsideMeasurements(measured, facts, await store.sampleSummary(cellId));
  await store.endCell(claim, { state: 'done', measurements, error: undefined });
  await store.setRunStatus(id, 'finished');
  const run = await store.getRun(id);
  if (run === undefined) throw new Error(`run ${id} is not in the store after it was stored`);
  return { run, isNew: true };
}
