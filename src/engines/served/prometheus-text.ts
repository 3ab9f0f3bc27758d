/** One value of a metrics page. */
export interface MetricValue {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const line = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?[\d.]+)?$/;
const label = /(\w+)="((?:\\.|[^"\\])*)"/g;

function labelsOf(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(Array.from(text.matchAll(label), ([, name = '', value = '']) => [name, value]));
}

/**
 * Reads the text format of Prometheus (https://prometheus.io/docs/instrumenting/exposition_formats/), as far as it is
 * needed: one value for each name and set of labels.
 *
 * @param wanted names to read: most of what a page holds is of no use here
 */
export function parsePrometheus(text: string, wanted: ReadonlySet<string>): readonly MetricValue[] {
  const values: MetricValue[] = [];
  for (const each of text.split('\n').map((raw) => raw.trim())) {
    if (!wanted.has(/^[\w:]+/.exec(each)?.[0] ?? '')) continue;
    const [, name = '', labels = '', number = ''] = line.exec(each) ?? [];
    const value = Number(number);
    if (name !== '' && Number.isFinite(value)) values.push({ name, labels: labelsOf(labels), value });
  }
  return values;
}

/** Ranks that share each request: every one of them counts it. */
const sharing: ReadonlySet<string> = new Set(['tp_rank', 'pp_rank', 'moe_ep_rank']);

/**
 * The value of a metric over all engines of a server. Ranks that share a model are one engine, and where requests are
 * counted by priority as well as together, those counted together are all of them.
 *
 * @param join of what several engines say
 */
export function valueOverEngines(
  values: readonly MetricValue[],
  join: (numbers: readonly number[]) => number,
): number | undefined {
  const hasTotal = values.some(({ labels }) => labels['priority'] === '');
  const counted = hasTotal ? values.filter(({ labels }) => labels['priority'] === '') : values;
  if (counted.length === 0) return undefined;
  const engineOf = ({ labels }: MetricValue): string =>
    JSON.stringify(Object.entries(labels).filter(([name]) => !sharing.has(name)));
  const engines = Map.groupBy(counted, engineOf);
  return join([...engines.values()].map((ranks) => Math.max(...ranks.map(({ value }) => value))));
}
