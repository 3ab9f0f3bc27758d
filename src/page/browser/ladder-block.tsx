import type { VNode } from 'preact';
import { ladderScatter } from '../charts/ladder-scatter.ts';
import type { PageLadder } from '../page-ladder.ts';
import { Block } from './block.tsx';
import { type DrawnChart, Figure, lightly, plotHeight } from './chart-block.tsx';
import { TableOfTexts } from './tables.tsx';

/** The configurations of a model from large to small, each against the base: a table, and a chart of loss by size. */
export function LadderBlock({ ladder, id }: { readonly ladder: PageLadder; readonly id: string }): VNode {
  const { title, base, table, notes, chart: data } = ladder;
  const chart: DrawnChart = {
    draw: (options) => ladderScatter(data, { ...options, height: plotHeight(options) }),
    table,
  };
  return (
    <Block
      id={id}
      title={`Ladder: ${title}`}
      subtitle={`Each model against ${base}, on the same items.`}
      table={() => table}
      chart={lightly(chart)}
    >
      <TableOfTexts table={table} />
      <Figure chart={chart} id={id} isTold />
      {notes.map((note) => (
        <p class="subtitle" key={note}>
          {note}
        </p>
      ))}
    </Block>
  );
}
