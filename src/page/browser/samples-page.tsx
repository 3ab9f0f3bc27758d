import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { ListedItem } from '../../core/store.ts';
import { itemFilters, type CellSummary, type ItemFilter } from '../viewer-data.ts';
import { wholeNumber } from './format.ts';
import { setParams, useHash } from './hash-state.ts';
import { useItems, Waiting, WhenLoaded, type ItemList, type ViewProps } from './loading.tsx';
import { Select } from './page-parts.tsx';
import { taskTitles } from './runs-page.tsx';
import { SampleDetail, verdictWord } from './sample-detail.tsx';

const filterNames: Readonly<Record<ItemFilter, string>> = {
  all: 'All',
  wrong: 'Wrong',
  right: 'Right',
  unparsed: 'Unparsed',
  truncated: 'Truncated',
  failed: 'Failed',
  disagreement: 'Models disagree',
};

export interface Choice {
  readonly taskId: string;
  /** Cells that are shown; filters look at the first. */
  readonly cellIds: readonly string[];
  readonly filter: ItemFilter;
  readonly search: string;
  readonly itemId: string;
}

/** The choice in the address, as far as the cells have it. */
export function choiceOf(params: ReadonlyMap<string, string>, cells: readonly CellSummary[]): Choice {
  const taskId = params.get('task') ?? cells[0]?.taskId ?? '';
  const known = cells.filter((cell) => cell.taskId === taskId);
  const named = (params.get('cells') ?? '').split(' ').filter((id) => known.some((cell) => cell.id === id));
  const filter = itemFilters.find((name) => name === params.get('filter')) ?? 'all';
  return {
    taskId,
    cellIds: named.length > 0 ? named : known.slice(0, 1).map(({ id }) => id),
    filter,
    search: params.get('q') ?? '',
    itemId: params.get('item') ?? '',
  };
}

/** The setting for the cells after one was switched on or off; the first that was chosen stays the one that is filtered by. */
export function toggled(cellIds: readonly string[], id: string, isOn: boolean): string {
  return (isOn ? [...cellIds, id] : cellIds.filter((other) => other !== id)).join(' ');
}

export function Toolbar({ choice, cells }: { readonly choice: Choice; readonly cells: readonly CellSummary[] }): VNode {
  const own = cells.filter(({ taskId }) => taskId === choice.taskId);
  return (
    <div class="toolbar">
      <Select
        label="Task"
        value={choice.taskId}
        options={taskTitles(cells)}
        onChange={(task) => setParams({ task, cells: '', item: '' })}
      />
      <fieldset class="inline">
        <legend>Models</legend>
        {own.map(({ id, model }) => (
          <label key={id} class="check">
            <input
              type="checkbox"
              checked={choice.cellIds.includes(id)}
              onChange={(event) => setParams({ cells: toggled(choice.cellIds, id, event.currentTarget.checked) })}
            />
            <bdi>{model}</bdi>
            {choice.cellIds[0] === id && choice.cellIds.length > 1 ? (
              <span class="count">(filters apply to it)</span>
            ) : null}
          </label>
        ))}
      </fieldset>
      <fieldset class="inline">
        <legend>Show</legend>
        {itemFilters.map((name) => (
          <label key={name} class="check">
            <input
              type="radio"
              name="filter"
              checked={choice.filter === name}
              disabled={name === 'disagreement' && choice.cellIds.length < 2}
              onChange={() => setParams({ filter: name === 'all' ? '' : name })}
            />
            {filterNames[name]}
          </label>
        ))}
      </fieldset>
      <SearchField search={choice.search} />
    </div>
  );
}

const searchPauseMs = 180;

function SearchField({ search }: { readonly search: string }): VNode {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <label class="wide">
      Search
      <input
        type="search"
        value={search}
        placeholder="in ids, prompts, answers and outputs"
        onInput={(event) => {
          const { value } = event.currentTarget;
          clearTimeout(timer.current);
          timer.current = setTimeout(() => setParams({ q: value }), searchPauseMs);
        }}
      />
    </label>
  );
}

