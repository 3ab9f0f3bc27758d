import type { VNode } from 'preact';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { html, shown, shownRows } from '../../../test/page/shown.ts';
import { storedPages, type StoredPages } from '../../../test/page/stored-pages.ts';
import { hostileModel } from '../../../test/setup/stored-cells.ts';
import type { Comparison } from '../../scoring/comparison.ts';
import type { CellSummary, ItemDetail, ItemLine, ItemsPage, RunsPage, RunSummary } from '../viewer-data.ts';
import { ComparedRuns } from './compare-page.tsx';
import { requestAfter, type ItemList } from './loading.tsx';
import { CellGrid, taskTitles } from './run-page.tsx';
import { hostName, RunList } from './runs-page.tsx';
import { choiceOf, shownModels, type ChosenModel, type SampleChoice } from './sample-choice.ts';
import { SampleDetail, verdictWord } from './sample-detail.tsx';
import { ItemTable, Toolbar } from './samples-page.tsx';
import { showHidden } from './show-hidden.ts';

// As the pages' programs do, before anything is drawn.
showHidden();

let stored: StoredPages;
let runs: RunsPage;
let cells: readonly CellSummary[];

beforeAll(async () => {
  stored = await storedPages();
  runs = await stored.get('/api/runs');
  cells = await stored.get(`/api/runs/${stored.runId}/cells`);
});
afterAll(async () => stored[Symbol.asyncDispose]());

/** Cells of the task that both models generate answers for. */
function generated(): readonly CellSummary[] {
  return cells.filter(({ taskId }) => taskId === 'gsm8k/per@2');
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
  function listed(page: RunsPage, answer?: Parameters<typeof RunList>[0]['answerOf'], search = ''): VNode {
    return <RunList page={page} search={search} answerOf={answer ?? (() => undefined)} showMore={() => undefined} />;
  }

  function changed(changes: Partial<RunSummary>): RunsPage {
    return { ...runs, runs: runs.runs.map((run) => ({ ...run, ...changes })) };
  }

  it('has what each comes to, of which models, on what tasks and host', async () => {
    expect(shown(listed(runs, () => ({ text: 'Deploy small-135m.' })))).toEqual([
      '1 of 1 runs, the newest first',
      stored.runId,
      'finished fixture · 2026-11-24 16:30 UTC · 6 of 6 cells done',
      'Deploy small-135m.',
      `Models small-135m · ${hostileModel}`,
      'Tasks GSM8K, lm-eval strict · HellaSwag, lm-eval · GSM8K',
      'Host Test, 2 cores',
      'Name bench',
      'CPU Test CPU',
      'Cores 2',
      'Memory 8.00 GiB',
      'System Linux, 6.1',
      'Container yes',
    ]);
    expect(runs.runs[0]?.answer).toBeUndefined();
    expect(await stored.get(`/api/runs/${stored.runId}/answer`)).toEqual({ answer: `The answer of ${stored.runId}.` });
    const again = await stored.get<RunsPage>('/api/runs');
    expect(again.runs[0]?.answer).toBe(`The answer of ${stored.runId}.`);
  });

  it('says why there is no answer', () => {
    expect(shown(listed(runs))).toContain('Finding the answer…');
    expect(shown(listed(changed({ status: 'running' })))).toContain('No answer yet: the run goes on.');
    expect(shown(listed(runs, () => ({ text: undefined })))).toContain('No answer: nothing was measured.');
    expect(shown(listed(runs, () => ({ error: 'locked' })))).toContain('no answer: locked');
  });

  it('says how far a run is, and folds away what is long or not known', () => {
    const half = changed({ cells: { done: 1, failed: 2, pending: 3 } });
    expect(shown(listed(half)).some((line) => line.endsWith('1 of 6 cells done, 2 failed'))).toBe(true);
    const many = shown(listed(changed({ models: ['a', 'b', 'c', 'd'], host: undefined })));
    expect(many).toContain('Models a · b and 2 more models');
    expect(many).toContain('Host not known: imported');
  });

  it('has a way to older ones, and says that there are none', () => {
    expect(shown(listed({ ...runs, count: 3 })).slice(0, 1)).toEqual(['1 of 3 runs, the newest first']);
    expect(shown(listed({ ...runs, count: 3 })).at(-1)).toBe('Show more');
    expect(shown(listed(runs)).at(-1)).not.toBe('Show more');
    expect(shown(listed({ runs: [], count: 0 }))).toEqual(['No runs in this store yet.']);
    expect(shown(listed({ runs: [], count: 0 }, undefined, 'x'))).toEqual(['No run matches.']);
  });

  it.each([
    ['Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz', [], 'Intel Xeon E5-2680 v4, 2 cores'],
    ['AMD EPYC 7B13 64-Core Processor', [], 'AMD EPYC 7B13, 2 cores'],
    ['any', ['NVIDIA H200'], 'NVIDIA H200'],
    ['any', ['NVIDIA T4', 'NVIDIA T4', 'NVIDIA L4'], '2 × NVIDIA T4, NVIDIA L4'],
  ])('calls a host with %s and %j by its short name', (cpuModel, gpus, expected) => {
    const host = runs.runs[0]?.host;
    expect(host && hostName({ ...host, cpuModel, gpus })).toBe(expected);
  });
});

