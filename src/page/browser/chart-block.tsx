import type { VNode } from 'preact';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { accuracyBySize, parametersInName, parametersText } from '../charts/accuracy-by-size.ts';
import { accuracyByTokens } from '../charts/accuracy-by-tokens.ts';
import { lightTheme, type Chart, type ChartOptions, type ChartTheme } from '../charts/chart-frame.ts';
import { paretoScatter } from '../charts/pareto-scatter.ts';
import { rankIntervals, type RankData } from '../charts/row-charts.ts';
import {
  costFactors,
  rankedModel,
  scatterData,
  sizeData,
  statedSizes,
  tokensData,
  type CostFactor,
} from '../charts/scoreboard-data.ts';
import type { PageData } from '../page-data.ts';
import type { TextTable } from '../table-text.ts';
import { Block } from './block.tsx';
import type { BoardView } from './board-view.ts';
import { fixed, percent, rankRange } from './format.ts';
import { useParam } from './hash-state.ts';
import { Select } from './page-parts.tsx';
import { TableOfTexts } from './tables.tsx';
import { Term } from './tip.tsx';

/** On paper, and in the file as it is written. */
const paperWidth = 1000;
const widest = 900;
const narrowest = 260;

/** Colours by the page's own variables, so that charts follow light and dark without being drawn again. */
const pageTheme: ChartTheme = {
  ...lightTheme,
  fontFamily: 'inherit',
  ink: 'var(--ink)',
  muted: 'var(--muted)',
  grid: 'var(--line)',
  background: 'var(--surface)',
  palette: ['var(--c1)', 'var(--c2)', 'var(--c3)', 'var(--c4)', 'var(--c5)', 'var(--c6)'],
};

export interface DrawnChart {
  readonly draw: (options: ChartOptions) => Chart;
  readonly table: TextTable;
}

/** The width that a chart has in the page, so that it is drawn at its true size and its text stays readable. */
function useChartWidth(): { readonly width: number; readonly frame: { readonly current: HTMLElement | null } } {
  const frame = useRef<HTMLElement>(null);
  const [width, setWidth] = useState(paperWidth);
  useLayoutEffect(() => {
    const element = frame.current;
    if (element === null) return undefined;
    const paper = matchMedia('print');
    const measure = (): void => {
      const room = Math.floor(element.clientWidth);
      // A folded or hidden chart has no width.
      if (paper.matches || room === 0) setWidth(paperWidth);
      else setWidth(Math.max(narrowest, Math.min(widest, room)));
    };
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    paper.addEventListener('change', measure);
    return () => {
      observer.disconnect();
      paper.removeEventListener('change', measure);
    };
  }, []);
  return { width, frame };
}

/** A chart, and the same numbers as a table, unless they stand above it. */
export function Figure(props: { readonly chart: DrawnChart; readonly id: string; readonly isTold?: boolean }): VNode {
  const { chart, id, isTold = false } = props;
  const { width, frame } = useChartWidth();
  return (
    <figure class="chart" ref={frame}>
      {chart.draw({ width, theme: pageTheme, id: `${id}-chart` })}
      {isTold ? null : (
        <details class="more">
          <summary>
            Show as table<span class="off-screen">: {chart.table.caption}</span>
          </summary>
          <TableOfTexts table={{ ...chart.table, caption: `${chart.table.caption}, as a table` }} />
        </details>
      )}
    </figure>
  );
}

/** Which task a chart shows; nothing where there is only one. */
function TaskChoice(props: {
  readonly boards: readonly BoardView[];
  readonly value: string;
  readonly onChoose: (id: string) => void;
}): VNode | null {
  const { boards, value, onChoose } = props;
  if (boards.length < 2) return null;
  const options = boards.map(({ id, title }) => [id, title] as const);
  return <Select label="Task" value={value} options={options} onChange={onChoose} />;
}

export function lightly(chart: DrawnChart): () => VNode {
  return () => chart.draw({ width: 720, theme: lightTheme, id: 'figure' }) as unknown as VNode;
}

/** Flat where there is room, so that a chart with its heading takes no more than half a sheet. */
export function plotHeight({ width }: ChartOptions): number {
  return width >= paperWidth ? width * 0.25 : Math.max(width * 0.42, Math.min(width * 0.9, 300));
}

function scatterChart(view: BoardView, factor: CostFactor): DrawnChart {
  const data = scatterData(view.board, factor);
  return {
    draw: (options) => paretoScatter(data, { ...options, height: plotHeight(options) }),
    table: {
      caption: data.title,
      headings: ['Model', data.xTitle, 'Accuracy'],
      align: ['left', 'right', 'right'],
      rows: data.points.map(({ model, x, y }) => [model, Number(x.toPrecision(4)).toString(), fixed(y, 3)]),
    },
  };
}

/** Accuracy against what it costs, one task at a time. */
export function TradeOffBlock({ boards }: { readonly boards: readonly BoardView[] }): VNode | null {
  const [chosen, choose] = useParam('tradeoff.cost', 'throughput');
  const [task, setTask] = useParam('tradeoff.task', boards[0]?.id ?? '');
  const view = boards.find(({ id }) => id === task) ?? boards[0];
  const factor = costFactors.find((name) => name === chosen) ?? 'throughput';
  const chart = useMemo(() => view && scatterChart(view, factor), [view?.board, factor]);
  if (view === undefined || chart === undefined) return null;
  return (
    <Block
      id="trade-off"
      title="Accuracy against cost"
      subtitle={
        <>
          No model is better in both than one on the <Term name="Pareto front" />.
        </>
      }
      table={() => chart.table}
      chart={lightly(chart)}
    >
      <div class="choices js-only">
        <Select label="Cost" value={factor} options={costFactors.map((name) => [name, name])} onChange={choose} />
        <TaskChoice boards={boards} value={view.id} onChoose={setTask} />
      </div>
      <Figure chart={chart} id="trade-off" />
    </Block>
  );
}

