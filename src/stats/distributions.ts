import { incompleteBeta } from './special-functions.ts';

/** Finds where a rising function crosses `target`, to the last bit that bisection can tell. */
function solveRising(target: number, low: number, high: number, f: (x: number) => number): number {
  let [left, right] = [low, high];
  for (let step = 0; step < 200; step += 1) {
    const middle = (left + right) / 2;
    if (middle === left || middle === right) return middle;
    if (f(middle) < target) left = middle;
    else right = middle;
  }
  return (left + right) / 2;
}

/** P(|Z| > x) for a standard normal Z: series near 0, continued fraction in the tail. */
function normalTails(x: number): number {
  if (x < 2.5) {
    let term = x;
    let sum = x;
    for (let odd = 3; Math.abs(term) > sum * 1e-17 && odd < 400; odd += 2) {
      term *= (x * x) / odd;
      sum += term;
    }
    return 1 - 2 * sum * (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI));
  }
  let fraction = x;
  for (let depth = 200; depth >= 1; depth -= 1) fraction = x + depth / fraction;
  return (2 * Math.exp((-x * x) / 2)) / (Math.sqrt(2 * Math.PI) * fraction);
}

function checkProbability(p: number): void {
  if (!(p > 0 && p < 1)) throw new RangeError(`a quantile needs a probability between 0 and 1, got ${p}`);
}

/**
 * Quantile of the standard normal distribution: 1.959964 for 0.975.
 *
 * @throws {RangeError} if p isn't strictly between 0 and 1
 */
export function normalQuantile(p: number): number {
  checkProbability(p);
  if (p === 0.5) return 0;
  const tail = Math.min(p, 1 - p);
  const size = solveRising(-2 * tail, 0, 40, (x) => -normalTails(x));
  return p < 0.5 ? -size : size;
}

/**
 * Quantile of Student's t distribution: 4.303 for 0.975 and 2 degrees of freedom.
 *
 * @param degrees above 0, need not be whole
 * @throws {RangeError} if p isn't strictly between 0 and 1, or `degrees` isn't above 0
 */
export function tQuantile(p: number, degrees: number): number {
  checkProbability(p);
  if (!(degrees > 0)) throw new RangeError(`tQuantile needs degrees of freedom above 0, got ${degrees}`);
  if (p === 0.5) return 0;
  const tail = Math.min(p, 1 - p);
  // Solved on ln t: with 1 degree of freedom and a small p the quantile spans many orders of magnitude.
  const logSize = solveRising(-2 * tail, -50, 100, (logT) => {
    const square = Math.exp(2 * logT);
    return -incompleteBeta(degrees / (degrees + square), degrees / 2, 0.5);
  });
  const size = Math.exp(logSize);
  return p < 0.5 ? -size : size;
}

/**
 * Two-sided p-value of Student's t distribution: P(|T| > |t|).
 *
 * @param degrees above 0, need not be whole
 */
export function tTwoSided(t: number, degrees: number): number {
  if (!(degrees > 0)) throw new RangeError(`tTwoSided needs degrees of freedom above 0, got ${degrees}`);
  return incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5);
}
