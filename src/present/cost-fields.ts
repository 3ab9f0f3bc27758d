import { knownMeasurement, type Measurement } from '../core/measurement.ts';
import type { ApiCost, BreakEven, BreakEvenEstimate, Estimate, OwnCost, TaskCosts } from '../scoring/cost.ts';
import { endColumns, type RecordColumn } from './document.ts';

/** A line of the flat table: a model, or a model of one's own against an API. */
interface CostRow {
  readonly own: OwnCost | undefined;
  readonly api: ApiCost | undefined;
  readonly breakEven: BreakEven | undefined;
}

type Item = [TaskCosts, CostRow];

/** A line for each model of one's own and API; where there is none of a kind, one for each of the other. */
export function costRows(costs: TaskCosts): readonly Item[] {
  const { own, apis, breakEvens } = costs;
  if (apis.length === 0) return own.map((each): Item => [costs, { own: each, api: undefined, breakEven: undefined }]);
  if (own.length === 0) return apis.map((api): Item => [costs, { own: undefined, api, breakEven: undefined }]);
  return own.flatMap((each) =>
    apis.map((api): Item => {
      const breakEven = breakEvens.find((pair) => pair.model === each.model && pair.api === api.model);
      return [costs, { own: each, api, breakEven }];
    }),
  );
}

type Ends = { readonly value: number; readonly low: number | undefined; readonly high: number | undefined } | undefined;

function endsOf(estimate: Estimate | undefined): Ends {
  return estimate && { value: estimate.value, low: estimate.interval?.low, high: estimate.interval?.high };
}

function measuredEnds(measurement: Measurement | undefined): Ends {
  const known = knownMeasurement(measurement);
  return known && { value: known.value, low: known.interval?.low, high: known.interval?.high };
}

function fields(name: string, read: (row: CostRow) => Ends): readonly RecordColumn<Item>[] {
  return endColumns<Item>(name, (_, own) => read(own));
}

/** A number in a column of numbers: nothing where there is no such load, which `break_even` says in a word. */
function loadEnds(estimate: BreakEvenEstimate | undefined): readonly (number | undefined)[] {
  const { value, interval } = estimate ?? {};
  return [value, interval?.low, interval?.high].map((load) => (load === 'never' ? undefined : load));
}

function loadFields(name: string, read: (breakEven: BreakEven) => BreakEvenEstimate): readonly RecordColumn<Item>[] {
  return [name, `${name}_low`, `${name}_high`].map((heading, end) => [
    heading,
    (_, { breakEven }) => loadEnds(breakEven && read(breakEven))[end],
  ]);
}

/** `from`: at both ends of the interval there is a load; `never`: at neither; `open`: at one, or it isn't known. */
function breakEvenWord({ breakEven }: CostRow): string | undefined {
  if (breakEven === undefined) return undefined;
  const { interval } = breakEven.load;
  if (interval === undefined) return 'open';
  if (interval.high !== 'never') return 'from';
  return interval.low === 'never' ? 'never' : 'open';
}

/** In base units, prices of 1,000 answers, loads in answers a day. */
export const costFields: readonly RecordColumn<Item>[] = [
  ['run', ({ runId }) => runId],
  ['task', ({ taskId }) => taskId],
  ['currency', ({ currency }) => currency],
  ['price_per_hour', ({ plan }) => plan.pricePerHour],
  ['answers_per_day', ({ plan }) => plan.answersPerDay],
  ['duty_cycle', ({ plan }) => plan.dutyCycle],
  ['pays_idle', ({ plan }) => String(plan.paysIdle)],
  ['electricity_price', ({ plan }) => plan.electricityPrice],
  ['pue', ({ plan }) => plan.pue],
  ['cached_share', ({ cachedShare }) => cachedShare],
  ['model', (_, { own }) => own?.model],
  ...fields('accuracy', ({ own }) => measuredEnds(own?.accuracy)),
  ...fields('throughput', ({ own }) => measuredEnds(own?.rate)),
  ...fields('devices', ({ own }) => endsOf(own?.atLoad?.devices)),
  ['utilisation', (_, { own }) => own?.atLoad?.utilisation],
  ...fields('price_at_full_use', ({ own }) => endsOf(own?.fullUse)),
  ...fields('price_at_load', ({ own }) => endsOf(own?.atLoad?.price)),
  ...fields('electricity', ({ own }) => endsOf(own?.electricity)),
  ['api', (_, { api }) => api?.model],
  ...fields('api_accuracy', ({ api }) => measuredEnds(api?.accuracy)),
  ...fields('api_price', ({ api }) => measuredEnds(api?.price)),
  ['api_tokens_of', (_, { api }) => api?.tokensOf],
  ['break_even', (_, own) => breakEvenWord(own)],
  ...loadFields('break_even_load', ({ load }) => load),
  ...loadFields('always_cheaper_from', ({ always }) => always),
  ['cheaper_at_load', (_, { breakEven }) => breakEven?.cheaper],
];
