import type { VNode } from 'preact';
import {
  comparedMetricFacts,
  type CellComparison,
  type Comparison,
  type ItemChange,
  type MetricComparison,
} from '../../scoring/comparison.ts';
import type { RunSummary } from '../viewer-data.ts';
import { Block } from './block.tsx';
import { bytes, dateTime, fixed, wholeNumber } from './format.ts';
import { useParam } from './hash-state.ts';
import { WhenLoaded, type ViewProps } from './loading.tsx';
import { Select } from './page-parts.tsx';
import { PlainTable } from './tables.tsx';

const verdictFacts = {
  better: { text: '▲ better', tone: 'chip good flat' },
  worse: { text: '▼ worse', tone: 'chip bad flat' },
  same: { text: '~ same', tone: 'chip flat' },
  unknown: { text: '? unknown', tone: 'chip doubtful flat' },
} as const;

function valueText(value: number | undefined, { metric, unit }: MetricComparison): string {
  if (value === undefined) return '–';
  if (metric === 'accuracy') return fixed(value, 3);
  if (unit === 'bytes') return bytes(value);
  return `${Number(value.toPrecision(3))} ${unit ?? ''}`;
}

function changeText({ metric, change, interval }: MetricComparison): string {
  if (change === undefined) return '–';
  const one = (value: number): string =>
    metric === 'accuracy' ? `${value >= 0 ? '+' : '−'}${Math.abs(value).toFixed(3)}` : `× ${value.toFixed(3)}`;
  return interval === undefined ? one(change) : `${one(change)} (${one(interval.low)} to ${one(interval.high)})`;
}

function Changes(props: { readonly title: string; readonly changes: readonly ItemChange[] }): VNode | null {
  const { title, changes } = props;
  if (changes.length === 0) return null;
  const headings = ['Item', 'Expected', 'A', 'B'].map((text) => ({ text }));
  return (
    <details class="more">
      <summary>
        {title}: {wholeNumber(changes.length)}
      </summary>
      <PlainTable caption={title} headings={headings}>
        {changes.slice(0, 100).map(({ itemId, expected, answerA, answerB, scoreA, scoreB }) => (
          <tr key={itemId}>
            <th scope="row">
              <bdi>{itemId}</bdi>
            </th>
            <td class="long">
              <bdi>{expected}</bdi>
            </td>
            <td class="long">
              {fixed(scoreA, 2)} <bdi>{answerA ?? '–'}</bdi>
            </td>
            <td class="long">
              {fixed(scoreB, 2)} <bdi>{answerB ?? '–'}</bdi>
            </td>
          </tr>
        ))}
      </PlainTable>
    </details>
  );
}

/** One metric, as it is shown and copied. */
function metricTexts(metric: MetricComparison): readonly [label: string, a: string, b: string, change: string] {
  const { label } = comparedMetricFacts[metric.metric];
  return [label, valueText(metric.a?.value, metric), valueText(metric.b?.value, metric), changeText(metric)];
}

const metricHeadings = ['Metric', 'A', 'B', 'Change', 'Verdict'] as const;
const metricAlign = ['left', 'right', 'right', 'right', 'left'] as const;

function MetricRow({ metric }: { readonly metric: MetricComparison }): VNode {
  const [label, ...texts] = metricTexts(metric);
  const { verdict, reason, doubts } = metric;
  return (
    <tr>
      <th scope="row">{label}</th>
      {texts.map((text, index) => (
        <td key={metricHeadings[index + 1]} class="right">
          {text}
        </td>
      ))}
      <td>
        <span class={verdictFacts[verdict].tone}>{verdictFacts[verdict].text}</span>
        {reason === undefined ? null : <span class="reason">{reason}</span>}
        {doubts.map((doubt) => (
          <span class="reason doubtful" key={doubt}>
            {doubt}
          </span>
        ))}
      </td>
    </tr>
  );
}

function CellBlock({ cell, index }: { readonly cell: CellComparison; readonly index: number }): VNode {
  const { taskId, title, a, b, metrics, pairs, onlyA, onlyB, regressions, improvements, differences } = cell;
  const unpaired = onlyA + onlyB === 0 ? '' : `, ${wholeNumber(onlyA + onlyB)} answered by only one are left out`;
  return (
    <Block
      id={`comparison-${index + 1}`}
      title={`${title ?? taskId}: ${a.model === b.model ? b.model : `${a.model} → ${b.model}`}`}
      subtitle={`${wholeNumber(pairs)} items answered by both${unpaired}`}
      table={() => ({
        caption: title ?? taskId,
        headings: metricHeadings,
        align: metricAlign,
        rows: metrics.map((metric) => [...metricTexts(metric), metric.verdict]),
      })}
    >
      <PlainTable
        caption={`Comparison on ${title ?? taskId}`}
        headings={metricHeadings.map((text, column) => ({ text, align: metricAlign[column] ?? 'left' }))}
      >
        {metrics.map((metric) => (
          <MetricRow key={metric.metric} metric={metric} />
        ))}
      </PlainTable>
      {differences.length === 0 ? null : (
        <ul class="notes">
          {differences.map(({ what, a: before, b: after, affects }) => (
            <li key={what}>
              {what}: {before} → {after} (affects {affects})
            </li>
          ))}
        </ul>
      )}
      <Changes title="Regressions" changes={regressions} />
      <Changes title="Improvements" changes={improvements} />
    </Block>
  );
}

export function ComparedRuns({ comparison }: { readonly comparison: Comparison }): VNode {
  const { verdict, unmatched, cells } = comparison;
  return (
    <>
      <section class="decision">
        <p class="eyebrow">B compared with A, item by item</p>
        <p class="lead verdict-line">{verdict}</p>
      </section>
      {unmatched.map((sentence) => (
        <p class="note" key={sentence}>
          {sentence}
        </p>
      ))}
      {cells.map((cell, index) => (
        <CellBlock key={`${cell.taskId} ${cell.b.model}`} cell={cell} index={index} />
      ))}
    </>
  );
}

/** Two runs side by side, on the items that both answered. */
export function ComparePage({ source, version }: ViewProps): VNode {
  const [a, setA] = useParam('a');
  const [b, setB] = useParam('b');
  return (
    <>
      <WhenLoaded load={() => source.runs()} keys={[version]}>
        {(runs) => (
          <section class="block">
            <h1 class="small">Compare two runs</h1>
            <div class="toolbar">
              <Select label="A, the baseline" isWide value={a} options={runOptions(runs)} onChange={setA} />
              <Select label="B, the candidate" isWide value={b} options={runOptions(runs)} onChange={setB} />
            </div>
          </section>
        )}
      </WhenLoaded>
      {a === '' || b === '' ? null : (
        <WhenLoaded load={() => source.compare(a, b)} keys={[a, b, version]}>
          {(comparison) => <ComparedRuns comparison={comparison} />}
        </WhenLoaded>
      )}
    </>
  );
}

function runOptions(runs: readonly RunSummary[]): readonly (readonly [id: string, text: string])[] {
  const all = runs.map(({ id, name, createdAtMs }) => [id, `${id} · ${name} · ${dateTime(createdAtMs)}`] as const);
  return [['', 'choose a run'], ...all];
}
