import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { html, shown, shownRows } from '../../../test/page/shown.ts';
import { storedPages, type StoredPages } from '../../../test/page/stored-pages.ts';
import { hostileModel } from '../../../test/setup/stored-cells.ts';
import type { ListedItem } from '../../core/store.ts';
import type { Comparison } from '../../scoring/comparison.ts';
import type { CellSummary, ItemDetail, ItemsPage, RunSummary } from '../viewer-data.ts';
import { ComparedRuns } from './compare-page.tsx';
import { requestAfter, type ItemList } from './loading.tsx';
import { CellGrid, RunList, taskTitles } from './runs-page.tsx';
import { promptChoices, promptMessages, SampleDetail, verdictWord } from './sample-detail.tsx';
import { choiceOf, ItemTable, toggled, Toolbar } from './samples-page.tsx';
import { showHidden } from './show-hidden.ts';

// As the pages' programs do, before anything is drawn.
showHidden();

let stored: StoredPages;
let runs: readonly RunSummary[];
let cells: readonly CellSummary[];
let byId: ReadonlyMap<string, CellSummary>;

beforeAll(async () => {
  stored = await storedPages();
  runs = await stored.get('/api/runs');
  cells = await stored.get(`/api/runs/${stored.runId}/cells`);
  byId = new Map(cells.map((cell) => [cell.id, cell]));
});
afterAll(async () => stored[Symbol.asyncDispose]());

/** Cells of the task that both models generate answers for. */
function generated(): readonly CellSummary[] {
  return cells.filter(({ taskId }) => taskId === 'gsm8k/per@1');
}

async function items(query: string): Promise<ItemsPage> {
  const own = generated().map(({ id }) => `cell=${encodeURIComponent(id)}`);
  return stored.get(`/api/items?${own.join('&')}&${query}`);
}

async function detail(shownCells: readonly CellSummary[], itemId: string): Promise<ItemDetail> {
  return stored.get(
    `/api/item?${new URLSearchParams([...shownCells.map(({ id }) => ['cell', id]), ['item', itemId]])}`,
  );
}

describe('the list of runs', () => {
  it('names each run with its state, start, size and progress', () => {
    expect(shownRows(<RunList runs={runs} />)).toEqual([
      ['Run', 'State', 'Started', 'Models', 'Tasks', 'Cells done'],
      [`${stored.runId} fixture`, 'finished', '2026-11-24 16:30 UTC', '2', '3', '6 of 6'],
    ]);
    const half = runs.map((run) => ({ ...run, status: 'running' as const, cells: { done: 1, failed: 2, pending: 3 } }));
    expect(shownRows(<RunList runs={half} />)[1]?.slice(-1)).toEqual(['1 of 6, 2 failed']);
  });

  it('says that there are none', () => {
    expect(shown(<RunList runs={[]} />).at(-1)).toBe('No runs in this store yet.');
  });
});

describe('the cells of a run', () => {
  it('are models by tasks, each a way to its samples', () => {
    const grid = <CellGrid cells={cells} runId={stored.runId} />;
    expect(taskTitles(cells).map(([id]) => id)).toEqual([
      'gsm8k/lmeval5-strict@1',
      'hellaswag/lmeval@1',
      'gsm8k/per@1',
    ]);
    expect(shownRows(grid).map((row) => row[0])).toEqual(['Model', 'small-135m', hostileModel, '']);
    expect(shownRows(grid)[1]?.slice(1)).toEqual(Array.from({ length: 3 }, () => '✓ done: 0.500'));
    const ids = generated().map(({ id }) => id);
    const both = new URLSearchParams({ task: 'gsm8k/per@1', cells: ids.join(' ') }).toString();
    expect(html(grid)).toContain(`href="#/runs/${stored.runId}/samples?${both.replaceAll('&', '&amp;')}"`);
  });

  it('say how far they are, why they failed, and that one is not there', () => {
    const [first, ...others] = cells as [CellSummary, ...CellSummary[]];
    const running = { ...first, state: 'running' as const, answered: 1500, items: 4000, accuracy: undefined };
    const failed = { ...running, state: 'failed' as const, answered: 0, error: { code: 'PB_X', message: 'it <died>' } };
    const cellText = (cell: CellSummary): string => shownRows(<CellGrid cells={[cell]} runId="r" />)[1]?.[1] ?? '';
    expect(cellText(running)).toBe('… running: 1,500 / 4,000');
    expect(cellText(failed)).toBe('✗ failed: 0 / 4,000 it <died>');
    expect(shownRows(<CellGrid cells={others} runId="r" />)[1]).toContain('–');
  });
});

