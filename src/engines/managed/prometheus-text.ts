/** One value of a metrics page. */
export interface MetricValue {
  readonly name: string;
  readonly labels: string;
  readonly value: number;
}

const line = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+\d+)?$/;

/**
 * Reads the text format of Prometheus, as far as it is needed: one value for each name and set of labels.
 *
 * @param wanted names to read; the many buckets of histograms are skipped
 */
export function parsePrometheus(text: string, wanted: ReadonlySet<string>): readonly MetricValue[] {
  const values: MetricValue[] = [];
  for (const each of text.split('\n')) {
    if (each.startsWith('#')) continue;
    const [, name = '', labels = '', number = ''] = line.exec(each.trim()) ?? [];
    if (!wanted.has(name)) continue;
    const value = Number(number);
    if (Number.isFinite(value)) values.push({ name, labels, value });
  }
  return values;
}
