import type { ComponentChildren, VNode } from 'preact';
import { meaningOf } from '../../present/glossary.ts';
import type { TextTable } from '../table-text.ts';
import { useParam } from './hash-state.ts';
import { tip } from './tip.tsx';

type SortValue = number | string | undefined;

export interface TableColumn<Row> {
  readonly id: string;
  readonly heading: string;
  /** Below the heading. */
  readonly unit?: string;
  /** What the heading means, for those who point at it. */
  readonly help?: string | undefined;
  readonly align: 'left' | 'right';
  /** By default the value; a column with neither can't be sorted. */
  readonly sortValue?: (row: Row) => SortValue;
  /** More is better: the first click sorts downwards. */
  readonly isDescendingFirst?: boolean;
  /** For copying, and what is shown unless `render` says more. */
  readonly text: (row: Row) => string;
  readonly render?: (row: Row) => ComponentChildren;
  /** The number behind the cell, unrounded. */
  readonly value?: (row: Row) => number | undefined;
}

export interface DataTableProps<Row> {
  /** Unique in the page: its settings are in the address under it. */
  readonly id: string;
  readonly caption: string;
  readonly columns: readonly TableColumn<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  readonly rowClass?: (row: Row) => string;
}

function compare(left: SortValue, right: SortValue, direction: number): number {
  // What isn't known comes last, whichever way.
  if (left === undefined || right === undefined) return Number(left === undefined) - Number(right === undefined);
  if (typeof left === 'number' && typeof right === 'number') return (left - right) * direction;
  return String(left).localeCompare(String(right), 'en', { numeric: true }) * direction;
}

function sortReader<Row>({ sortValue, value }: TableColumn<Row>): ((row: Row) => SortValue) | undefined {
  return sortValue ?? value;
}

/** Rows in the order that a sort setting such as `-accuracy` asks for. */
export function sortRows<Row>(
  rows: readonly Row[],
  columns: readonly TableColumn<Row>[],
  sort: string,
): readonly Row[] {
  const column = columns.find(({ id }) => id === sort.replace(/^-/u, ''));
  const read = column && sortReader(column);
  if (read === undefined) return rows;
  const direction = sort.startsWith('-') ? -1 : 1;
  return rows.toSorted((left, right) => compare(read(left), read(right), direction));
}

/** The sort setting after a click on a heading; the third click brings the report's own order back. */
export function nextSort<Row>({ id, isDescendingFirst = false }: TableColumn<Row>, sort: string): string {
  const [first, second] = isDescendingFirst ? [`-${id}`, id] : [id, `-${id}`];
  return sort === first ? second : sort === second ? '' : first;
}

function headingText<Row>({ heading, unit }: TableColumn<Row>): string {
  return unit === undefined || unit === '' ? heading : `${heading} (${unit})`;
}

/** What a table shows, for the copy buttons. */
export function textOf<Row>(caption: string, columns: readonly TableColumn<Row>[], rows: readonly Row[]): TextTable {
  return {
    caption,
    headings: columns.map(headingText),
    align: columns.map(({ align }) => align),
    rows: rows.map((row) => columns.map((column) => column.text(row))),
  };
}

/** A table that sorts by a click on a heading, and shows the rows that a search leaves. */
export function DataTable<Row>(props: DataTableProps<Row>): VNode {
  const { id, caption, columns, rows, rowKey, rowClass } = props;
  const [sort, setSort] = useParam(`${id}.sort`);
  const [search, setSearch] = useParam(`${id}.q`);
  const needle = search.toLowerCase();
  const shown = sortRows(rows, columns, sort).filter((row) => rowKey(row).toLowerCase().includes(needle));
  return (
    <div class="table-area">
      {rows.length < 6 ? null : (
        <label class="search js-only">
          <span>Filter models</span>
          <input
            type="search"
            value={search}
            placeholder="name"
            onInput={(event) => setSearch(event.currentTarget.value)}
          />
          <span class="count" role="status">
            {needle === '' ? `${rows.length} rows` : `${shown.length} of ${rows.length} rows`}
          </span>
        </label>
      )}
      <TableFrame
        caption={caption}
        head={columns.map((column) => (
          <HeadingCell key={column.id} column={column} sort={sort} setSort={setSort} />
        ))}
      >
        {shown.map((row) => (
          <tr key={rowKey(row)} class={rowClass?.(row)}>
            {columns.map((column) => (
              <BodyCell key={column.id} column={column} row={row} isHeading={column.id === 'model'} />
            ))}
          </tr>
        ))}
        {shown.length > 0 ? null : (
          <tr>
            <td colSpan={columns.length} class="nothing">
              {rows.length === 0 ? 'Nothing to show.' : 'No row matches.'}
            </td>
          </tr>
        )}
      </TableFrame>
    </div>
  );
}

