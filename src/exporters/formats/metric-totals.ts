/** Mean and standard error of each metric over the rows of a task, as lm-eval gives them. */
export class MetricTotals {
  readonly #totals = new Map<string, { n: number; mean: number; squares: number }>();

  add(metrics: Readonly<Record<string, number>>): void {
    for (const [name, value] of Object.entries(metrics)) {
      const total = this.#totals.get(name) ?? { n: 0, mean: 0, squares: 0 };
      // Welford's update: a sum of squares would lose what lies between close values.
      total.n += 1;
      const before = value - total.mean;
      total.mean += before / total.n;
      total.squares += before * (value - total.mean);
      this.#totals.set(name, total);
    }
  }

  rows(name: string): number {
    return this.#totals.get(name)?.n ?? 0;
  }

  /** Sample standard deviation divided by the root of n; undefined for fewer than two rows. */
  standardError(name: string): number | undefined {
    const total = this.#totals.get(name);
    if (total === undefined || total.n < 2) return undefined;
    return Math.sqrt(total.squares / (total.n - 1) / total.n);
  }
}
