import { comparedMetricFacts, type CellComparison, type MetricComparison } from './comparison.ts';

/** `+3.2 points` for accuracy, `+7.4 %` for the rest. */
export function changeText({ metric, change }: Pick<MetricComparison, 'metric' | 'change'>): string {
  if (change === undefined) return '';
  return metric === 'accuracy' ? `${signed(100 * change)} points` : `${signed(100 * (change - 1))} %`;
}

/** One decimal, with a sign; a change that rounds to nothing has none. */
export function signed(value: number): string {
  const text = value.toFixed(1);
  if (Number(text) === 0) return '0.0';
  return value > 0 ? `+${text}` : text.replace('-', '−');
}

interface Finding {
  readonly place: string;
  readonly comparison: MetricComparison;
}

function list(findings: readonly Finding[], isSingle: boolean): string {
  const byMetric = Map.groupBy(findings, ({ comparison }) => comparison.metric);
  return Array.from(byMetric, ([metric, group]) => {
    const { label } = comparedMetricFacts[metric];
    const first = group[0] as Finding;
    if (isSingle) return `${label} (${changeText(first.comparison)})`;
    return `${label} on ${group.map(({ place, comparison }) => `${place} (${changeText(comparison)})`).join(' and ')}`;
  }).join(', ');
}

/**
 * The comparison in one sentence: what b is better in, worse in, and what nobody can tell.
 *
 * @param names of the two sides, as the reader knows them
 */
export function comparisonVerdict(
  cells: readonly CellComparison[],
  names: { readonly a: string; readonly b: string },
): string {
  const models = new Set(cells.map(({ b }) => b.model));
  const all = cells.flatMap((cell) =>
    cell.metrics.map((comparison): Finding => {
      const task = cell.taskId.split('/')[0] ?? cell.taskId;
      return { place: models.size > 1 ? `${cell.b.model} / ${task}` : task, comparison };
    }),
  );
  const of = (verdict: MetricComparison['verdict']): Finding[] =>
    all.filter(({ comparison }) => comparison.verdict === verdict);
  const isSingle = cells.length === 1;
  const [better, worse, same, unknown] = [of('better'), of('worse'), of('same'), of('unknown')];
  const against = `${names.b} against ${names.a}`;
  if (all.length === unknown.length) return `${against}: nothing could be compared.`;
  const parts = [
    ...(better.length > 0 ? [`better in ${list(better, isSingle)}`] : []),
    ...(worse.length > 0 ? [`worse in ${list(worse, isSingle)}`] : []),
    ...(better.length + worse.length === 0
      ? ['no significant difference (~)']
      : same.length > 0
        ? ['no significant difference in the rest (~)']
        : []),
    ...(unknown.length > 0 ? [`${unknown.length} of ${all.length} figures could not be compared (?)`] : []),
  ];
  return `${against}: ${parts.join('; ')}.`;
}