/** A heading that says what it means, where that is known. */
function Explained({
  help,
  children,
}: {
  readonly help: string | undefined;
  readonly children: ComponentChildren;
}): VNode {
  return help === undefined ? (
    <>{children}</>
  ) : (
    <span class="term" tabIndex={0} {...tip(help)}>
      {children}
    </span>
  );
}

function HeadingCell<Row>(props: {
  readonly column: TableColumn<Row>;
  readonly sort: string;
  readonly setSort: (value: string) => void;
}): VNode {
  const { column, sort, setSort } = props;
  const { id, heading, unit = '', help, align } = column;
  const name = (
    <>
      {heading}
      {unit === '' ? null : <span class="unit">{unit}</span>}
    </>
  );
  if (sortReader(column) === undefined) {
    return (
      <th scope="col" class={align}>
        <Explained help={help}>{name}</Explained>
      </th>
    );
  }
  const isSorted = sort.replace(/^-/u, '') === id;
  const direction = !isSorted ? 'none' : sort.startsWith('-') ? 'descending' : 'ascending';
  return (
    <th scope="col" class={align} aria-sort={direction}>
      <button type="button" class="sort" {...tip(help)} onClick={() => setSort(nextSort(column, sort))}>
        {name}
        <span class="arrow" aria-hidden="true">
          {direction === 'ascending' ? '▲' : direction === 'descending' ? '▼' : ''}
        </span>
      </button>
    </th>
  );
}

function BodyCell<Row>(props: {
  readonly column: TableColumn<Row>;
  readonly row: Row;
  readonly isHeading: boolean;
}): VNode {
  const { column, row, isHeading } = props;
  const content = column.render === undefined ? column.text(row) : column.render(row);
  if (isHeading) {
    return (
      <th scope="row" class={column.align} data-column={column.id}>
        {content}
      </th>
    );
  }
  return (
    <td class={column.align} data-column={column.id} data-value={column.value?.(row)} data-label={headingText(column)}>
      {content}
    </td>
  );
}

export interface Heading {
  readonly text: string;
  readonly align?: 'left' | 'right';
  /** By default what the glossary says. */
  readonly help?: string | undefined;
}

/** A table whose rows become blocks of labelled values where the page is narrow: its cells have a `data-label`. */
function TableFrame(props: {
  readonly caption: string;
  readonly head: ComponentChildren;
  readonly children: ComponentChildren;
}): VNode {
  const { caption, head, children } = props;
  return (
    <div class="table-scroll stacked" tabIndex={0} role="region" aria-label={caption}>
      <table>
        <caption class="off-screen">{caption}</caption>
        <thead>
          <tr>{head}</tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

function HeadingCells({ headings }: { readonly headings: readonly Heading[] }): VNode {
  return (
    <>
      {headings.map(({ text, align = 'left', help = meaningOf(text) }) => (
        <th key={text} scope="col" class={align}>
          <Explained help={help}>{text}</Explained>
        </th>
      ))}
    </>
  );
}

export interface CellsTableProps {
  readonly caption: string;
  readonly headings: readonly Heading[];
  /** As many cells as headings; the first one names its row. */
  readonly rows: readonly {
    readonly key: string;
    readonly rowClass?: string;
    readonly cells: readonly ComponentChildren[];
  }[];
}

/** A table of ready cells, in its own order. */
export function CellsTable({ caption, headings, rows }: CellsTableProps): VNode {
  return (
    <TableFrame caption={caption} head={<HeadingCells headings={headings} />}>
      {rows.map(({ key, rowClass, cells: [name, ...cells] }) => (
        <tr key={key} class={rowClass}>
          <th scope="row" class={headings[0]?.align}>
            {name}
          </th>
          {cells.map((cell, index) => (
            <td
              key={headings[index + 1]?.text}
              class={headings[index + 1]?.align}
              data-label={headings[index + 1]?.text}
            >
              {cell}
            </td>
          ))}
        </tr>
      ))}
    </TableFrame>
  );
}

/** A table of texts, as its copy buttons give it. */
export function TableOfTexts({ table }: { readonly table: TextTable }): VNode {
  const { headings, rows, align, caption } = table;
  return (
    <CellsTable
      caption={caption}
      headings={headings.map((text, index) => ({ text, align: align[index] ?? 'left' }))}
      rows={rows.map((row) => ({ key: row.join(' '), cells: row.map((text) => <bdi key={text}>{text}</bdi>) }))}
    />
  );
}
