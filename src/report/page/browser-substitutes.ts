// What the page's imports need of modules that are too large for it, or not there in a browser.

/** Stands in for `node:util` in the browser, as far as what the page imports needs it. */
export function stripVTControlCharacters(text: string): string {
  return text.replaceAll(/\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/gu, '');
}

/** Stands in for d3-interpolate: axes of charts are made of numbers, and its colours would be a sixth of the page. */
export function interpolateNumber(from: number, to: number): (share: number) => number {
  return (share) => from * (1 - share) + to * share;
}

export function interpolateRound(from: number, to: number): (share: number) => number {
  return (share) => Math.round(from * (1 - share) + to * share);
}

export { interpolateNumber as interpolate, interpolateNumber as piecewise };
