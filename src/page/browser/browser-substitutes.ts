// What the page's imports need of modules that are too large for it.

/** Stands in for d3-interpolate: axes of charts are made of numbers, and its colours would be a sixth of the page. */
export function interpolateNumber(from: number, to: number): (share: number) => number {
  return (share) => from * (1 - share) + to * share;
}

export function interpolateRound(from: number, to: number): (share: number) => number {
  return (share) => Math.round(from * (1 - share) + to * share);
}

export { interpolateNumber as interpolate, interpolateNumber as piecewise };

/** Stands in for d3-format: charts write the texts of their ticks themselves. */
function noFormat(): never {
  throw new Error('charts ask d3-scale for no texts of ticks');
}

export {
  noFormat as format,
  noFormat as formatPrefix,
  noFormat as formatSpecifier,
  noFormat as precisionFixed,
  noFormat as precisionPrefix,
  noFormat as precisionRound,
};
