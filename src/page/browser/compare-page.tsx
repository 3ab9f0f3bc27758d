import type { VNode } from 'preact';
import {
  comparedFacts,
  isByItem,
  type CellComparison,
  type Comparison,
  type ItemChange,
  type MetricComparison,
} from '../../scoring/comparison.ts';
import type { RunHead } from '../../core/store.ts';
import { Block } from './block.tsx';
import { comparedSides, parseSide, sideText, withA, withB, type ComparedSides, type Side } from './compared-sides.ts';
import { bytes, dateTime, fixed, wholeNumber } from './format.ts';
import { setParams, useHash } from './hash-state.ts';
import type { DataSource } from './data-source.ts';
import { useLoaded, Waiting, WhenLoaded, type Loaded, type ViewProps } from './loading.tsx';
import { Select } from './page-parts.tsx';
import { CellsTable } from './tables.tsx';

const verdictFacts = {
  better: { text: '▲ better', tone: 'chip good flat' },
  worse: { text: '▼ worse', tone: 'chip bad flat' },
  different: { text: '≠ different', tone: 'chip flat' },
  no_clear_difference: { text: '~ no clear difference', tone: 'chip flat' },
  unknown: { text: '? unknown', tone: 'chip doubtful flat' },
} as const;

function valueText(value: number | undefined, { metric, unit }: MetricComparison): string {
  if (value === undefined) return '–';
  if (isByItem(metric)) return fixed(value, 3);
  if (unit === 'bytes') return bytes(value);
  return `${Number(value.toPrecision(3))} ${unit ?? ''}`;
}

function changeText({ metric, change, interval }: MetricComparison): string {
  if (change === undefined) return '–';
  const one = (value: number): string =>
    isByItem(metric) ? `${value >= 0 ? '+' : '−'}${Math.abs(value).toFixed(3)}` : `× ${value.toFixed(3)}`;
  return interval === undefined ? one(change) : `${one(change)} (${one(interval.low)} to ${one(interval.high)})`;
}

/** The rest is in the samples, and in `perbench compare`. */
const shownChanges = 100;

function Changes(props: {
  readonly title: string;
  readonly changes: readonly ItemChange[];
  readonly cell: CellComparison;
}): VNode | null {
  const { title, changes, cell } = props;
  if (changes.length === 0) return null;
  const sampleLink = (itemId: string): string =>
    `#/runs/${encodeURIComponent(cell.b.runId)}/samples?${new URLSearchParams({ task: cell.taskId, item: itemId }).toString()}`;
  const left = changes.length - shownChanges;
  return (
    <details class="more">
      <summary>
        {title}: {wholeNumber(changes.length)}
        {left > 0 ? `, the first ${shownChanges} of them here` : ''}
      </summary>
      <CellsTable
        caption={title}
        headings={['Item', 'Expected', 'A', 'B'].map((text) => ({ text }))}
        rows={changes.slice(0, shownChanges).map((change) => ({
          key: change.itemId,
          cells: [
            <a key="question" class="question" href={sampleLink(change.itemId)}>
              <bdi>{change.question}</bdi>
            </a>,
            <Answer key="expected" text={change.expected} />,
            <Answer key="a" score={change.scoreA} text={change.answerA} />,
            <Answer key="b" score={change.scoreB} text={change.answerB} />,
          ],
        }))}
      />
    </details>
  );
}

function Answer({ score, text }: { readonly score?: number; readonly text: string | undefined }): VNode {
  return (
    <span class="long">
      {score === undefined ? '' : `${fixed(score, 2)} `}
      <bdi>{text ?? '–'}</bdi>
    </span>
  );
}

/** One metric, as it is shown and copied. */
function metricTexts(metric: MetricComparison): readonly [label: string, a: string, b: string, change: string] {
  const { label } = comparedFacts(metric.metric);
  return [label, valueText(metric.a?.value, metric), valueText(metric.b?.value, metric), changeText(metric)];
}

const metricHeadings = ['Metric', 'A', 'B', 'Change', 'Verdict'] as const;
const metricAlign = ['left', 'right', 'right', 'right', 'left'] as const;

function Verdict({ metric: { verdict, reason, doubts } }: { readonly metric: MetricComparison }): VNode {
  return (
    <span class="cell">
      <span class={verdictFacts[verdict].tone}>{verdictFacts[verdict].text}</span>
      {reason === undefined ? null : <span class="reason">{reason}</span>}
      {doubts.map((doubt) => (
        <span class="reason doubtful" key={doubt}>
          {doubt}
        </span>
      ))}
    </span>
  );
}

