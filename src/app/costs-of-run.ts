import type { Cell } from '../core/cell.ts';
import { UsageError } from '../core/errors.ts';
import { nearestName } from '../core/nearest-name.ts';
import type { Measurement } from '../core/measurement.ts';
import type { RunRecord, Store } from '../core/store.ts';
import { answerRate, devicesPerLaunch } from '../metrics/cost-measurements.ts';
import { countTokens, priceOfTokens, type TokenCounts } from '../metrics/token-counts.ts';
import { type ApiCost, breakEven, type CostPlan, type OwnCost, ownCost, type TaskCosts } from '../scoring/cost.ts';
import { checkTasks, isTaskNamed, taskTitles } from './known-tasks.ts';
import type { ApiPrices, ModelPrices } from './prices-file.ts';

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

async function ownCostOf(store: Store, cell: Cell, plan: CostPlan): Promise<OwnCost> {
  const passes = await store.passResults(cell.id);
  const { accuracy, throughput, energyPerItem } = cell.measurements;
  // What a cell says of a missing throughput tells more than that there are no passes.
  const rate = throughput?.status === 'unavailable' ? throughput : answerRate(cell.protocol, passes);
  return ownCost({ model: cell.model, accuracy, rate, devices: devicesPerLaunch(passes), energyPerItem }, plan);
}

const millionth = 1e-6;

function apiPrice(counts: TokenCounts | undefined, prices: ModelPrices, cachedShare: number): Measurement {
  if (counts === undefined || counts.output === 0) {
    const detail = 'no generated answers were counted, so that nobody knows how many tokens one has';
    return { status: 'unavailable', reason: 'no_token_counts', detail };
  }
  const { input, output, cachedInput = input } = prices;
  const perInput = input * (1 - cachedShare) + cachedInput * cachedShare;
  return priceOfTokens(counts, { input: perInput * millionth, output: output * millionth });
}

/** What each API takes for answers to a task: by its own tokens where the run has its answers. */
async function apiCostsOf(store: Store, cells: readonly Cell[], options: CostOptions): Promise<readonly ApiCost[]> {
  const { prices: { models = {} } = {}, cachedShare = 0, tokensOf, signal } = options;
  const known = new Map<string, TokenCounts>();
  const countsOf = async (cell: Cell): Promise<TokenCounts> => {
    signal?.throwIfAborted();
    const counts = known.get(cell.id) ?? (await countTokens(store.samples(cell.id)));
    known.set(cell.id, counts);
    return counts;
  };
  const usual = cells.find(({ model }) =>
    tokensOf === undefined ? !Object.hasOwn(models, model) : model === tokensOf,
  );
  const costs: ApiCost[] = [];
  for (const [model, prices] of Object.entries(models)) {
    const own = cells.find((cell) => cell.model === model);
    const counted = own ?? usual;
    const price = apiPrice(counted && (await countsOf(counted)), prices, cachedShare);
    costs.push({ model, accuracy: own?.measurements.accuracy, tokensOf: counted?.model, price });
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

/**
 * What the answers of a run's models cost on one's own devices, and those of APIs, task by task: what `perbench cost`
 * shows. All prices are the user's.
 *
 * @throws {UsageError} if there is no hourly price, no model with a throughput, or no such task or model
 */
export async function costsOfRun(
  store: Store,
  run: RunRecord,
  options: CostOptions = {},
): Promise<readonly TaskCosts[]> {
  const { tasks = [], prices, cachedShare = 0 } = options;
  const plan = planOf(run, options);
  const { leftOut = [], models } = run.manifest;
  const all = (await store.cells(run.id)).toSorted((left, right) => left.position - right.position);
  checkTasks(tasks, all);
  checkTokensOf(options, all, run);
  const wanted = all.filter(({ taskId }) => isTaskNamed(taskId, tasks) && !leftOut.includes(taskId));
  const byTask = Map.groupBy(wanted, ({ taskId }) => taskId);
  const titles = await taskTitles(byTask.keys(), [run]);
  const costs: TaskCosts[] = [];
  for (const [taskId, cells] of byTask) {
    const apis = await apiCostsOf(store, cells, options);
    const own: OwnCost[] = [];
    for (const cell of cells) {
      if (!apis.some(({ model }) => model === cell.model)) own.push(await ownCostOf(store, cell, plan));
    }
    costs.push({
      runId: run.id,
      taskId,
      title: titles.get(taskId),
      plan,
      currency: prices?.currency,
      cachedShare,
      own,
      apis,
      breakEvens: own.flatMap((each) => apis.flatMap((api) => breakEven(each, api, plan) ?? [])),
      pretended: own.map(({ model }) => model).filter((model) => models[model]?.engine === 'mock'),
    });
  }
  checkRates(costs, run);
  return costs;
}
