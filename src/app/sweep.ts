import { randomInt } from 'node:crypto';
import { UsageError } from '../core/errors.ts';
import { type Limit, parseLimit } from '../core/limits.ts';
import { modelEntry, type ModelEntry, type Suite, type SuiteInput } from '../core/suite.ts';
import type { Sweep } from '../core/sweep.ts';
import { sweepDefaults, sweepRanges } from '../core/sweep-axes.ts';
import { rememberSecretsIn, rememberSecretVariables } from '../core/without-secrets.ts';
import { openEngine } from '../engines/index.ts';
import type { RunDependencies } from '../run/plan.ts';
import { isLoadLimit } from '../run/sweep/probe-load.ts';
import { runSweep } from '../run/sweep/run-sweep.ts';
import type { SweepAxes, SweepEvent, SweepPlan } from '../run/sweep/sweep-plan.ts';
import { expandModels } from './candidates.ts';
import { findModels } from './find-models.ts';
import type { LocalContext } from './local-context.ts';
import { parseSuite } from './parse-suite.ts';
import { checkEngines, prepareModels } from './prepare-models.ts';
import { libraryContext, type RunOptions } from './run.ts';

/** The loads of a sweep, and the limit whose highest load is looked for in place of given concurrencies. */
export interface SweepQuestion extends SweepAxes {
  /** On a percentile of `ttft`, `tpot`, `e2el` or `latency`, such as `ttft p95 <= 500ms`. */
  readonly within: string | undefined;
  /** The most that is tried for `within`. */
  readonly maxConcurrency: number;
}

/**
 * The limit of a search.
 *
 * @throws {UsageError} if it can't be read, or isn't on a percentile of a time
 */
function loadLimit(text: string): Limit {
  const wanted = '`ttft p95 <= 500ms`';
  const hint = 'Limit a percentile of ttft, tpot or e2el.';
  try {
    const limit = parseLimit(text, wanted);
    if (!isLoadLimit(limit.name))
      throw new RangeError(
        `\`${text}\` is no limit on a percentile of a time that requests take under load, such as ${wanted}`,
      );
    if (limit.bound === 0) throw new RangeError(`\`${text}\` is not a limit: expected more than 0`);
    return limit;
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(`--within: ${error.message}`, { hint });
    throw error;
  }
}

/** The values of an axis, ascending, each once. */
function axis(name: keyof typeof sweepRanges, values: readonly number[]): readonly number[] {
  const { min, max } = sweepRanges[name];
  const bad = values.find((value) => !Number.isInteger(value) || value < min || value > max);
  if (bad === undefined && values.length > 0) return [...new Set(values)].toSorted((left, right) => left - right);
  const got = bad === undefined ? 'none' : String(bad);
  throw new UsageError(`${name}: expected whole numbers from ${min} to ${max}, got ${got}`);
}

function checkedQuestion(question: SweepQuestion): SweepQuestion & { readonly limit: Limit | undefined } {
  const { promptTokens, outputTokens, concurrency, requests, maxConcurrency, within } = question;
  for (const [name, value] of Object.entries({ outputTokens, requests, maxConcurrency }))
    axis(name as keyof typeof sweepRanges, [value]);
  return {
    ...question,
    promptTokens: axis('promptTokens', promptTokens),
    concurrency: axis('concurrency', concurrency),
    limit: within === undefined ? undefined : loadLimit(within),
  };
}

export interface LocalSweepOptions {
  readonly signal: AbortSignal;
  readonly onEvent: (event: SweepEvent) => void;
  /** See `RunDependencies`. */
  readonly skipWait?: RunDependencies['skipWait'];
}

/**
 * Measures the models of a suite under loads on this machine. Nothing is stored.
 *
 * @param suite of which the tasks, and how they are asked, don't matter
 * @throws {UsageError} for loads and limits that there can't be
 * @throws {ModelError | DownloadError | ServerError} if models can't be had
 */
