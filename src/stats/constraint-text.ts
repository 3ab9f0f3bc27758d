import type { Unit } from '../core/measurement.ts';
import { constraintFacts, type ConstraintCheck, type ConstraintName, type LargestGate } from './constraints.ts';

const mebibyte = 2 ** 20;
const gibibyte = 2 ** 30;
const digits = 3;

type Rounding = (value: number) => number;

/** A number in the unit that people read it in, with about three digits. */
function scaled(value: number, unit: Unit | undefined): { readonly divisor: number; readonly label: string } {
  if (unit === 'bytes') {
    return value >= gibibyte ? { divisor: gibibyte, label: ' GiB' } : { divisor: mebibyte, label: ' MiB' };
  }
  if (unit === 'ms' && value >= 1000) return { divisor: 1000, label: ' s' };
  return { divisor: 1, label: unit === undefined || unit === 'ratio' || unit === 'price/1000 items' ? '' : ` ${unit}` };
}

function amount(value: number, unit: Unit | undefined, rounding: Rounding): string {
  const { divisor, label } = scaled(value, unit);
  const shown = value / divisor;
  const size = shown === 0 ? 0 : Math.floor(Math.log10(Math.abs(shown)));
  const decimals = unit === 'ratio' ? digits : Math.max(0, digits - 1 - size);
  const step = 10 ** decimals;
  const rounded = (rounding(Number((shown * step).toPrecision(12))) / step).toFixed(decimals);
  return `${unit === 'ratio' ? rounded : Number(rounded)}${label}`;
}

function unitOf(name: ConstraintName, unit: Unit | undefined): Unit | undefined {
  return unit ?? constraintFacts[name].unit;
}

/**
 * `memory ≤ 2 GiB`.
 *
 * @param unit of what was measured
 */
export function constraintText(
  name: ConstraintName,
  limit: number,
  unit?: Unit,
  rounding: Rounding = Math.round,
): string {
  const { label, isUpper } = constraintFacts[name];
  return `${label} ${isUpper ? '≤' : '≥'} ${amount(limit, unitOf(name, unit), rounding)}`;
}

/** `b at accuracy ≥ 0.700`, rounded so that b passes what is printed. */
export function gateText({ model, constraint, limit, unit }: LargestGate): string {
  const rounding = constraintFacts[constraint].isUpper ? Math.ceil : Math.floor;
  return `${model} at ${constraintText(constraint, limit, unit, rounding)}`;
}

/** `accuracy 0.699 is below 0.700, a limit inside its interval`. */
export function checkText({ constraint, limit, unit, value, isPassed, isSure }: ConstraintCheck, where = ''): string {
  const { label, isUpper } = constraintFacts[constraint];
  if (value === undefined) return `${label} not measured${where}`;
  const shown = (number: number): string => amount(number, unitOf(constraint, unit), Math.round);
  const kept = isUpper ? 'at most' : 'at least';
  const missed = isUpper ? 'above' : 'below';
  const side = isPassed ? kept : missed;
  const doubt = isSure === false ? ', a limit inside its interval' : '';
  return `${label} ${shown(value)}${where} is ${side} ${shown(limit)}${doubt}`;
}
