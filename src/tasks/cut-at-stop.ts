/** Text before the first of the stop strings: engines cut too, but a stored output may come from elsewhere. */
export function cutAtStop(text: string, stop: readonly string[]): string {
  const starts = stop.map((word) => text.indexOf(word)).filter((index) => index !== -1);
  return text.slice(0, Math.min(text.length, ...starts));
}
