import type { Factors } from './factor.ts';
import type { CellMeasurements } from '../core/cell.ts';
import type { Measurement } from '../core/measurement.ts';

/** What a machine costs, where the user says. */
export interface Prices {
  /** Money per hour of one device, in any currency. */
  readonly perDeviceHour?: number | undefined;
  /** Joules per item, where energy was measured. */
  readonly joulesPerItem?: number | undefined;
}

/** Plain ratios without any weight or anchor; undefined where an ingredient is missing. */
export interface Efficiency {
  readonly correctPerSecond: number;
  readonly correctPerSecondPerGib: number;
  readonly correctPerJoule: number | undefined;
  readonly correctPerMoney: number | undefined;
  readonly moneyPerItem: number | undefined;
}

const secondsPerHour = 3600;

/**
 * Correct answers for what they cost: per second of a device, per GiB of its memory, per joule, per unit of money.
 *
 * Only meaningful where throughput is in items per second. Chance counts as correct, so compare within one task.
 *
 * @param values accuracy in [0, 1], items per second per device, bytes
 * @throws {RangeError} if a price isn't above 0
 */
export function efficiency(
  values: Pick<Factors, 'accuracy' | 'throughput' | 'memory'>,
  prices: Prices = {},
): Efficiency {
  for (const price of [prices.perDeviceHour, prices.joulesPerItem]) {
    if (price !== undefined && !(price > 0 && Number.isFinite(price))) {
      throw new RangeError(`a price must be above 0, got ${price}`);
    }
  }
  const correctPerSecond = values.accuracy * values.throughput;
  const moneyPerItem =
    prices.perDeviceHour === undefined ? undefined : prices.perDeviceHour / secondsPerHour / values.throughput;
  return {
    correctPerSecond,
    correctPerSecondPerGib: correctPerSecond / (values.memory / 2 ** 30),
    correctPerJoule: prices.joulesPerItem === undefined ? undefined : values.accuracy / prices.joulesPerItem,
    correctPerMoney: moneyPerItem === undefined ? undefined : values.accuracy / moneyPerItem,
    moneyPerItem,
  };
}

const answers = 1000;

/** What 1,000 answers cost while a device gives them at a rate, at a price per device and hour. */
export function pricePerThousand(itemsPerSecond: number, pricePerHour: number): number {
  return (answers * pricePerHour) / secondsPerHour / itemsPerSecond;
}

/**
 * The price of 1,000 answers at a price per device and hour: what the device costs while it gives them.
 *
 * @returns undefined where throughput isn't known in items
 */
export function priceMeasurement({ throughput }: CellMeasurements, pricePerHour: number): Measurement | undefined {
  if (throughput === undefined || throughput.status === 'unavailable') return undefined;
  const { value, unit, n, interval, warnings } = throughput;
  if (unit !== 'items/s' || !(value > 0)) return undefined;
  const price = (itemsPerSecond: number): number => pricePerThousand(itemsPerSecond, pricePerHour);
  return {
    status: 'derived',
    from: `throughput, ${pricePerHour} per device and hour`,
    value: price(value),
    unit: 'price/1000 items',
    n,
    warnings,
    ...(interval !== undefined &&
      interval.low > 0 && {
        interval: { ...interval, low: price(interval.high), high: price(interval.low) },
      }),
  };
}
