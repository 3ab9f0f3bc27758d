import type { VNode } from 'preact';
import { outcomes } from '../../core/store.ts';
import { maxCells, type CellSummary, type ItemLine } from '../viewer-data.ts';
import { wholeNumber } from './format.ts';
import { setParams, useHash } from './hash-state.ts';
import { useItems, Waiting, WhenLoaded, type ItemList, type ViewProps } from './loading.tsx';
import { ModelName, Select } from './page-parts.tsx';
import { taskTitles } from './run-page.tsx';
import {
  choiceOf,
  filterText,
  modelsText,
  outcomeWords,
  queriedCells,
  shownModels,
  withModel,
  withOutcome,
  withTask,
  type ChosenModel,
  type SampleChoice,
} from './sample-choice.ts';
import { SampleDetail, verdictWord } from './sample-detail.tsx';
import { SearchField } from './search-field.tsx';

/** More are folded away: the items matter more than the models. */
const mostOpenModels = 8;

function ModelChoice({ model, choice }: { readonly model: ChosenModel; readonly choice: SampleChoice }): VNode {
  const { cell, letter, isShown, outcome } = model;
  const shown = shownModels(choice).length;
  return (
    <li>
      <label class="check">
        <input
          type="checkbox"
          checked={isShown}
          disabled={isShown ? shown === 1 : shown === maxCells}
          onChange={(event) => setParams(withModel(choice, cell.id, event.currentTarget.checked))}
        />
        <strong>{letter}</strong>
        <ModelName name={cell.model} />
      </label>
      <select
        aria-label={`Answers of ${letter}, ${cell.model}`}
        value={outcome ?? ''}
        disabled={!isShown}
        onChange={({ currentTarget: { value } }) =>
          setParams(
            withOutcome(
              choice,
              cell.id,
              outcomes.find((name) => name === value),
            ),
          )
        }
      >
        <option value="">any answer</option>
        {outcomes.map((name) => (
          <option key={name} value={name}>
            {outcomeWords[name]}
          </option>
        ))}
      </select>
    </li>
  );
}

export function Toolbar(props: { readonly choice: SampleChoice; readonly cells: readonly CellSummary[] }): VNode {
  const { choice, cells } = props;
  const { models, taskId, isDisputed, search } = choice;
  const filters = filterText(choice);
  return (
    <>
      <div class="toolbar">
        <Select
          label="Task"
          value={taskId}
          options={taskTitles(cells)}
          onChange={(task) => setParams(withTask(task))}
        />
        <label class="check">
          <input
            type="checkbox"
            checked={isDisputed}
            disabled={shownModels(choice).length < 2}
            onChange={(event) => setParams({ differ: event.currentTarget.checked ? '1' : '' })}
          />
          Only where the scores differ
        </label>
        <SearchField
          search={search}
          placeholder="in prompts, answers, outputs and ids"
          onSearch={(text) => setParams({ q: text })}
        />
      </div>
      <details class="models" open={models.length <= mostOpenModels}>
        <summary>
          {modelsText(choice)}
          {filters === '' ? '' : ` · only items with ${filters}`}
        </summary>
        <ul class="model-choice">
          {models.map((model) => (
            <ModelChoice key={model.cell.id} model={model} choice={choice} />
          ))}
        </ul>
      </details>
    </>
  );
}

function ItemRow(props: {
  readonly item: ItemLine;
  readonly models: readonly ChosenModel[];
  readonly isChosen: boolean;
}): VNode {
  const { item, models, isChosen } = props;
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
          <span class="count">{wholeNumber(item.position + 1)}</span> <bdi>{item.question}</bdi>
        </button>
        <span class="reason clip">
          expected: <bdi>{item.expected.slice(0, 80)}</bdi>
        </span>
      </th>
      {models.map(({ cell, letter }) => {
        const verdict = item.verdicts.find(({ cellId }) => cellId === cell.id);
        const { word, mark, tone } =
          verdict === undefined ? { word: 'no answer', mark: '–', tone: 'none' } : verdictWord(verdict);
        return (
          <td key={cell.id} class="narrow" data-letter={letter} title={`${letter}, ${cell.model}: ${word}`}>
            <span class={`verdict ${tone}`}>
              <span aria-hidden="true">{mark}</span>
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

export function ItemTable({ list, choice }: { readonly list: ItemList; readonly choice: SampleChoice }): VNode {
  const { items, hasMore, isLoading, error, count, loadMore } = list;
  const models = shownModels(choice);
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
              {models.map(({ cell, letter }) => (
                <th key={cell.id} scope="col" class="narrow" title={cell.model}>
                  {letter}
                  <span class="off-screen">: {cell.model}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {items.map((item) => (
              <ItemRow key={item.itemId} item={item} models={models} isChosen={choice.itemId === item.itemId} />
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

/** The samples of one task: a list of items, and one of them as every shown model answered it. */
export function SamplesPage({ source, version, runId }: ViewProps & { readonly runId: string }): VNode {
  return (
    <WhenLoaded load={() => source.cells(runId)} keys={[runId, version]}>
      {(cells) => <Samples source={source} version={version} runId={runId} cells={cells} />}
    </WhenLoaded>
  );
}

/** Beside so many columns an item has no room: it stands below the list. */
const mostColumnsBeside = 6;

function Samples(props: ViewProps & { readonly runId: string; readonly cells: readonly CellSummary[] }): VNode {
  const { source, version, runId, cells } = props;
  const { params } = useHash();
  const choice = choiceOf(params, cells);
  const { isDisputed, search } = choice;
  const models = shownModels(choice);
  const list = useItems(source, { cells: queriedCells(choice), isDisputed, search }, version);
  const cellIds = models.map(({ cell }) => cell.id);
  const itemId = choice.itemId === '' ? list.items[0]?.itemId : choice.itemId;
  return (
    <>
      <div class="crumbs">
        <a href="#/runs">Runs</a> / <a href={`#/runs/${encodeURIComponent(runId)}`}>{runId}</a> / <span>samples</span>
      </div>
      <section class="block samples" aria-label="Samples">
        <h1 class="off-screen">Samples</h1>
        <Toolbar choice={choice} cells={cells} />
        <div class={models.length > mostColumnsBeside ? 'split below' : 'split'}>
          <ItemTable list={list} choice={{ ...choice, itemId: itemId ?? '' }} />
          {itemId === undefined || cellIds.length === 0 ? (
            <p class="nothing">Select an item.</p>
          ) : (
            <WhenLoaded load={() => source.item(cellIds, itemId)} keys={[itemId, cellIds.join(' ')]}>
              {(detail) => <SampleDetail itemId={itemId} detail={detail} models={models} />}
            </WhenLoaded>
          )}
        </div>
      </section>
    </>
  );
}
