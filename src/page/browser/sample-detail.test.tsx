import type { VNode } from 'preact';
import { describe, expect, it } from 'vitest';
import { sampleAt } from '../../../test/conformance/store-records.ts';
import { html, shown, shownRows } from '../../../test/page/shown.ts';
import type { Sample } from '../../core/sample.ts';
import type { CellSummary, ItemLine } from '../viewer-data.ts';
import { choiceOf, shownModels, type SampleChoice } from './sample-choice.ts';
import { SampleDetail } from './sample-detail.tsx';
import { ItemTable, Toolbar } from './samples-page.tsx';
import { showHidden } from './show-hidden.ts';

showHidden();

const cells = ['one', 'two'].map((model): CellSummary => ({
  id: `run.${model}`,
  runId: 'run',
  model,
  taskId: 'tickets/own@1',
  title: 'Tickets',
  state: 'done',
  items: 3,
  answered: 3,
  accuracy: 0,
  error: undefined,
}));

const choice: SampleChoice = choiceOf(new Map(), cells);

describe('a sample of a model that thinks', () => {
  function detail(changes: Partial<Sample>): VNode {
    const [first] = shownModels(choice);
    const samples = [{ cellId: first?.cell.id ?? '', sample: sampleAt(0, changes) }];
    return <SampleDetail itemId="0" detail={{ question: 'Why?', samples }} models={shownModels(choice)} />;
  }

  it('has its thoughts folded, apart from the answer, and their tokens', () => {
    const page = detail({ thoughts: 'Hm, <b>nine</b>?\u202E', thinkingTokens: 5 });
    expect(shown(page)).toContain('Thoughts, never scored');
    expect(shown(page)).toContain('Thinking tokens 5 of these');
    expect(html(page)).toMatch(/<details class="more"><summary>Thoughts, never scored<\/summary><pre class="foreign"/u);
    expect(html(page)).toContain('Hm, &lt;b>nine&lt;/b>?⟨U+202E⟩');
    expect(shown(detail({ thoughts: 'Hm' }))).toContain('Thinking tokens not known');
    expect(shown(detail({})).filter((line) => /thought|thinking/iu.test(line))).toEqual([]);
  });

  it.each([
    [
      'budget_cut',
      '… cut while thinking',
      'no answer: the output ended while the model was thinking; it counts as wrong',
    ],
    ['content_filter', '⊘ filtered', "no answer: the server's content filter held it back; it counts as wrong"],
  ] as const)('says why there is no answer: %s', (cut, verdict, reason) => {
    const text = shown(detail({ cut, score: 0, answer: undefined, output: '' }));
    expect(text.some((line) => line.includes(verdict))).toBe(true);
    expect(text).toContain(reason);
    expect(text.join(' ')).not.toContain('✗');
  });
});

it('the list of items marks what was cut or filtered apart from wrong, and from what nobody asked', () => {
  const cuts = [undefined, 'budget_cut', 'content_filter'] as const;
  const items = cuts.map((cut, position): ItemLine => {
    const verdict = { cellId: 'run.one', score: 0, answer: undefined, isUnparsed: false, isTruncated: false };
    const verdicts = [{ ...verdict, isFailed: false, ...(cut !== undefined && { cut }) }];
    return { itemId: `i${position}`, position, expected: 'bug', question: 'Why?', verdicts };
  });
  const list = { items, hasMore: false, isLoading: false, error: undefined, count: 3, loadMore: () => undefined };
  expect(shownRows(<ItemTable list={list} choice={choice} />).map((row) => row.slice(1))).toEqual([
    ['A : one', 'B : two'],
    ['✗ wrong', '– no answer'],
    ['… cut while thinking', '– no answer'],
    ['⊘ filtered', '– no answer'],
  ]);
  const filters = html(<Toolbar choice={choice} cells={cells} />);
  expect(filters).toContain('<option value="cut">cut or filtered</option>');
  expect(filters).not.toContain('no answer');
});