function ItemRow(props: {
  readonly item: ListedItem;
  readonly cellIds: readonly string[];
  readonly cells: ReadonlyMap<string, CellSummary>;
  readonly isChosen: boolean;
}): VNode {
  const { item, cellIds, cells, isChosen } = props;
  return (
    <tr class={isChosen ? 'chosen' : undefined}>
      <th scope="row">
        <button
          type="button"
          class="item"
          aria-pressed={isChosen}
          data-item={item.itemId}
          onClick={() => setParams({ item: item.itemId })}
        >
          <bdi>{item.itemId}</bdi>
        </button>
        <span class="reason clip">
          <bdi>{item.expected.slice(0, 80)}</bdi>
        </span>
      </th>
      {cellIds.map((cellId) => {
        const verdict = item.verdicts.find((one) => one.cellId === cellId);
        if (verdict === undefined) return <td key={cellId}>–</td>;
        const { word, mark, tone } = verdictWord(verdict);
        return (
          <td key={cellId} title={`${cells.get(cellId)?.model ?? ''}: ${word}`}>
            <span class={`verdict ${tone}`}>
              {mark}
              <span class="off-screen">{word}</span>
            </span>
          </td>
        );
      })}
    </tr>
  );
}

/** The arrow keys move between items. */
function moveFocus(event: KeyboardEvent): void {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
  const list = event.currentTarget as HTMLElement;
  const buttons = [...list.querySelectorAll<HTMLButtonElement>('button.item')];
  const at = buttons.findIndex((button) => button === document.activeElement);
  const next = buttons[at + (event.key === 'ArrowDown' ? 1 : -1)];
  if (at === -1 || next === undefined) return;
  event.preventDefault();
  next.focus();
  next.click();
}

export function ItemTable(props: {
  readonly list: ItemList;
  readonly choice: Choice;
  readonly cells: ReadonlyMap<string, CellSummary>;
}): VNode {
  const { list, choice, cells } = props;
  const { items, hasMore, isLoading, error, count, loadMore } = list;
  if (error !== undefined) return <Waiting error={error} />;
  return (
    <div class="items" onKeyDown={moveFocus}>
      <p class="count" role="status">
        {isLoading && items.length === 0
          ? 'Loading…'
          : `${wholeNumber(items.length)} of ${count === undefined ? '…' : wholeNumber(count)} items`}
      </p>
      <div class="items-scroll" tabIndex={0} role="region" aria-label="Items">
        <table>
          <thead>
            <tr>
              <th scope="col">Item</th>
              {choice.cellIds.map((id) => (
                <th key={id} scope="col" class="narrow" title={cells.get(id)?.model}>
                  <bdi>{cells.get(id)?.model}</bdi>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {items.map((item) => (
              <ItemRow
                key={item.itemId}
                item={item}
                cellIds={choice.cellIds}
                cells={cells}
                isChosen={choice.itemId === item.itemId}
              />
            ))}
          </tbody>
        </table>
        {items.length === 0 && !isLoading ? <p class="nothing">No item matches.</p> : null}
        {hasMore ? (
          <button type="button" class="load-more" disabled={isLoading} onClick={loadMore}>
            Load more
          </button>
        ) : null}
      </div>
    </div>
  );
}

/** The samples of one task: a list on the left, one item on the right, two models side by side. */
export function SamplesPage({ source, version, runId }: ViewProps & { readonly runId: string }): VNode {
  return (
    <WhenLoaded load={() => source.cells(runId)} keys={[runId, version]}>
      {(cells) => <Samples source={source} version={version} runId={runId} cells={cells} />}
    </WhenLoaded>
  );
}

function Samples(props: ViewProps & { readonly runId: string; readonly cells: readonly CellSummary[] }): VNode {
  const { source, version, runId, cells } = props;
  const { params } = useHash();
  const choice = choiceOf(params, cells);
  const { cellIds, filter, search } = choice;
  const list = useItems(source, { cellIds, filter, search }, version);
  const byId = new Map(cells.map((cell) => [cell.id, cell]));
  const sideBySide = cellIds.slice(0, 2);
  const itemId = choice.itemId === '' ? list.items[0]?.itemId : choice.itemId;
  return (
    <>
      <div class="crumbs">
        <a href="#/runs">Runs</a> / <a href={`#/runs/${encodeURIComponent(runId)}`}>{runId}</a> / <span>samples</span>
      </div>
      <section class="block samples" aria-label="Samples">
        <h1 class="off-screen">Samples</h1>
        <Toolbar choice={choice} cells={cells} />
        <div class="split">
          <ItemTable list={list} choice={{ ...choice, itemId: itemId ?? '' }} cells={byId} />
          {itemId === undefined || cellIds.length === 0 ? (
            <p class="nothing">Select an item.</p>
          ) : (
            <WhenLoaded load={() => source.item(sideBySide, itemId)} keys={[itemId, sideBySide.join(' ')]}>
              {(detail) => <SampleDetail itemId={itemId} detail={detail} cells={byId} />}
            </WhenLoaded>
          )}
        </div>
      </section>
    </>
  );
}
