import type { Measurement, Unit } from '../../src/core/measurement.ts';
import {
  type ApiCost,
  breakEven,
  type CostPlan,
  ownCost,
  type OwnModel,
  type TaskCosts,
} from '../../src/scoring/cost.ts';

/** A measurement from three launches or items, with the ends of its interval. */
export function measured(value: number, unit: Unit, ends?: readonly [number, number]): Measurement {
  const interval = ends && { low: ends[0], high: ends[1], level: 0.95, method: 't' };
  return { status: 'measured', value, unit, n: 3, warnings: [], ...(interval !== undefined && { interval }) };
}

/** Of a device at 3.6 an hour that is always on. */
export const usualPlan: CostPlan = {
  pricePerHour: 3.6,
  answersPerDay: undefined,
  dutyCycle: 1,
  paysIdle: true,
  electricityPrice: undefined,
  pue: 1,
};

/** Ten answers a second, 9 to 12; 36 J an answer, 30 to 40. */
export const usualModel: OwnModel = {
  model: 'own',
  accuracy: measured(0.8, 'ratio', [0.75, 0.84]),
  unusable: undefined,
  rate: measured(10, 'items/s', [9, 12]),
  isOffered: false,
  devices: 1,
  energyPerItem: measured(36, 'J/item', [30, 40]),
  energyOf: 'GPU',
};

/** An API by its price of 1,000 answers. */
export function apiAt(value: number, ends?: readonly [number, number]): ApiCost {
  return { model: 'api', accuracy: undefined, tokensOf: 'own', price: measured(value, 'price/1000 items', ends) };
}

/** Costs of a task under a plan, as `costsOfRun` joins them. */
export function taskCosts(
  models: readonly OwnModel[],
  apis: readonly ApiCost[],
  change: Partial<CostPlan> = {},
  more: Partial<TaskCosts> = {},
): TaskCosts {
  const plan = { ...usualPlan, ...change };
  const own = models.map((each) => ownCost(each, plan));
  return {
    runId: 'run',
    taskId: 'toy/per@1',
    title: 'Toy',
    plan,
    currency: 'EUR',
    cachedShare: 0,
    own,
    apis,
    breakEvens: own.flatMap((each) => apis.flatMap((api) => breakEven(each, api, plan) ?? [])),
    pretended: [],
    assumedDevice: [],
    ...more,
  };
}
