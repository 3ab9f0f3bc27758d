import type { Cell } from '../core/cell.ts';
import { UsageError } from '../core/errors.ts';
import { nearestName } from '../core/nearest-name.ts';
import { knownMeasurement, type Measurement } from '../core/measurement.ts';
import type { RunRecord, Store } from '../core/store.ts';
import type { CostFacts } from '../metrics/cost-measurements.ts';
import { priceOfTokens, type TokenCounts } from '../metrics/token-counts.ts';
import { type ApiCost, breakEven, type CostPlan, type OwnCost, ownCost, type TaskCosts } from '../scoring/cost.ts';
import { failureOf, isDisqualified, warningAgainst } from '../scoring/create-scoreboards.ts';
import type { ScoreboardTask } from '../scoring/scoreboard.ts';
import { trivialBound, usabilityOf, usabilityText } from '../scoring/usable.ts';
import { isMacroF1 } from '../stats/macro-f1.ts';
import { type CostSource, exportedCosts, storedCosts } from './cost-sources.ts';
import { checkTasks, isTaskNamed, scoreboardTasks } from './known-tasks.ts';
import type { ApiPrices, ModelPrices } from './prices-file.ts';
import { entryOf } from './setting-differences.ts';

export interface CostOptions extends Partial<Omit<CostPlan, 'pricePerHour'>> {
  /** Of one device; by default that of the run's suite. */
  readonly pricePerHour?: number | undefined;
  /** Of APIs; those whose models are in the run are priced by the tokens of their own answers. */
  readonly prices?: ApiPrices | undefined;
  /** Share of input tokens that an API has in its cache, 0 to 1; by default 0. */
  readonly cachedShare?: number | undefined;
  /** The model whose tokens price the answers of APIs that aren't in the run; by default the run's first. */
  readonly tokensOf?: string | undefined;
  /** Ids or short names; by default all. */
  readonly tasks?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** @throws {UsageError} if there is no price of a device */
function planOf({ suite }: RunRecord, options: CostOptions): CostPlan {
  const { answersPerDay, dutyCycle = 1, paysIdle = true, electricityPrice, pue = 1 } = options;
  const pricePerHour = options.pricePerHour ?? suite.pricePerHour;
  if (pricePerHour === undefined) {
    throw new UsageError('no hourly price: neither a flag nor the suite of the run has one', {
      hint: 'Add --price-per-hour with what one device costs you.',
    });
  }
  return { pricePerHour, answersPerDay, dutyCycle, paysIdle, electricityPrice, pue };
}

const unknown = (detail: string): Measurement => ({ status: 'unavailable', reason: 'no_samples', detail });

/** Without what can't be priced: cells that failed or aren't finished, and rates that are wrong. */
function rateOf(cell: Cell, { rate }: CostFacts): Measurement {
  const failure = failureOf(cell);
  if (failure !== undefined) return unknown(failure);
  const { throughput } = cell.measurements;
  // What a cell says of a missing throughput tells more than that there are no passes.
  if (rate.status === 'unavailable') return throughput?.status === 'unavailable' ? throughput : rate;
  if (!isDisqualified(rate)) return rate;
  const detail = `throughput is invalid: ${warningAgainst(rate)?.detail}`;
  return { status: 'unavailable', reason: 'invalid', detail };
}

const accuracyOf = ({ state, measurements }: Cell): Measurement | undefined =>
  state === 'done' ? measurements.accuracy : undefined;

/** By the accuracy alone, as of a table; of macro F1, which is no share of right answers, it says nothing. */
function whyUnusable(cell: Cell, task: ScoreboardTask): string | undefined {
  const accuracy = accuracyOf(cell);
  if (accuracy === undefined || isMacroF1(knownMeasurement(accuracy)?.interval)) return undefined;
  const bound = trivialBound({ anchors: undefined, chance: task.chance, baselines: task.baselines });
  const usability = usabilityOf({ measurements: { accuracy }, state: cell.state, answers: undefined }, bound);
  return usability?.state === 'unusable' ? usabilityText(usability).join('; ') : undefined;
}

async function ownCostOf(
  { facts: factsOf }: CostSource,
  cell: Cell,
  plan: CostPlan,
  task: ScoreboardTask,
): Promise<OwnCost> {
  const facts = await factsOf(cell);
  const { energyPerItem } = cell.measurements;
  return ownCost(
    {
      ...facts,
      model: cell.model,
      accuracy: accuracyOf(cell),
      unusable: whyUnusable(cell, task),
      rate: rateOf(cell, facts),
      energyPerItem,
    },
    plan,
  );
}

const millionth = 1e-6;

function apiPrice(counts: TokenCounts, prices: ModelPrices, cachedShare: number): Measurement {
  if (counts.output === 0) {
    const detail = 'no generated answers were counted, so that nobody knows how many tokens one has';
    return { status: 'unavailable', reason: 'no_token_counts', detail };
  }
  const { input, output, cachedInput = input } = prices;
  const perInput = input * (1 - cachedShare) + cachedInput * cachedShare;
  return priceOfTokens(counts, { input: perInput * millionth, output: output * millionth });
}

/** What each API takes for answers to a task: by its own tokens where the run has its answers, and counted them. */
async function apiCostsOf(
  { tokens }: CostSource,
  cells: readonly Cell[],
  options: CostOptions,
): Promise<readonly ApiCost[]> {
  const { prices: { models = {} } = {}, cachedShare = 0, tokensOf, signal } = options;
  const known = new Map<string, TokenCounts>();
  const countsOf = async (cell: Cell): Promise<TokenCounts> => {
    signal?.throwIfAborted();
    const counts = known.get(cell.id) ?? (await tokens(cell));
    known.set(cell.id, counts);
    return counts;
  };
  const answered = cells.filter(({ state }) => state === 'done');
  const usual = answered.filter(({ model }) =>
    tokensOf === undefined ? !Object.hasOwn(models, model) : model === tokensOf,
  );
  const costs: ApiCost[] = [];
  for (const [model, prices] of Object.entries(models)) {
    const own = answered.find((cell) => cell.model === model);
    const accuracy = own?.measurements.accuracy;
    let cost: ApiCost = { model, accuracy, tokensOf: undefined, price: unknown('no model of the run has all answers') };
    for (const cell of own === undefined ? usual : [own, ...usual]) {
      const price = apiPrice(await countsOf(cell), prices, cachedShare);
      if (price.status !== 'unavailable' || cost.tokensOf === undefined)
        cost = { ...cost, tokensOf: cell.model, price };
      if (price.status !== 'unavailable') break;
    }
    costs.push(cost);
  }
  return costs;
}

/** @throws {UsageError} if the run has no such model */
function checkTokensOf({ tokensOf }: CostOptions, cells: readonly Cell[], { id }: RunRecord): void {
  const models = [...new Set(cells.map(({ model }) => model))];
  if (tokensOf === undefined || models.includes(tokensOf)) return;
  const near = nearestName(tokensOf, models);
  throw new UsageError(`run ${id} has no model "${tokensOf}"; it has ${models.join(', ')}`, {
    hint: near === undefined ? 'Name one of them with --tokens-of.' : `Did you mean "${near}"?`,
  });
}

/** @throws {UsageError} if no model has a throughput: then nothing of one's own has a price */
function checkRates(costs: readonly TaskCosts[], { id }: RunRecord): void {
  const own = costs.flatMap((task) => task.own);
  if (own.some(({ fullUse }) => fullUse !== undefined)) return;
  const [detail = 'all its models are in the file of prices'] = own.flatMap(({ rate }) =>
    rate.status === 'unavailable' ? rate.detail : [],
  );
  throw new UsageError(`run ${id} has no model of your own with a throughput: ${detail}`, {
    hint: 'Name a run that measured speed; perbench list shows the runs.',
  });
}

/** Whether a model is at a server of which neither it nor the suite says how many devices it has. */
function hasAssumedDevice({ manifest, suite }: RunRecord, model: string): boolean {
  const { engine, deviceCount } = manifest.models[model] ?? {};
  const told = deviceCount ?? entryOf(suite, model)?.engineOptions?.['devices'];
  return engine === 'openai' && told === undefined;
}

async function costsOfTask(
  source: CostSource,
  [taskId, cells]: readonly [taskId: string, cells: readonly Cell[]],
  plan: CostPlan,
  options: CostOptions,
  task: ScoreboardTask,
): Promise<TaskCosts> {
  const { run } = source;
  const apis = await apiCostsOf(source, cells, options);
  const own: OwnCost[] = [];
  for (const cell of cells) {
    if (!apis.some(({ model }) => model === cell.model)) own.push(await ownCostOf(source, cell, plan, task));
  }
  const models = own.map(({ model }) => model);
  return {
    runId: run.id,
    taskId,
    title: task.title,
    plan,
    currency: options.prices?.currency,
    cachedShare: options.cachedShare ?? 0,
    own,
    apis,
    breakEvens: own.flatMap((each) => apis.flatMap((api) => breakEven(each, api, plan) ?? [])),
    pretended: models.filter((model) => run.manifest.models[model]?.engine === 'mock'),
    assumedDevice: models.filter((model) => hasAssumedDevice(run, model)),
  };
}

async function costsOf(source: CostSource, options: CostOptions): Promise<readonly TaskCosts[]> {
  const { run } = source;
  const { tasks = [] } = options;
  const plan = planOf(run, options);
  const { leftOut = [] } = run.manifest;
  const all = source.cells.toSorted((left, right) => left.position - right.position);
  checkTasks(tasks, all);
  checkTokensOf(options, all, run);
  const wanted = all.filter(({ taskId }) => isTaskNamed(taskId, tasks) && !leftOut.includes(taskId));
  const byTask = Map.groupBy(wanted, ({ taskId }) => taskId);
  const facts = await scoreboardTasks(byTask.keys(), [run]);
  const costs: TaskCosts[] = [];
  for (const task of byTask) {
    costs.push(await costsOfTask(source, task, plan, options, facts[task[0]] ?? {}));
  }
  checkRates(costs, run);
  return costs;
}

/**
 * What the answers of a run's models cost on one's own devices, and those of APIs, task by task: what `perbench cost`
 * shows. All prices are the user's.
 *
 * @throws {UsageError} if there is no hourly price, no model with a throughput, or no such task or model
 */
export async function costsOfRun(
  store: Pick<Store, 'cells' | 'passResults' | 'samples'>,
  run: RunRecord,
  options: CostOptions = {},
): Promise<readonly TaskCosts[]> {
  return costsOf(await storedCosts(store, run), options);
}

/**
 * The same of a run that `perbench export --format run` wrote.
 *
 * @param path absolute
 * @param file its name, for messages
 * @throws {ImportError} if it is no such file, or an earlier version wrote it
 * @throws {UsageError} as `costsOfRun`
 */
export async function costsOfFile(
  path: string,
  file: string,
  options: CostOptions = {},
): Promise<readonly TaskCosts[]> {
  return costsOf(await exportedCosts(path, file), options);
}
