import { describe, expect, it } from 'vitest';
import { made, paperPage } from '../../../test/page/stored-pages.ts';
import { judgedBoard, rightOf } from '../../../test/setup/judged-board.ts';
import type { RunRecord } from '../../core/store.ts';
import type { LoadedPage } from '../page-data.ts';
import { makePage } from '../make-page.ts';
import { namedModels } from '../../scoring/answer.ts';
import { viewPage, type BoardView } from './board-view.ts';

const page = paperPage();
const [report] = page.data.report.scoreboards;

function gsm8k(params: Readonly<Record<string, string>> = {}): BoardView {
  const [board] = viewPage(page, new Map(Object.entries(params))).boards;
  if (board === undefined) throw new Error('the page has no scoreboard');
  return board;
}

function names({ rows }: BoardView, count: number): readonly string[] {
  return rows.slice(0, count).map(({ model }) => model);
}

describe('a page', () => {
  it('shows the report’s own numbers and order as long as nothing is chosen', () => {
    const view = gsm8k();
    expect([view.isDefault, view.scoreName, view.id, view.title]).toEqual([true, 'PER-A', 'board-1', 'gsm8k']);
    expect(view.rows).toEqual(report?.rows);
    for (const { model, anchored } of report?.rows ?? []) expect(view.scores.get(model)?.score).toBe(anchored?.score);
    expect(namedModels(view.answer)).toEqual(['Qwen2.5-1.5B']);
  });

  it('has the other score, its order and its winner when asked', () => {
    const view = gsm8k({ score: 'paper' });
    expect([view.isDefault, view.scoreName]).toEqual([false, 'PER']);
    for (const { model, score } of report?.rows ?? []) {
      expect(view.scores.get(model)?.score ?? 0).toBeCloseTo(score ?? 0, 9);
    }
    const scores = view.rows.map(({ model }) => view.scores.get(model)?.score ?? -1);
    expect(scores).toEqual(scores.toSorted((left, right) => right - left));
    expect(namedModels(view.answer)).toEqual(names(view, 1));
  });

  it('orders by accuracy when nothing else counts', () => {
    const view = gsm8k({ weights: '100_0_0_0' });
    expect(names(view, 3)).toEqual(['Llama-3.1-70B', 'Llama-3.1-8B', 'Qwen2.5-32B']);
  });

  it('leaves models below the accuracy asked for without a score, behind all others', () => {
    const view = gsm8k({ minAccuracy: '0.8089' });
    const scored = [...view.scores.values()].flatMap(({ model, score }) => (score === undefined ? [] : [model]));
    expect(scored.toSorted()).toEqual(['Llama-3.1-70B', 'Llama-3.1-8B', 'Qwen2.5-32B']);
    expect(names(view, 3).toSorted()).toEqual(scored.toSorted());
    expect(view.scores.get('Qwen2.5-0.5B')?.missed).toHaveLength(1);
    expect(gsm8k({ minAccuracy: '1' }).answer.kind).toBe('none');
  });

  it('moves anchors, and takes what it can’t read for the default', () => {
    const plain = gsm8k({ score: 'anchored' });
    const moved = gsm8k({ anchors: '1_0_-1' });
    expect(moved.settings.anchors?.throughput).toBe((plain.settings.anchors?.throughput ?? 0) * 2);
    expect(moved.settings.anchors?.memory).toBe((plain.settings.anchors?.memory ?? 0) / 2);
    expect(gsm8k({ anchors: 'x', weights: '1_2', minAccuracy: 'high', score: 'best' }).isDefault).toBe(true);
  });
});

describe('a busy machine', () => {
  function busyPage(allowBusy: boolean): LoadedPage {
    const warnings = [{ reason: 'host_busy' as const, detail: '85 %', share: 0.85 }];
    const models = [
      { model: 'large', scores: rightOf(180, 200), speeds: [10, 10.1, 9.9], warnings },
      { model: 'small', scores: rightOf(90, 200), speeds: [12, 12.1, 11.9], warnings },
    ];
    const board = judgedBoard(models, { task: { chance: 0 }, allowsBusy: allowBusy });
    const run = { suite: { allowBusy }, manifest: { commandLine: [] } } as unknown as RunRecord;
    return makePage({ scoreboards: [board], sources: { runs: [run], evidence: [undefined] } }, made);
  }

  it('counts as it did for the run, whatever is chosen', () => {
    const kinds = [true, false].map((allowBusy) =>
      [{}, { weights: '26_25_25_24' }].map(
        (params) => viewPage(busyPage(allowBusy), new Map(Object.entries(params))).boards[0]?.answer.kind,
      ),
    );
    expect(kinds).toEqual([
      ['recommend', 'recommend'],
      ['unknown', 'unknown'],
    ]);
  });
});