/** Accuracy against the size of the models, as far as manifests or names state it. */
export function SizeBlock({
  boards,
  data,
}: {
  readonly boards: readonly BoardView[];
  readonly data: PageData;
}): VNode | null {
  const chart = useMemo((): DrawnChart => {
    const known = statedSizes(data.runs);
    const sizes = sizeData(
      boards.map(({ board }) => board),
      (model) => known.get(model) ?? parametersInName(model),
    );
    return {
      draw: (options) => accuracyBySize(sizes, options),
      table: {
        caption: sizes.title,
        headings: ['Task', 'Model', 'Parameters', 'Accuracy'],
        align: ['left', 'left', 'right', 'right'],
        rows: sizes.series.flatMap(({ task, points }) =>
          points.map(({ model, parameters, accuracy }) => [
            task,
            model,
            parametersText(parameters),
            fixed(accuracy, 3),
          ]),
        ),
      },
    };
  }, [data]);
  if (chart.table.rows.length === 0) return null;
  return (
    <Block
      id="size"
      title="Accuracy against model size"
      subtitle="A panel per task. The line follows the best model up to each size; where it is flat, larger models gain nothing."
      table={() => chart.table}
      chart={lightly(chart)}
    >
      <Figure chart={chart} id="size" />
    </Block>
  );
}

/** What more tokens buy: accuracy of the same weights under several settings. */
export function TokensBlock({ boards }: { readonly boards: readonly BoardView[] }): VNode | null {
  const shown = boards.filter(({ board }) => (board.settingsOfWeights ?? []).length > 0);
  const [task, setTask] = useParam('tokens.task', shown[0]?.id ?? '');
  const view = shown.find(({ id }) => id === task) ?? shown[0];
  const chart = useMemo(() => view && tokensChart(view), [view?.board]);
  if (view === undefined || chart === undefined) return null;
  return (
    <Block
      id="tokens"
      title="Accuracy against tokens"
      subtitle="The same weights under several settings, such as with and without thinking, are joined. Tokens are those of an answer, thoughts included."
      table={() => chart.table}
      chart={lightly(chart)}
    >
      <div class="choices js-only">
        <TaskChoice boards={shown} value={view.id} onChoose={setTask} />
      </div>
      <Figure chart={chart} id="tokens" />
    </Block>
  );
}

function tokensChart(view: BoardView): DrawnChart {
  const data = tokensData(view.board);
  return {
    draw: (options) => accuracyByTokens(data, { ...options, height: plotHeight(options) }),
    table: {
      caption: data.title,
      headings: ['Model', 'Tokens per answer', 'Accuracy'],
      align: ['left', 'right', 'right'],
      rows: data.series.flatMap(({ points }) =>
        points.map(({ model, x, y }) => [model, Number(x.toPrecision(4)).toString(), fixed(y, 3)]),
      ),
    },
  };
}

function rankChart(view: BoardView): DrawnChart {
  const title = `${view.title}: ranks by ${view.scoreName}`;
  const data: RankData = {
    title,
    models: view.rows
      .filter(({ model }) => view.scores.has(model))
      .map((row) => rankedModel(row.model, view.placeOf(row))),
  };
  return {
    draw: (options) => rankIntervals(data, options),
    table: {
      caption: title,
      headings: ['Model', 'Rank', 'Rank range', 'P(1st)'],
      align: ['left', 'right', 'right', 'right'],
      rows: data.models.map(({ model, rank, bounds, support }) => [
        model,
        rank === undefined ? '–' : String(rank),
        rankRange(bounds && [bounds.low, bounds.high]),
        percent(support),
      ]),
    },
  };
}

export function RankBlock({ boards }: { readonly boards: readonly BoardView[] }): VNode | null {
  const [task, setTask] = useParam('ranks.task', boards[0]?.id ?? '');
  const ranked = boards.filter(({ rows, placeOf }) => rows.filter((row) => placeOf(row).rank !== undefined).length > 1);
  const view = ranked.find(({ id }) => id === task) ?? ranked[0];
  if (view === undefined) return null;
  const chart = rankChart(view);
  return (
    <Block
      id="ranks"
      title="Confidence in the ranks"
      subtitle={
        view.draws === undefined
          ? 'The spread of these numbers is unknown, so the ranks have no intervals.'
          : view.draws.method === 'paired'
            ? 'Ranks in the central 95 % of the resamples of items and launches, all models on the same items.'
            : 'Ranks in the central 95 % of draws from each model’s own interval; differences are more certain than shown.'
      }
      table={() => chart.table}
      chart={lightly(chart)}
    >
      {ranked.length < 2 ? null : (
        <div class="choices js-only">
          <TaskChoice boards={ranked} value={view.id} onChoose={setTask} />
        </div>
      )}
      <Figure chart={chart} id="ranks" />
    </Block>
  );
}
