import { countText, humanNumber, percentText } from '../core/amount-text.ts';
import { knownMeasurement, type Measurement } from '../core/measurement.ts';
import {
  type ApiCost,
  type BreakEven,
  type BreakEvenEstimate,
  type BreakEvenLoad,
  type Estimate,
  lacksElectricity,
  type OwnCost,
  type TaskCosts,
} from '../scoring/cost.ts';
import { shortListText } from '../scoring/board-text.ts';
import { isDoubtful } from '../scoring/create-scoreboards.ts';
import { breakEvenNotes, costNotes } from './cost-notes.ts';
import { costFields, costRows } from './cost-fields.ts';
import {
  type Block,
  type Cell,
  type Column,
  column,
  createDocument,
  type Document,
  gap,
  intervalParts,
  labelText,
  measuredCell,
  missing,
  numberCell,
  records,
  row,
  saysSomething,
  type Table,
  table,
  tableBlock,
} from './document.ts';

/** Raised when a reader of an older file would misunderstand a newer one. */
const schema = 'perbench-cost/1';

function headed(heading: string, priority: number, more: Partial<Column> = {}): Column {
  return { ...column(heading, 'right'), priority, intervalPriority: 40 + priority, inPaper: 'plain', ...more };
}

interface CostColumn {
  readonly column: Column;
  readonly own: (cost: OwnCost) => Cell;
  readonly api: (cost: ApiCost) => Cell;
}

function estimateCell(estimate: Estimate | undefined, mark: '' | '!' = ''): Cell {
  if (estimate === undefined) return missing;
  const { value, interval } = estimate;
  // Machines that the whole interval of the throughput takes are certain, and so is their price.
  return measuredCell(value, interval?.low === interval?.high ? undefined : interval, {}, { mark });
}

function accuracyCell(accuracy: Measurement | undefined): Cell {
  const known = knownMeasurement(accuracy);
  if (known === undefined) return missing;
  return numberCell(known.value, 3, { ...intervalParts(known.interval), mark: isDoubtful(accuracy) ? '!' : '' });
}

/** A whole number, and the range of it where another throughput would take another. */
function devicesCell(cost: OwnCost): Cell {
  if (cost.atLoad === undefined) return missing;
  const { value, interval } = cost.atLoad.devices;
  if (interval === undefined || interval.low === interval.high) return countText(value);
  return `${countText(value)} (${countText(interval.low)} to ${countText(interval.high)})`;
}

function columnsOf({ currency, plan }: TaskCosts): readonly CostColumn[] {
  const perThousand = `${currency ?? ''}/1000`;
  const nothing = (): Cell => '';
  const rateMark = ({ rate, isOffered }: OwnCost): '' | '!' => (isDoubtful(rate) || isOffered ? '!' : '');
  const markOf = (cost: OwnCost): '' | '!' => (lacksElectricity(cost, plan) ? '!' : rateMark(cost));
  const apiPrice = ({ price }: ApiCost): Cell => estimateCell(knownEstimate(price));
  return [
    { column: { ...column('Model'), isName: true, inPaper: 'plain' }, own: nameOf, api: nameOf },
    {
      column: { ...headed('', 1), align: 'left' },
      own: () => 'own',
      api: () => 'API',
    },
    {
      column: headed('Accuracy', 3),
      own: (cost) => accuracyCell(cost.accuracy),
      api: (cost) => accuracyCell(cost.accuracy),
    },
    {
      column: headed('Throughput', 5, { unit: 'items/s' }),
      own: (cost) => estimateCell(knownEstimate(cost.rate), rateMark(cost)),
      api: nothing,
    },
    {
      column: headed('Full use', plan.answersPerDay === undefined ? 2 : 4, { unit: perThousand }),
      own: (cost) => estimateCell(cost.fullUse, markOf(cost)),
      api: plan.answersPerDay === undefined ? apiPrice : nothing,
    },
    { column: headed('Devices', 6), own: devicesCell, api: nothing },
    {
      column: headed('In use', 7, { unit: '%' }),
      own: ({ atLoad }) => (atLoad === undefined ? missing : measuredCell(100 * atLoad.utilisation, undefined)),
      api: nothing,
    },
    {
      column: headed('At this load', 2, { unit: perThousand }),
      own: (cost) => estimateCell(cost.atLoad?.price, markOf(cost)),
      api: plan.answersPerDay === undefined ? nothing : apiPrice,
    },
    {
      column: headed('Electricity', 8, { unit: perThousand }),
      own: ({ electricity }) => estimateCell(electricity),
      api: nothing,
    },
  ];
}

function nameOf({ model }: { readonly model: string }): string {
  return model;
}