describe('the cells of a run', () => {
  it('are models by tasks, each a way to its samples', () => {
    const grid = <CellGrid cells={cells} runId={stored.runId} />;
    expect(taskTitles(cells).map(([id]) => id)).toEqual([
      'gsm8k/lmeval5-strict@1',
      'hellaswag/lmeval@1',
      'gsm8k/per@2',
    ]);
    expect(shownRows(grid).map((row) => row[0])).toEqual(['Model', 'small-135m', hostileModel, 'All models']);
    expect(shownRows(grid)[1]?.slice(1)).toEqual(Array.from({ length: 3 }, () => '✓ done: 0.500'));
    const task = new URLSearchParams({ task: 'gsm8k/per@2' }).toString();
    expect(html(grid)).toContain(`href="#/runs/${stored.runId}/samples?${task}"`);
    expect(html(grid)).toContain(`href="#/runs/${stored.runId}/samples?${task}&amp;cells=${generated()[0]?.id}"`);
  });

  it('have names that break between their parts, and nowhere else', () => {
    const [cell] = cells as [CellSummary];
    const grid = <CellGrid cells={[{ ...cell, model: 'hf:org/a_b-c' }]} runId="r" />;
    expect(html(grid)).toContain('<bdi>hf:<wbr/>org/<wbr/>a_<wbr/>b-c</bdi>');
  });

  it('say how far they are, why they failed, and that one is not there', () => {
    const [first, ...others] = cells as [CellSummary, ...CellSummary[]];
    const running = { ...first, state: 'running' as const, answered: 1500, items: 4000, accuracy: undefined };
    const failed = { ...running, state: 'failed' as const, answered: 0, error: { code: 'PB_X', message: 'it <died>' } };
    const cellText = (cell: CellSummary): string => shownRows(<CellGrid cells={[cell]} runId="r" />)[1]?.[1] ?? '';
    expect(cellText(running)).toBe('… running: 1,500 / 4,000');
    expect(cellText(failed)).toBe('✗ failed: 0 / 4,000 it <died>');
    const ofModel = { ...failed, error: { code: 'PB_X', message: `${failed.model}: it died` } };
    expect(cellText(ofModel)).toBe('✗ failed: 0 / 4,000 it died');
    expect(shownRows(<CellGrid cells={others} runId="r" />)[1]).toContain('–');
  });
});

describe('the choice of samples', () => {
  it('checks who is shown, and says of whom what is wanted', () => {
    const [first, second] = generated() as [CellSummary, CellSummary];
    const one = choiceOf(new Map(Object.entries({ task: 'gsm8k/per@2', cells: second.id, wrong: second.id })), cells);
    const toolbar = <Toolbar choice={one} cells={cells} />;
    expect(shown(toolbar)).toContain('Models: 1 of 2 shown · only items with B wrong');
    // The only one that is shown stays so; what is wanted of the other can't be told; there is nothing to differ from.
    expect(html(toolbar).match(/ disabled/gu)).toHaveLength(3);
    expect(html(toolbar).match(/ checked/gu)).toHaveLength(1);
    expect(html(toolbar).match(/<option selected value="wrong">/gu)).toHaveLength(1);
    const both = choiceOf(new Map(Object.entries({ task: 'gsm8k/per@2', differ: '1', right: first.id })), cells);
    const all = <Toolbar choice={both} cells={cells} />;
    expect(shown(all)).toContain('Models: all 2 shown · only items with A right, different scores');
    expect(html(all)).not.toContain(' disabled');
    expect(html(all).match(/ checked/gu)).toHaveLength(3);
    expect(html(all)).toContain('<details class="models" open>');
  });

  it('folds many models away', () => {
    const many = Array.from({ length: 9 }, (_, index) => ({ ...(cells[0] as CellSummary), id: `c${index}` }));
    const toolbar = <Toolbar choice={choiceOf(new Map(), many)} cells={many} />;
    expect(html(toolbar)).toContain('<details class="models">');
  });
});