function CellBlock({ cell, index }: { readonly cell: CellComparison; readonly index: number }): VNode {
  const { taskId, title, a, b, metrics, pairs, onlyA, onlyB, regressions, improvements, differences } = cell;
  const unpaired = onlyA + onlyB === 0 ? '' : `, ${wholeNumber(onlyA + onlyB)} answered by only one are left out`;
  const heading = `${title ?? taskId}: ${a.model === b.model ? b.model : `${a.model} → ${b.model}`}`;
  return (
    <Block
      id={`comparison-${index + 1}`}
      title={heading}
      subtitle={`${wholeNumber(pairs)} items answered by both${unpaired}`}
      table={() => ({
        caption: title ?? taskId,
        headings: metricHeadings,
        align: metricAlign,
        rows: metrics.map((metric) => [...metricTexts(metric), verdictFacts[metric.verdict].text]),
      })}
    >
      <CellsTable
        caption={`Comparison on ${heading}`}
        headings={metricHeadings.map((text, column) => ({ text, align: metricAlign[column] ?? 'left' }))}
        rows={metrics.map((metric) => ({
          key: metric.metric,
          cells: [...metricTexts(metric), <Verdict key="verdict" metric={metric} />],
        }))}
      />
      {differences.length === 0 ? null : (
        <ul class="notes">
          {differences.map(({ what, a: before, b: after, affects }) => (
            <li key={what}>
              {what}: {before} → {after} (affects {affects})
            </li>
          ))}
        </ul>
      )}
      <Changes title="Regressions" changes={regressions} cell={cell} />
      <Changes title="Improvements" changes={improvements} cell={cell} />
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
        <p class="subtitle">
          ~ no clear difference: none that is significant. It does not prove that the two are equal.
        </p>
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

function SideChoice(props: {
  readonly title: string;
  readonly runs: readonly RunHead[];
  readonly side: Side;
  readonly models: readonly string[];
  /** Whether the side may be a run as a whole. */
  readonly canBeAll: boolean;
  readonly onChange: (side: Side) => void;
}): VNode {
  const { title, runs, side, models, canBeAll, onChange } = props;
  return (
    <fieldset class="side">
      <legend>{title}</legend>
      <Select
        label="Run"
        isWide
        value={side.run}
        options={[['', 'choose a run'], ...runs.map(runOption)]}
        onChange={(run) => onChange({ run, model: '' })}
      />
      {side.run === '' ? null : (
        <Select
          label="Model"
          isWide
          value={side.model}
          options={[...(canBeAll ? [['', 'all models, matched by name'] as const] : []), ...models.map(modelOption)]}
          onChange={(model) => onChange({ ...side, model })}
        />
      )}
    </fieldset>
  );
}

function runOption({ id, name, createdAtMs }: RunHead): readonly [id: string, text: string] {
  return [id, `${id} · ${name} · ${dateTime(createdAtMs)}`];
}

function modelOption(name: string): readonly [name: string, text: string] {
  return [name, name];
}

function Compared({ source, version, sides }: ViewProps & { readonly sides: ComparedSides }): VNode | null {
  if (sides.missing !== undefined) return sides.missing === '' ? null : <p class="note">{sides.missing}</p>;
  const [a, b] = [sideText(sides.a), sideText(sides.b)];
  return (
    <WhenLoaded load={() => source.compare(a, b)} keys={[a, b, version]}>
      {(comparison) => <ComparedRuns comparison={comparison} />}
    </WhenLoaded>
  );
}

/** The models of a run; what is known of another one is not kept. */
function useModels(source: DataSource, run: string, version: number): Loaded<readonly string[]> {
  const load = async () => ({ run, models: run === '' ? [] : (await source.run(run)).models });
  const { value, error } = useLoaded(load, [run, version]);
  return { value: value?.run === run ? value.models : undefined, error };
}

/** Two runs, or two models of one run or of two, on the items that both answered. */
export function ComparePage({ source, version }: ViewProps): VNode {
  const { params } = useHash();
  const [askedA, askedB] = [parseSide(params.get('a') ?? ''), parseSide(params.get('b') ?? '')];
  const runs = useLoaded(() => source.runHeads(), [version]);
  const modelsA = useModels(source, askedA.run, version);
  const modelsB = useModels(source, askedB.run, version);
  const error = runs.error ?? modelsA.error ?? modelsB.error;
  if (runs.value === undefined || error !== undefined) return <Waiting error={error} />;
  const sides = comparedSides(askedA, askedB, modelsA.value);
  const isWithin = sides.a.run === sides.b.run;
  return (
    <>
      <section class="block">
        <h1 class="small">Compare two runs, or two models</h1>
        <p class="subtitle">Choose a run for A. B is another run, or another model of the same one.</p>
        <div class="sides">
          <SideChoice
            title="A, the baseline"
            runs={runs.value}
            side={sides.a}
            models={modelsA.value ?? []}
            canBeAll={!isWithin}
            onChange={(a) => setParams(withA(sides, a))}
          />
          <SideChoice
            title="B, the candidate"
            runs={runs.value}
            side={sides.b}
            models={(isWithin ? modelsA.value : modelsB.value) ?? []}
            canBeAll={!isWithin}
            onChange={(b) => setParams(withB(sides, b, askedA))}
          />
        </div>
      </section>
      <Compared source={source} version={version} sides={sides} />
    </>
  );
}