function knownEstimate(measurement: Measurement): Estimate | undefined {
  const known = knownMeasurement(measurement);
  return known && { value: known.value, interval: known.interval };
}

/** `50,000 answers a day in 33 % of it, devices always on` */
function loadText({ answersPerDay, dutyCycle, paysIdle }: TaskCosts['plan']): string {
  const load = answersPerDay === undefined ? '' : `${countText(answersPerDay)} answers a day`;
  const part = dutyCycle === 1 ? '' : `load in ${percentText(dutyCycle)} of the day`;
  const idle = dutyCycle === 1 ? '' : `devices ${paysIdle ? 'always on' : 'paid only then'}`;
  return [load, part, idle].filter((each) => each !== '').join(', ');
}

/** Loads differ by orders of magnitude: three digits, in thousands. */
function loadNumber(load: BreakEvenLoad): string {
  if (load === 'never') return load;
  return load < 100 ? humanNumber(load) : countText(Number(load.toPrecision(3)));
}

function captions(costs: TaskCosts, what: string): Pick<Table, 'caption' | 'shortCaption'> {
  const shortCaption = `${costs.title ?? costs.taskId} · ${what}`;
  const parts = [shortCaption, costs.taskId, loadText(costs.plan)];
  return { caption: parts.filter((part) => part !== '').join(' · '), shortCaption };
}

/** What 1,000 answers cost: a row per model of one's own, then the APIs. */
function priceTable(costs: TaskCosts): Table {
  // What nobody asked for, as without a load, would be a column of dashes.
  const columns = columnsOf(costs).filter(
    ({ column: own, own: cell }) => own.priority === 0 || costs.own.some((cost) => saysSomething(own, cell(cost))),
  );
  return table(
    columns.map((each) => each.column),
    [
      ...costs.own.map((cost) => row(columns.map(({ own }) => own(cost)))),
      ...costs.apis.map((cost) => row(columns.map(({ api }) => api(cost)))),
    ],
    {
      ...captions(costs, 'price of 1,000 answers'),
      label: labelText(`cost-${costs.taskId}`),
      verdict: costVerdict(costs),
      notes: costNotes(costs),
    },
  );
}

const cheaperWords = { own: 'own is cheaper', api: 'API is cheaper', open: 'too close to tell' } as const;

function cheaperText({ cheaper, load }: BreakEven): string {
  if (cheaper === undefined) return '';
  return cheaper === 'open' && load.interval === undefined ? 'spread unknown' : cheaperWords[cheaper];
}

/** `23,000 (22,400 to 23,600)`, `never (22,400 to never)`, `never` */
function breakEvenText({ value, interval }: BreakEvenEstimate): string {
  const text = loadNumber(value);
  if (interval === undefined || interval.low === interval.high) return text;
  return `${text} (${loadNumber(interval.low)} to ${loadNumber(interval.high)})`;
}

interface BreakEvenColumn {
  readonly column: Column;
  readonly cell: (breakEven: BreakEven) => string;
}

const breakEvenColumns: readonly BreakEvenColumn[] = [
  { column: { ...column('Model'), isName: true, inPaper: 'plain' }, cell: nameOf },
  { column: headed('Against', 0, { align: 'left' }), cell: ({ api }) => api },
  { column: headed('Cheaper from', 1, { unit: 'answers/day' }), cell: ({ load }) => breakEvenText(load) },
  { column: headed('Always from', 3, { unit: 'answers/day' }), cell: ({ always }) => breakEvenText(always) },
  {
    column: headed('At this load', 2, { align: 'left' }),
    cell: cheaperText,
  },
];

/** From which load on which model of one's own is cheaper than which API. */
function breakEvenTable(costs: TaskCosts): readonly Table[] {
  const { breakEvens } = costs;
  if (breakEvens.length === 0) return [];
  // One copy is enough for most loads: then there is one number.
  const isSame = breakEvens.every(({ load, always }) => breakEvenText(load) === breakEvenText(always));
  const columns = breakEvenColumns.filter(
    ({ column: own, cell }) =>
      !(isSame && own.heading === 'Always from') && breakEvens.some((each) => cell(each) !== ''),
  );
  return [
    table(
      columns.map((each) => each.column),
      breakEvens.map((each) => row(columns.map(({ cell }) => cell(each)))),
      {
        ...captions(costs, 'break-even'),
        label: labelText(`break-even-${costs.taskId}`),
        notes: breakEvenNotes(costs, isSame),
      },
    ),
  ];
}

