import { knownMeasurement, type Interval, type Measurement } from '../core/measurement.ts';

/** A number with the ends of its 95 % interval; undefined where its spread isn't known. */
export interface Estimate {
  readonly value: number;
  readonly interval: Pick<Interval, 'low' | 'high'> | undefined;
}

/** What a deployment is paid for. Prices are the user's, all in one currency. */
export interface CostPlan {
  /** Price of one device for an hour, above 0. */
  readonly pricePerHour: number;
  /** Answers a day that are asked for; undefined where nobody said. */
  readonly answersPerDay: number | undefined;
  /** Share of the day in which they are asked for, evenly, above 0 to 1. */
  readonly dutyCycle: number;
  /** Whether devices are paid for in the rest of the day: always on, rather than started when load comes. */
  readonly paysIdle: boolean;
  /** Price of a kilowatt-hour beside that of the device; undefined where the hourly price has it. */
  readonly electricityPrice: number | undefined;
  /** What the site draws over what its computers draw (power usage effectiveness), at least 1. */
  readonly pue: number;
}

/** A model of one's own, as it was measured. */
export interface OwnModel {
  readonly model: string;
  readonly accuracy: Measurement | undefined;
  /** Why its answers are no better than none from a model, whatever they cost; undefined where that isn't shown. */
  readonly unusable: string | undefined;
  /** Answers per second and device. */
  readonly rate: Measurement;
  /** The rate is that at which requests were sent, and a device kept up with them: it may give more. */
  readonly isOffered: boolean;
  /** That one copy of the model takes. */
  readonly devices: number;
  readonly energyPerItem: Measurement | undefined;
  /** What of the machine that energy is of, such as `GPU and CPU`; empty where none was measured. */
  readonly energyOf: string;
}

/** What a load takes, and costs. */
export interface LoadCost {
  /** Devices, a whole number of copies. */
  readonly devices: Estimate;
  /** Of their throughput, while the load is there, 0 to 1. */
  readonly utilisation: number;
  /** Of 1,000 answers. */
  readonly price: Estimate;
}

/** What the answers of a model of one's own cost. */
export interface OwnCost extends OwnModel {
  /** Price of 1,000 answers with every paid second used; undefined where the throughput isn't known. */
  readonly fullUse: Estimate | undefined;
  /** Of the price: electricity of 1,000 answers; undefined where it isn't asked for, or wasn't measured. */
  readonly electricity: Estimate | undefined;
  readonly atLoad: LoadCost | undefined;
}

/** What answers of an API cost. */
export interface ApiCost {
  readonly model: string;
  readonly accuracy: Measurement | undefined;
  /** The model whose tokens were counted: the same where the API's own answers were. */
  readonly tokensOf: string | undefined;
  /** Of 1,000 answers. */
  readonly price: Measurement;
}

/** Answers a day, or that no load is enough. */
export type BreakEvenLoad = number | 'never';

/** Such a load, with the ends of its interval; undefined where a spread isn't known. */
export interface BreakEvenEstimate {
  readonly value: BreakEvenLoad;
  readonly interval: { readonly low: BreakEvenLoad; readonly high: BreakEvenLoad } | undefined;
}

/** From which load on a model of one's own is cheaper than an API. */
export interface BreakEven {
  readonly model: string;
  readonly api: string;
  /** The lowest load at which one copy costs as much as the API. */
  readonly load: BreakEvenEstimate;
  /** From here on it stays cheaper, whenever a further copy has to be paid for. */
  readonly always: BreakEvenEstimate;
  /** At the load of the plan; `open` where the intervals overlap or aren't known, or a price is one-sided. */
  readonly cheaper: 'own' | 'api' | 'open' | undefined;
}

const secondsPerDay = 86_400;
const hoursPerDay = 24;
const joulesPerKilowattHour = 3.6e6;

/** @param scale falling or rising, but not both */
function scaled({ value, interval }: Estimate, scale: (value: number) => number): Estimate {
  if (interval === undefined) return { value: scale(value), interval };
  const ends = [scale(interval.low), scale(interval.high)];
  return { value: scale(value), interval: { low: Math.min(...ends), high: Math.max(...ends) } };
}

/**
 * Ends are added as if both were off together, the most that a sum may be off: the standard deviation of a sum is at most
 * the sum of theirs.
 */
function sum(one: Estimate, other: Estimate | undefined): Estimate {
  if (other === undefined) return one;
  const { interval: a } = one;
  const { interval: b } = other;
  return {
    value: one.value + other.value,
    interval: a && b && { low: a.low + b.low, high: a.high + b.high },
  };
}

function estimateOf(measurement: Measurement | undefined): Estimate | undefined {
  const known = knownMeasurement(measurement);
  return known && { value: known.value, interval: known.interval };
}

/** Electricity of 1,000 answers: J/item over joules in a kilowatt-hour, times price and PUE. */
function electricityOf({ energyPerItem }: OwnModel, { electricityPrice, pue }: CostPlan): Estimate | undefined {
  const energy = estimateOf(energyPerItem);
  if (electricityPrice === undefined || energy === undefined) return undefined;
  return scaled(energy, (joules) => (1000 * joules * pue * electricityPrice) / joulesPerKilowattHour);
}

/** Price of one copy for a day, without electricity. */
function dailyPrice(devices: number, { pricePerHour, dutyCycle, paysIdle }: CostPlan): number {
  return hoursPerDay * pricePerHour * devices * (paysIdle ? 1 : dutyCycle);
}

/** Answers that one copy gives in the part of a day in which they are asked for. */
export function dailyAnswers(rate: number, devices: number, { dutyCycle }: CostPlan): number {
  return rate * devices * secondsPerDay * dutyCycle;
}