describe('which samples are shown', () => {
  it('is what the address asks for, as far as there is such a thing', () => {
    const [first, second] = generated() as [CellSummary, CellSummary];
    const choice = (params: Readonly<Record<string, string>>) => choiceOf(new Map(Object.entries(params)), cells);
    expect(choice({})).toEqual({
      taskId: cells[0]?.taskId,
      cellIds: [cells[0]?.id],
      filter: 'all',
      search: '',
      itemId: '',
    });
    expect(
      choice({ task: 'gsm8k/per@1', cells: `${second.id} other ${first.id}`, filter: 'wrong', q: 'x', item: '3' }),
    ).toEqual({ taskId: 'gsm8k/per@1', cellIds: [second.id, first.id], filter: 'wrong', search: 'x', itemId: '3' });
    expect(choice({ task: 'gsm8k/per@1', filter: 'best' }).filter).toBe('all');
  });

  it('changes model by model, the first one staying the one that is filtered by', () => {
    expect(toggled(['a', 'b'], 'c', true)).toBe('a b c');
    expect(toggled(['a', 'b'], 'a', false)).toBe('b');
  });

  it('has a way to choose each, and disagreement only between two', () => {
    const one = choiceOf(new Map([['task', 'gsm8k/per@1']]), cells);
    const two = { ...one, cellIds: generated().map(({ id }) => id), filter: 'wrong' as const };
    expect(html(<Toolbar choice={one} cells={cells} />).match(/disabled/gu)).toHaveLength(1);
    const text = html(<Toolbar choice={two} cells={cells} />);
    expect(text).not.toContain('disabled');
    // Two models and one filter are checked.
    expect(text.match(/ checked/gu)).toHaveLength(3);
    expect(shown(<Toolbar choice={two} cells={cells} />)).toContain('small-135m (filters apply to it)');
  });
});

describe('the list of items', () => {
  async function listed(query: string): Promise<ItemList> {
    const page = await items(query);
    return { ...page, isLoading: false, error: undefined, count: page.items.length, loadMore: () => undefined };
  }

  it('has a verdict per model, and marks the item that is shown', async () => {
    const choice = { ...choiceOf(new Map([['task', 'gsm8k/per@1']]), cells), cellIds: generated().map(({ id }) => id) };
    const list = await listed('filter=all');
    const table = <ItemTable list={list} choice={{ ...choice, itemId: '00002-abcdef12' }} cells={byId} />;
    expect(shown(table)[0]).toBe('4 of 4 items');
    expect(shownRows(table).map((row) => row.slice(1))).toEqual([
      ['small-135m', hostileModel],
      ['✓ right', '✓ right'],
      ['? unparsed', '? unparsed'],
      ['✓ right', '✓ right'],
      ['! failed', '! failed'],
    ]);
    expect(html(table)).toMatch(/<tr class="chosen"><th scope="row"><button[^>]*data-item="00002-abcdef12"/u);
  });

  it('says that nothing matches, that more is there, and what went wrong', async () => {
    const choice = choiceOf(new Map(), cells);
    const table = (list: ItemList) => shown(<ItemTable list={list} choice={choice} cells={byId} />);
    const none = await listed('filter=all&search=nowhere');
    expect(table(none)).toEqual(['0 of 0 items', 'Item | small-135m', 'No item matches.']);
    expect(table({ ...none, isLoading: true, count: undefined })[0]).toBe('Loading…');
    expect(table({ ...(await listed('filter=all')), hasMore: true }).at(-1)).toBe('Load more');
    expect(table({ ...none, error: 'the viewer returned status 500' })).toEqual(['the viewer returned status 500']);
  });

  it('goes on behind the last item that is there', async () => {
    const { items: there } = await items('filter=all');
    const request = { cellIds: ['a'], filter: 'all', search: '' } as const;
    expect(requestAfter(request, [])).toBe(request);
    const last = there.at(-1) as ListedItem;
    expect(requestAfter(request, there)).toEqual({ ...request, after: { position: 3, itemId: last.itemId } });
  });
});