/** Those of the lowest price; the same load may take as many devices of several models. */
function cheapest<Cost>(costs: readonly Cost[], price: (cost: Cost) => number | undefined): readonly Cost[] {
  const lowest = Math.min(...costs.map((cost) => price(cost) ?? Infinity));
  return costs.filter((cost) => Math.abs((price(cost) ?? Infinity) - lowest) <= 1e-9 * lowest);
}

/**
 * What it comes to: the cheapest usable one of each kind, and the load at which they are equal. Quality above that is in
 * the table.
 */
function costVerdict({ own, apis, breakEvens, plan, currency }: TaskCosts): string {
  const { answersPerDay } = plan;
  const priceOf = (cost: OwnCost): Estimate | undefined =>
    answersPerDay === undefined ? cost.fullUse : cost.atLoad?.price;
  const usable = own.filter(({ unusable }) => unusable === undefined);
  const all = cheapest(own, (cost) => priceOf(cost)?.value);
  const equal = cheapest(usable, (cost) => priceOf(cost)?.value);
  // At full use they may differ.
  const [best] = cheapest(equal, ({ fullUse }) => fullUse?.value);
  const when = answersPerDay === undefined ? 'at full use' : `at ${countText(answersPerDay)} answers a day`;
  if (best === undefined) {
    return all.length === 0
      ? ''
      : `None of your own that has a price is usable: ${namesOf(all)} would be cheapest ${when}.`;
  }
  const money = (value: number): string => `${humanNumber(value)}${currency === undefined ? '' : ` ${currency}`}`;
  const price = money(priceOf(best)?.value ?? 0);
  const cheaper = all.some((cost) => equal.includes(cost)) ? '' : ` (${namesOf(all)} would be cheaper, but not usable)`;
  const first = `Cheapest of your own ${when}: ${pricedText(equal, best, price)}${cheaper}`;
  const [rival] = cheapest(apis, (cost) => knownMeasurement(cost.price)?.value);
  const pair = breakEvens.find(({ model, api }) => model === best.model && api === rival?.model);
  const rivalPrice = rival && knownMeasurement(rival.price);
  if (rival === undefined || rivalPrice === undefined || pair === undefined) return `${first}.`;
  return `${first}; ${rival.model} takes ${money(rivalPrice.value)}. ${breakEvenSentence(pair, equal.length > 1)}`;
}

function namesOf(costs: readonly OwnCost[]): string {
  return shortListText(costs.map(({ model }) => model));
}

/** `a, 0.5 EUR per 1,000 answers`, or `a and b alike, 0.5 EUR per 1,000 answers (at full use a costs least)`. */
function pricedText(equal: readonly OwnCost[], best: OwnCost, price: string): string {
  const text = `${namesOf(equal)}${equal.length === 1 ? '' : ' alike'}, ${price} per 1,000 answers`;
  const isSame = cheapest(equal, ({ fullUse }) => fullUse?.value).length === equal.length;
  return isSame ? text : `${text} (at full use ${best.model} costs least)`;
}

/** @param isNamed not every model that was named before is meant */
function breakEvenSentence({ model, load, always }: BreakEven, isNamed: boolean): string {
  const own = isNamed ? model : 'Your own';
  const ends =
    load.interval === undefined
      ? ' (spread unknown)'
      : ` (95 % interval ${loadNumber(load.interval.low)} to ${loadNumber(load.interval.high)})`;
  if (load.value === 'never') return `${own} is never cheaper${load.interval?.low === 'never' ? '' : ends}.`;
  const from = `${own} is cheaper from ${loadNumber(load.value)} answers a day on${ends}`;
  if (always.value === load.value) return `${from}.`;
  return always.value === 'never'
    ? `${from}, but not at every load above.`
    : `${from}, and at every load from ${loadNumber(always.value)} on.`;
}

function blocksOf(costs: TaskCosts): readonly Block[] {
  return [priceTable(costs), ...breakEvenTable(costs)].map((own) => tableBlock(own));
}

/** Those of several tasks say which they are of. */
function verdictOf(costs: readonly TaskCosts[]): string {
  const told = costs
    .map((one) => [one.title ?? one.taskId, costVerdict(one)] as const)
    .filter(([, text]) => text !== '');
  return told.map(([task, text]) => (costs.length === 1 ? text : `${task}: ${text}`)).join(' ');
}

/** What the answers of a run cost: two tables per task. */
export function costDocument(costs: readonly TaskCosts[]): Document {
  const tables = costs.map(blocksOf);
  return createDocument({
    schema,
    title: 'Cost',
    verdict: verdictOf(costs),
    screen: tables.flat().flatMap((block, index) => (index === 0 ? [block] : [gap, block])),
    page: tables.flat(),
    records: records(costFields, costs.flatMap(costRows)),
    data: { schema, costs },
  });
}
