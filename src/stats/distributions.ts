/** Coefficients of the Stirling series: B(2k) / (2k (2k - 1)), k from 1. */
const stirling = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156];
const tiny = 1e-300;
const precision = 1e-16;

/**
 * Natural logarithm of the gamma function, for x > 0; relative error about 1e-15.
 *
 * The recurrence lifts x to 10 or more, where the Stirling series has converged.
 */
export function logGamma(x: number): number {
  if (!(x > 0)) throw new RangeError(`logGamma needs a number above 0, got ${x}`);
  let shift = 0;
  let lifted = x;
  while (lifted < 10) {
    shift += Math.log(lifted);
    lifted += 1;
  }
  let series = 0;
  const inverse = 1 / lifted;
  let power = inverse;
  for (const coefficient of stirling) {
    series += coefficient * power;
    power *= inverse * inverse;
  }
  return (lifted - 0.5) * Math.log(lifted) - lifted + 0.5 * Math.log(2 * Math.PI) + series - shift;
}

/** Continued fraction of the incomplete beta function (modified Lentz method); converges fast below the mean. */
function betaFraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 - ((a + b) * x) / (a + 1);
  d = 1 / (Math.abs(d) < tiny ? tiny : d);
  let fraction = d;
  for (let step = 1; step <= 10_000; step += 1) {
    const even = (step * (b - step) * x) / ((a + 2 * step - 1) * (a + 2 * step));
    const odd = (-(a + step) * (a + b + step) * x) / ((a + 2 * step) * (a + 2 * step + 1));
    for (const numerator of [even, odd]) {
      d = 1 + numerator * d;
      d = 1 / (Math.abs(d) < tiny ? tiny : d);
      c = 1 + numerator / c;
      if (Math.abs(c) < tiny) c = tiny;
      fraction *= c * d;
    }
    if (Math.abs(c * d - 1) < precision) break;
  }
  return fraction;
}

/**
 * Regularised incomplete beta function I_x(a, b): the probability that a Beta(a, b) variable is at most x.
 *
 * @param x in [0, 1]
 * @param a above 0
 * @param b above 0
 * @throws {RangeError} if an argument is out of range
 */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (!(x >= 0 && x <= 1)) throw new RangeError(`incompleteBeta needs x in [0, 1], got ${x}`);
  if (x === 0 || x === 1) return x;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  if (x < (a + 1) / (a + b + 2)) return (front * betaFraction(x, a, b)) / a;
  return 1 - (front * betaFraction(1 - x, b, a)) / b;
}

/**
 * P(X <= successes) for X binomial.
 *
 * @param trials integer, at least 0
 * @param probability in [0, 1]
 */
export function binomialCdf(successes: number, trials: number, probability: number): number {
  if (successes < 0) return 0;
  if (successes >= trials) return 1;
  return incompleteBeta(1 - probability, trials - successes, successes + 1);
}

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