/** Whole copies; a load that is theirs to the last digit needs no further one. */
function copiesFor(load: number, capacity: number): number {
  return Math.max(1, Math.ceil(load / capacity - 1e-9));
}

/**
 * What a load costs on one's own devices.
 *
 * @param answersPerDay above 0
 * @returns undefined where the throughput isn't known
 */
export function loadCost(own: OwnModel, plan: CostPlan, answersPerDay: number): LoadCost | undefined {
  const rate = estimateOf(own.rate);
  if (rate === undefined) return undefined;
  const capacity = scaled(rate, (value) => dailyAnswers(value, own.devices, plan));
  const copies = scaled(capacity, (value) => copiesFor(answersPerDay, value));
  const machines = scaled(copies, (count) => (1000 * count * dailyPrice(own.devices, plan)) / answersPerDay);
  return {
    devices: scaled(copies, (count) => count * own.devices),
    utilisation: answersPerDay / (copies.value * capacity.value),
    price: sum(machines, electricityOf(own, plan)),
  };
}

/** What the answers of a model of one's own cost under a plan. */
export function ownCost(own: OwnModel, plan: CostPlan): OwnCost {
  const rate = estimateOf(own.rate);
  const electricity = electricityOf(own, plan);
  const machine = rate && scaled(rate, (perSecond) => (1000 * plan.pricePerHour) / (3600 * perSecond));
  return {
    ...own,
    electricity,
    fullUse: machine && sum(machine, electricity),
    atLoad: plan.answersPerDay === undefined ? undefined : loadCost(own, plan, plan.answersPerDay),
  };
}

/** Where the price of one copy for a day is what the API takes more for that day's answers than electricity does. */
function breakEvenLoad(pricePerDay: number, margin: number, capacity: number): BreakEvenLoad {
  if (margin <= 0) return 'never';
  const load = (1000 * pricePerDay) / margin;
  return load <= capacity ? load : 'never';
}

/**
 * Beyond one copy's capacity C a second is paid for, and pays off at twice the break-even load B only: n copies are
 * cheaper from n B on, n - 1 of them reach (n - 1) C. From ceil(B / (C - B)) B on these overlap.
 */
function alwaysFrom(pricePerDay: number, margin: number, capacity: number): BreakEvenLoad {
  const load = breakEvenLoad(pricePerDay, margin, capacity);
  if (load === 'never' || load === capacity) return 'never';
  return copiesFor(load, capacity - load) * load;
}

/** Whether electricity was asked for and is missing in the price, which is higher then. */
export function lacksElectricity({ electricity }: OwnCost, { electricityPrice }: CostPlan): boolean {
  return electricityPrice !== undefined && electricity === undefined;
}

function cheaperOf(own: OwnCost, api: Estimate, plan: CostPlan): BreakEven['cheaper'] {
  if (own.atLoad === undefined) return undefined;
  const [a, b] = [own.atLoad.price.interval, api.interval];
  if (a === undefined || b === undefined) return 'open';
  if (a.high < b.low) return lacksElectricity(own, plan) ? 'open' : 'own';
  return a.low > b.high && !own.isOffered ? 'api' : 'open';
}

/**
 * From which load on a model of one's own is cheaper than an API.
 *
 * One copy costs a fixed price a day; each answer saves what the API takes for it, less its electricity. They are equal at
 * the ratio of the two, if one copy can give so many answers; if not, full use costs more than the API, and so does any
 * number of copies. The interval takes each end of the three (the API's price from the items' tokens, energy and
 * throughput from launches) where it is worst and best for one's own, so it holds at least as often as theirs. What
 * isn't known of one end leaves that end open: electricity may take all that is saved, and a device that kept up with the
 * requests that were sent may give any number.
 *
 * @returns undefined where a price or the throughput isn't known
 */
export function breakEven(own: OwnCost, api: ApiCost, plan: CostPlan): BreakEven | undefined {
  const [rate, price] = [estimateOf(own.rate), estimateOf(api.price)];
  if (rate === undefined || price === undefined) return undefined;
  const pricePerDay = dailyPrice(own.devices, plan);
  const capacity = scaled(rate, (value) => dailyAnswers(value, own.devices, plan));
  const margin = sum(price, own.electricity && scaled(own.electricity, (value) => -value));
  const estimate = (from: typeof breakEvenLoad): BreakEvenEstimate => ({
    value: from(pricePerDay, margin.value, capacity.value),
    interval: margin.interval &&
      capacity.interval && {
        low: from(pricePerDay, margin.interval.high, own.isOffered ? Infinity : capacity.interval.high),
        high: lacksElectricity(own, plan) ? 'never' : from(pricePerDay, margin.interval.low, capacity.interval.low),
      },
  });
  return {
    model: own.model,
    api: api.model,
    load: estimate(breakEvenLoad),
    always: estimate(alwaysFrom),
    cheaper: cheaperOf(own, price, plan),
  };
}

/** What answers to one task cost: models of one's own, APIs, and from which load which of them is cheaper. */
export interface TaskCosts {
  readonly runId: string;
  readonly taskId: string;
  readonly title: string | undefined;
  readonly plan: CostPlan;
  /** As the file of prices names it; undefined where nothing does. */
  readonly currency: string | undefined;
  /** Of input tokens that the API has in its cache, 0 to 1. */
  readonly cachedShare: number;
  readonly own: readonly OwnCost[];
  readonly apis: readonly ApiCost[];
  readonly breakEvens: readonly BreakEven[];
  /** Models whose engine stands in for a model: their prices are of nothing. */
  readonly pretended: readonly string[];
  /** Models at a server of which nobody said how many devices it has: one is counted. */
  readonly assumedDevice: readonly string[];
}
