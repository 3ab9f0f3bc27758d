import { describe, expect, it } from 'vitest';
import { html, shown, shownRows } from '../../../test/page/shown.ts';
import { Bar, Facts } from './page-parts.tsx';
import { CellsTable, DataTable, nextSort, sortRows, textOf, type TableColumn } from './tables.tsx';

interface Row {
  readonly model: string;
  readonly memory: number | undefined;
}

const rows: readonly Row[] = [
  { model: 'b-10b', memory: 3 },
  { model: 'a-9b', memory: undefined },
  { model: 'b-9b', memory: 20 },
];
const columns: readonly TableColumn<Row>[] = [
  { id: 'model', heading: 'Model', align: 'left', sortValue: ({ model }) => model, text: ({ model }) => model },
  {
    id: 'memory',
    heading: 'Memory',
    unit: 'GiB',
    align: 'right',
    isDescendingFirst: true,
    value: ({ memory }) => memory,
    text: ({ memory }) => String(memory ?? '–'),
  },
  { id: 'note', heading: 'Note', align: 'left', text: () => 'x', render: () => <b>x</b> },
];

function sorted(sort: string): readonly string[] {
  return sortRows(rows, columns, sort).map(({ model }) => model);
}

describe('sorting', () => {
  it('is by number or by name, either way; what is not known stays last', () => {
    expect(sorted('memory')).toEqual(['b-10b', 'b-9b', 'a-9b']);
    expect(sorted('-memory')).toEqual(['b-9b', 'b-10b', 'a-9b']);
    expect(sorted('model')).toEqual(['a-9b', 'b-9b', 'b-10b']);
  });

  it('leaves the order as it is for a column that is not there or has no order', () => {
    for (const sort of ['', 'speed', '-note']) expect(sorted(sort)).toEqual(rows.map(({ model }) => model));
  });

  it('goes from the better end to the other and back to the report’s own order', () => {
    const [model, memory] = columns as [TableColumn<Row>, TableColumn<Row>];
    const clicks = (column: TableColumn<Row>): readonly string[] => {
      const first = nextSort(column, 'other');
      const second = nextSort(column, first);
      return [first, second, nextSort(column, second)];
    };
    expect(clicks(model)).toEqual(['model', '-model', '']);
    expect(clicks(memory)).toEqual(['-memory', 'memory', '']);
  });
});

describe('a table of data', () => {
  function Table({ shownRows: some }: { readonly shownRows: readonly Row[] }) {
    return <DataTable id="t" caption="All" columns={columns} rows={some} rowKey={({ model }) => model} />;
  }

  it('shows headings with units, rows with a heading, and the number behind each cell', () => {
    expect(shownRows(<Table shownRows={rows} />)).toEqual([
      ['Model', 'Memory GiB', 'Note'],
      ['b-10b', '3', 'x'],
      ['a-9b', '–', 'x'],
      ['b-9b', '20', 'x'],
    ]);
    const text = html(<Table shownRows={rows} />);
    expect(text).toContain('<td class="right" data-column="memory" data-value="20" data-label="Memory (GiB)">20</td>');
    expect(text).toContain('<th scope="row" class="left" data-column="model">b-9b</th>');
    // Two columns can be sorted.
    expect(text.match(/aria-sort="none"/gu)).toHaveLength(2);
  });

  it('can be searched from six rows on, and says when there is nothing', () => {
    const many = Array.from({ length: 6 }, (_, index) => ({ model: `m${index}`, memory: index }));
    expect(html(<Table shownRows={rows} />)).not.toContain('type="search"');
    expect(html(<Table shownRows={many} />)).toContain('type="search"');
    expect(shown(<Table shownRows={many} />)).toContain('Filter models 6 rows');
    expect(shown(<Table shownRows={[]} />).at(-1)).toBe('Nothing to show.');
  });

  it('is copied as it is shown', () => {
    expect(textOf('All', columns, rows)).toEqual({
      caption: 'All',
      headings: ['Model', 'Memory (GiB)', 'Note'],
      align: ['left', 'right', 'left'],
      rows: [
        ['b-10b', '3', 'x'],
        ['a-9b', '–', 'x'],
        ['b-9b', '20', 'x'],
      ],
    });
  });
});

describe('a table of ready cells', () => {
  it('has a caption for those who hear it, and its headings again where rows become blocks', () => {
    const headings = [{ text: 'A', help: 'why' }, { text: 'B' }];
    const text = html(
      <CellsTable caption="Cells" headings={headings} rows={[{ key: 'one', cells: ['first', 'second'] }]} />,
    );
    expect(text).toContain('aria-label="Cells"');
    expect(text).toContain('<span class="term" tabindex="0" aria-description="why">A</span></th>');
    expect(text).toMatch(/<tbody><tr><th[^>]*>first<\/th><td[^>]*data-label="B"[^>]*>second<\/td><\/tr><\/tbody>/u);
  });
});

describe('facts', () => {
  it('leave out what is not known, unless each has its place', () => {
    const facts = [
      ['CPU', 'one'],
      ['GPU', '–'],
      ['Governor', undefined],
    ] as const;
    expect(shown(<Facts facts={facts} />)).toEqual(['CPU one']);
    expect(shown(<Facts facts={facts} isTight />)).toEqual(['CPU one', 'GPU –', 'Governor']);
  });
});

describe('a bar', () => {
  it('is as long as its share, with a whisker for the interval', () => {
    expect(html(<Bar share={0.5} low={0.25} high={0.75} />)).toBe(
      '<span class="bar" aria-hidden="true"><span class="bar-fill" style="width:50%;"></span>' +
        '<span class="bar-whisker" style="left:25%;width:50%;"></span></span>',
    );
  });

  it('stays inside, and is empty for what is no number', () => {
    expect(html(<Bar share={1.5} isStrong />)).toContain('class="bar strong"');
    expect(html(<Bar share={1.5} />)).toContain('width:100%');
    for (const share of [undefined, Number.NaN])
      expect(html(<Bar share={share} low={0} high={1} />)).not.toContain('fill');
  });
});
