const units: Readonly<Record<string, number>> = { m: 1e6, b: 1e9 };

/**
 * The number of parameters that a name states: 500 million for `Qwen2.5-0.5B`, 135 million for
 * `smollm2-135m-instruct`.
 *
 * @returns undefined where the name states none, or a product such as `8x7B`
 */
export function parametersInName(model: string): number | undefined {
  const found = /(?:^|[-_ /])(\d+(?:\.\d+)?)([bm])(?=$|[-_. )])/iu.exec(model);
  const unit = units[found?.[2]?.toLowerCase() ?? ''];
  return found === null || unit === undefined ? undefined : Number(found[1]) * unit;
}

/** `0.5B`, `135M`. */
export function parametersText(parameters: number): string {
  if (parameters >= 1e9) return `${Number((parameters / 1e9).toPrecision(3))}B`;
  return `${Number((parameters / 1e6).toPrecision(3))}M`;
}