describe('the list of items', () => {
  async function listed(query: string): Promise<ItemList> {
    const page = await items(query);
    return { ...page, isLoading: false, error: undefined, count: page.items.length, loadMore: () => undefined };
  }

  function both(): SampleChoice {
    return choiceOf(new Map([['task', 'gsm8k/per@2']]), cells);
  }

  it('has the first words of each prompt, a verdict per model, and marks the item that is shown', async () => {
    const list = await listed('');
    const table = <ItemTable list={list} choice={{ ...both(), itemId: '00002-abcdef12' }} />;
    expect(shown(table)[0]).toBe('4 of 4 items');
    expect(shown(table).slice(2, 4)).toEqual(['1 how many, 0?', 'expected: 0 | ✓ right | ✓ right']);
    expect(shownRows(table).map((row) => row.slice(1))).toEqual([
      ['A : small-135m', `B : ${hostileModel}`],
      ['✓ right', '✓ right'],
      ['? unreadable', '? unreadable'],
      ['✓ right', '✓ right'],
      ['! failed', '! failed'],
    ]);
    expect(html(table)).toMatch(/<tr class="chosen"><th scope="row"><button[^>]*data-item="00002-abcdef12"/u);
    expect(html(table).replaceAll(/data-item="[^"]*"/gu, '')).not.toContain('abcdef12');
  });

  it('has as many columns as models, with letters that stay theirs', async () => {
    const [cell] = generated() as [CellSummary];
    const many = Array.from({ length: 30 }, (_, index) => ({ ...cell, id: `c${index}`, model: `model-${index}` }));
    const list = await listed('');
    const headings = (params: Readonly<Record<string, string>>): readonly string[] =>
      shownRows(<ItemTable list={list} choice={choiceOf(new Map(Object.entries(params)), many)} />)[0]?.slice(1) ?? [];
    expect(headings({})).toHaveLength(30);
    expect(headings({}).at(-1)).toBe('AD : model-29');
    expect(headings({ cells: 'c3 c1' })).toEqual(['B : model-1', 'D : model-3']);
  });

  it('says who has not answered an item', async () => {
    const list = await listed('');
    const alone = { ...list, items: list.items.map((item) => ({ ...item, verdicts: item.verdicts.slice(0, 1) })) };
    expect(shownRows(<ItemTable list={alone} choice={both()} />)[1]?.slice(1)).toEqual(['✓ right', '– no answer']);
  });

  it('says that nothing matches, that more is there, and what went wrong', async () => {
    const table = (list: ItemList) => shown(<ItemTable list={list} choice={both()} />);
    const none = await listed('search=nowhere');
    expect(table(none).at(0)).toBe('0 of 0 items');
    expect(table(none).at(-1)).toBe('No item matches.');
    expect(table({ ...none, isLoading: true, count: undefined })[0]).toBe('Loading…');
    expect(table({ ...(await listed('')), hasMore: true }).at(-1)).toBe('Load more');
    expect(table({ ...none, error: 'the viewer returned status 500' })).toEqual(['the viewer returned status 500']);
  });

  it('goes on behind the last item that is there', async () => {
    const { items: there } = await items('');
    const request = { cells: [{ id: 'a' }], isDisputed: false, search: '' };
    expect(requestAfter(request, [])).toBe(request);
    const last = there.at(-1) as ItemLine;
    expect(requestAfter(request, there)).toEqual({ ...request, after: { position: 3, itemId: last.itemId } });
  });
});

describe('one sample', () => {
  function chosen(own: readonly CellSummary[]): readonly ChosenModel[] {
    return shownModels(choiceOf(new Map(), own));
  }

  it.each([
    [{ score: 1, isUnparsed: false, isFailed: false }, 'right'],
    [{ score: 0, isUnparsed: false, isFailed: false }, 'wrong'],
    [{ score: 0.25, isUnparsed: false, isFailed: false }, 'partly (0.25)'],
    [{ score: 0, isUnparsed: true, isFailed: false }, 'unreadable'],
    [{ score: 0, isUnparsed: true, isFailed: true }, 'failed'],
  ])('%j is %s', (verdict, word) => {
    expect(verdictWord(verdict).word).toBe(word);
  });

  it('has what was asked, expected and answered, side by side, hostile text made visible', async () => {
    const itemId = '00001-abcdef12';
    const found = await detail(generated(), itemId);
    const page = <SampleDetail itemId={itemId} detail={found} models={chosen(generated())} />;
    const text = shown(page);
    expect(text.slice(0, 2)).toEqual(['how many, 1?', `item 2 · id ${itemId}`]);
    expect(text).toContain('Prompt tokens 20 (4 reused)');
    expect(text).toContain('Time to first token 39 ms');
    expect(text.slice(-3)).toEqual(['Prompt', 'Question: how many, 1?', 'Answer:']);
    expect(text.filter((line) => line.includes('? unreadable'))).toHaveLength(2);
    expect(html(page)).not.toContain('<script>');
    expect(html(page)).toContain('␛[31m⟨U+202E⟩abc␀');
  });

  it('has the choices of a task that asks for none to be written', async () => {
    const own = cells.filter(({ taskId }) => taskId === 'hellaswag/lmeval@1');
    const itemId = '00000-abcdef12';
    const page = <SampleDetail itemId={itemId} detail={await detail(own, itemId)} models={chosen(own)} />;
    expect(shown(page)[0]).toBe('0');
    expect(html(page)).toContain('<ol class="continuations"><li><bdi> one</bdi></li><li><bdi> two</bdi></li></ol>');
  });

  it('says what failed, what was cut, and who has not answered', async () => {
    const [cell] = generated() as [CellSummary];
    const ofCell = async (itemId: string): Promise<readonly string[]> =>
      shown(<SampleDetail itemId={itemId} detail={await detail([cell], itemId)} models={chosen([cell])} />);
    const failed = await ofCell('00003-abcdef12');
    expect(failed).toContain('prompt_too_long: it has 5,000 tokens');
    const cut = await ofCell('00002-abcdef12');
    expect(cut.some((line) => line.includes('truncated'))).toBe(true);
    const none = { question: 'Why?', samples: [{ cellId: cell.id, sample: undefined }] };
    const models = chosen(generated());
    const text = shown(<SampleDetail itemId="9" detail={none} models={models} />);
    // The other one was just chosen: its answer is still on its way.
    expect(text.filter((line) => line === 'no answer to this item')).toHaveLength(1);
  });
});

describe('two runs side by side', () => {
  it('have a verdict, and for each task what changed, with what confidence, and which items', async () => {
    const comparison = await stored.get<Comparison>('/api/compare?a=x&b=y');
    const [first] = comparison.cells;
    if (first === undefined) throw new Error('nothing was compared');
    const change = {
      itemId: '7',
      question: 'How many?',
      expected: '4',
      answerA: '4',
      answerB: undefined,
      scoreA: 1,
      scoreB: 0,
    };
    const faster = {
      ...first.metrics.find(({ metric }) => metric === 'throughput'),
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
    const { runId } = first.b;
    const sample = `#/runs/${runId}/samples?${new URLSearchParams({ task: first.taskId, item: '7' }).toString()}`;
    expect(html(page)).toContain(`href="${sample.replaceAll('&', '&amp;')}"`);
    expect(text).toContain('4 items answered by both, 2 answered by only one are left out');
    expect(shownRows(page)).toEqual([
      ['Metric', 'A', 'B', 'Change', 'Verdict'],
      ['accuracy', '0.500', '0.500', '+0.000 (−0.490 to +0.490)', '~ no clear difference'],
      ['throughput', '2 items/s', '5 items/s', '× 2.500 (× 2.250 to × 2.750)', '▲ better host_busy'],
      ['Item', 'Expected', 'A', 'B'],
      ['How many?', '4', '1.00 4', '0.00 –'],
    ]);
  });
});