export async function sweepSuite(
  suite: Suite,
  question: SweepQuestion,
  context: LocalContext,
  { signal, onEvent, skipWait }: LocalSweepOptions,
): Promise<Sweep> {
  const startedAtMs = Date.now();
  rememberSecretVariables(context.environment ?? {});
  rememberSecretsIn(suite.models);
  const plan = await planSweep(suite, checkedQuestion(question), context, signal);
  const { launches, windowSeconds } = plan.suite;
  const found = await runSweep(plan, {
    openEngine: (kind) => openEngine(kind, { environment: context.environment ?? {} }),
    meter: context.meter,
    signal,
    ceiling: await context.readCeiling(suite.clientProcesses),
    logFolder: context.logFolder,
    skipWait,
    firstRequest: randomInt(2 ** 32),
    emit: onEvent,
  });
  const { cpuModel, cores, gpus } = await context.hostFacts();
  return {
    ...found,
    launches,
    windowSeconds,
    isInterrupted: signal.aborted,
    startedAtMs,
    perbenchVersion: context.perbenchVersion,
    host: [`${cpuModel} (${cores} cores)`, ...gpus].join(', '),
  };
}

/** The model with plain prompts, where nobody chose: a chat template is a beginning that all prompts share. */
function withPlainPrompts(model: Suite['models'][number]): ModelEntry {
  const entry = modelEntry(model);
  return entry.style === 'auto' ? { ...entry, style: 'base' } : entry;
}

async function planSweep(
  suite: Suite,
  { limit, maxConcurrency, ...axes }: ReturnType<typeof checkedQuestion>,
  context: LocalContext,
  signal: AbortSignal,
): Promise<SweepPlan> {
  const concurrency = limit === undefined ? Math.max(...axes.concurrency) : maxConcurrency;
  const launches = limit === undefined ? suite.launches : 1;
  const { requestRate: _, ...rest } = suite;
  const { models: expanded } = await expandModels(rest, context.workingFolder);
  const loaded: Suite = { ...rest, concurrency, launches, models: expanded.map(withPlainPrompts) };
  await checkEngines(loaded, context.workingFolder);
  const found = await findModels(loaded, context, signal);
  const models = await prepareModels(found, context, signal);
  return { suite: found, models, axes, search: limit === undefined ? undefined : { limit, maxConcurrency } };
}

/** Models and their settings as in a suite, and the loads. */
export type SweepInput = Omit<SuiteInput, 'tasks' | 'concurrency' | 'requestRate' | 'goodput'> & Partial<SweepQuestion>;

export interface SweepOptions extends Pick<
  RunOptions,
  'workingFolder' | 'environment' | 'signal' | 'onPull' | 'onNote' | 'perbenchVersion'
> {
  readonly onEvent?: (event: SweepEvent) => void;
}

/**
 * Measures models under loads: prompt lengths times concurrencies, or the highest concurrency within a limit.
 *
 * @throws {ConfigError | UsageError} for settings, loads and limits that there can't be
 * @throws {ModelError | DownloadError | ServerError} if models can't be had
 */
export async function sweep(input: SweepInput, options: SweepOptions = {}): Promise<Sweep> {
  const { promptTokens, outputTokens, concurrency, requests, within, maxConcurrency, ...settings } = input;
  const { signal = new AbortController().signal, onEvent = () => undefined } = options;
  const suite = parseSuite({ windowSeconds: sweepDefaults.windowSeconds, ...settings });
  const question = {
    promptTokens: promptTokens ?? sweepDefaults.promptTokens,
    outputTokens: outputTokens ?? sweepDefaults.outputTokens,
    concurrency: concurrency ?? sweepDefaults.concurrency,
    requests: requests ?? sweepDefaults.requests,
    maxConcurrency: maxConcurrency ?? sweepDefaults.maxConcurrency,
    within,
  };
  const context = libraryContext(options);
  await using resources = new AsyncDisposableStack();
  resources.defer(async () => context.meter[Symbol.asyncDispose]?.());
  return await sweepSuite(suite, question, context, { signal, onEvent });
}