describe('one sample', () => {
  it.each([
    [{ score: 1, isUnparsed: false, isFailed: false }, 'right'],
    [{ score: 0, isUnparsed: false, isFailed: false }, 'wrong'],
    [{ score: 0.25, isUnparsed: false, isFailed: false }, 'partly (0.25)'],
    [{ score: 0, isUnparsed: true, isFailed: false }, 'unparsed'],
    [{ score: 0, isUnparsed: true, isFailed: true }, 'failed'],
  ])('%j is %s', (verdict, word) => {
    expect(verdictWord(verdict).word).toBe(word);
  });

  it('has what was asked, expected and answered, side by side, hostile text made visible', async () => {
    const itemId = '00001-abcdef12';
    const found = await detail(generated(), itemId);
    const page = <SampleDetail itemId={itemId} detail={found} cells={byId} />;
    const text = shown(page);
    expect(text[0]).toBe(itemId);
    expect(text).toContain('Prompt tokens 20 (4 reused)');
    expect(text).toContain('Time to first token 39 ms');
    expect(text.slice(-3)).toEqual(['Prompt', 'Question: how many, 1?', 'Answer:']);
    expect(text.filter((line) => line.includes('? unparsed'))).toHaveLength(2);
    expect(html(page)).not.toContain('<script>');
    expect(html(page)).toContain('␛[31m⟨U+202E⟩abc␀');
  });

  it('has the choices of a task that asks for none to be written', async () => {
    const own = cells.filter(({ taskId }) => taskId === 'hellaswag/lmeval@1');
    const itemId = '00000-abcdef12';
    const page = <SampleDetail itemId={itemId} detail={await detail(own, itemId)} cells={byId} />;
    expect(html(page)).toContain('<ol class="continuations"><li><bdi> one</bdi></li><li><bdi> two</bdi></li></ol>');
  });

  it('takes a prompt apart where it is a chat or a choice, and leaves any other alone', () => {
    const chat = [{ role: 'user', content: 'Why?' }];
    expect(promptMessages(JSON.stringify(chat))).toEqual(chat);
    expect(promptMessages('[not JSON')).toBeUndefined();
    expect(promptMessages('[{"role":1}]')).toBeUndefined();
    expect(promptChoices('{"context":"Q","continuations":["a"]}')).toEqual({ context: 'Q', continuations: ['a'] });
    expect(promptChoices('{"context":"Q"}')).toBeUndefined();
    expect(promptChoices('{broken')).toBeUndefined();
  });

  it('says what failed, what was cut, and who has not answered', async () => {
    const [cell] = generated() as [CellSummary];
    const failed = shown(<SampleDetail itemId="3" detail={await detail([cell], '00003-abcdef12')} cells={byId} />);
    expect(failed).toContain('prompt_too_long: it has 5,000 tokens');
    const cut = shown(<SampleDetail itemId="2" detail={await detail([cell], '00002-abcdef12')} cells={byId} />);
    expect(cut.some((line) => line.includes('truncated'))).toBe(true);
    const none = { samples: [{ cellId: cell.id, sample: undefined }] };
    expect(shown(<SampleDetail itemId="9" detail={none} cells={byId} />)).toContain('no answer to this item');
  });
});

describe('two runs side by side', () => {
  it('have a verdict, and for each task what changed, with what confidence, and which items', async () => {
    const comparison = await stored.get<Comparison>('/api/compare?a=x&b=y');
    const [first] = comparison.cells;
    if (first === undefined) throw new Error('nothing was compared');
    const change = { itemId: '7', expected: '4', answerA: '4', answerB: undefined, scoreA: 1, scoreB: 0 };
    const faster = {
      ...(first.metrics[1] as (typeof first.metrics)[number]),
      a: { value: 2, interval: undefined, n: 3 },
      b: { value: 5, interval: undefined, n: 3 },
      change: 2.5,
      interval: { low: 2.25, high: 2.75 },
      verdict: 'better',
      doubts: ['host_busy'],
      reason: undefined,
    } as unknown as (typeof first.metrics)[number];
    const cell = { ...first, metrics: [first.metrics[0] as typeof faster, faster], regressions: [change], onlyA: 2 };
    const page = <ComparedRuns comparison={{ ...comparison, cells: [cell], unmatched: ['b has no imdb'] }} />;
    const text = shown(page);
    expect(text).toContain(comparison.verdict);
    expect(text).toContain('b has no imdb');
    expect(text).toContain('4 items answered by both, 2 answered by only one are left out');
    expect(shownRows(page)).toEqual([
      ['Metric', 'A', 'B', 'Change', 'Verdict'],
      ['accuracy', '0.500', '0.500', '+0.000 (−0.490 to +0.490)', '~ same'],
      ['throughput', '2 items/s', '5 items/s', '× 2.500 (× 2.250 to × 2.750)', '▲ better host_busy'],
      ['Item', 'Expected', 'A', 'B'],
      ['7', '4', '1.00 4', '0.00 –'],
    ]);
  });
});
