// What the page's imports need of modules that are too large for it.

/** Stands in for d3-interpolate: axes of charts are made of numbers, and its colours would be a sixth of the page. */
export function interpolateNumber(from: number, to: number): (share: number) => number {
  return (share) => from * (1 - share) + to * share;
}

export function interpolateRound(from: number, to: number): (share: number) => number {
  return (share) => Math.round(from * (1 - share) + to * share);
}

export { interpolateNumber as interpolate, interpolateNumber as piecewise };
