import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Task } from '../../src/core/task.ts';
import { loadItems } from '../../src/sources/datasets/load-items.ts';
import type { LoadedItems } from '../../src/sources/datasets/loaded-items.ts';
import { openDataset } from '../../src/sources/datasets/open-dataset.ts';
import { checkData } from '../../src/tasks/data-checks.ts';
import { loadTask, loadTasks } from '../../src/tasks/index.ts';
import { pseudoModelScores } from './pseudo-model.ts';
import type { SquadItem } from '../../src/tasks/squad.ts';
import { normalizeSpan, spanExact, spanF1 } from '../../src/tasks/squad-metric.ts';
import { squadTotals, type SquadTotals } from './squad-totals.ts';
import { dataFolder, noDataReason } from './data-folder.ts';

const signal = new AbortController().signal;
const load = async (task: Task): Promise<LoadedItems> => loadItems(task, { dataDir: dataFolder }, signal);
const loadNamed = async (name: string): Promise<LoadedItems> => load(await loadTask(name));

beforeEach(({ skip }) => skip(dataFolder === undefined, noDataReason));

describe('the published data sets', () => {
  it('give the items of each benchmark, all of them', async () => {
    const counts: Record<string, readonly number[]> = {};
    for (const task of await loadTasks('all')) {
      const { items, itemIds, notes } = await load(task);
      expect(notes).toEqual([]);
      counts[task.id] = [items.length, new Set(itemIds).size];
    }
    expect(counts).toEqual({
      'imdb/per@2': [1000, 1000],
      'hellaswag/per@1': [10_042, 10_042],
      'arc_easy/letters@2': [2376, 2376],
      'squad2/per@3': [11_873, 11_873],
      'gsm8k/per@2': [1319, 1319],
    });
  });

  it('give the requests of lm-eval', async () => {
    const checks = await checkData(async (task) => (await load(task)).items);
    expect(checks.map(({ name, status }) => [name, status])).toEqual([
      ['arc_easy-v0-loglikelihood', 'match'],
      ['gsm8k-v0-greedy_until', 'match'],
      ['squad2-v1-greedy_until', 'match'],
      ['squad2-v1-loglikelihood', 'match'],
      ['hellaswag-v0-loglikelihood', 'deviation'],
    ]);
  });

  it.each([
    ['arc_easy/lmeval@1', { acc: 588 / 2376, acc_norm: 572 / 2376 }],
    ['hellaswag/per@1', { acc: 2507 / 10_042, acc_norm: 2486 / 10_042 }],
    ['hellaswag/lmeval@1', { acc: 2507 / 10_042, acc_norm: 2486 / 10_042 }],
  ])('give %s the scores of the pseudo model', async (name, expected) => {
    const task = await loadTask(name);
    if (task.kind !== 'loglikelihood') throw new Error(`${name} generates`);
    expect(pseudoModelScores(task, (await load(task)).items)).toMatchObject(expected);
  });

  it('give the same 1,000 reviews as ever, half of them positive', async () => {
    const { items, itemIdsSha256 } = await loadNamed('imdb/per@2');
    expect(itemIdsSha256).toBe('c466e27181983600d0e58c17ab0ee723ab44151d0328586030547fae99d1c55c');
    expect(items.filter((item) => (item as { readonly label: number }).label === 1)).toHaveLength(500);
  });

  it('have 3,236 HellaSwag contexts that the capital of the last sentence changes', async ({ skip }) => {
    const { records, files } = await openDataset(
      { name: 'hellaswag', split: 'validation', dataDir: dataFolder, source: undefined, onInvalid: undefined },
      signal,
    );
    const [file] = files;
    skip(file?.path.endsWith('.derived.jsonl') !== true, 'the official file is here, not the cleaned copy');
    const lines = (await readFile(file?.path ?? '', 'utf8')).trim().split('\n');
    let changed = 0;
    for await (const { record, position } of records) {
      const { query } = record as { readonly query: string };
      const raw = JSON.parse(lines[position] ?? '') as { readonly activity_label: string; readonly ctx: string };
      const before = `${raw.activity_label}: ${raw.ctx}`;
      expect(query.toLowerCase()).toBe(before.toLowerCase());
      if (query !== before) changed += 1;
    }
    expect(changed).toBe(3236);
  });

  it('show no evaluated item among the five fixed examples', async () => {
    for (const name of ['gsm8k/per@2', 'arc_easy/letters-5shot@2']) {
      const task = await loadTask(name);
      const { items, examples } = await load(task);
      const asked = new Set(items.map((item) => JSON.stringify(task.question(item, []))));
      const shown = task.pickExamples?.(0, examples) ?? [];
      expect(shown).toHaveLength(5);
      expect(shown.filter((example) => asked.has(JSON.stringify(task.question(example, []))))).toEqual([]);
    }
  });

  it('note the two training questions that ARC-Easy tests too', async () => {
    expect((await loadNamed('arc_easy/lmeval-5shot@1')).notes).toEqual([
      'arc_easy/lmeval-5shot@1: 2 of 2251 few-shot examples are also evaluated items',
    ]);
  });
});

describe('the metric of SQuAD on the published set', () => {
  // Computed once by the official script's functions in Python: sha256 over one normal form, or one F1, a line.
  const reference = {
    normalForms: 'bd1da304696f111b93ae692b89d5a06f229f37f58ec9fb0969c3a6cfe9efea85',
    questionF1: 'd21592d6ee6916c9870ec1bcab4dccf37af834076c28ca183daa15d7c9ee787d',
  };

  const squad = async (): Promise<readonly SquadItem[]> => (await loadNamed('squad2/per@3')).items as readonly SquadItem[];

  it('normalises all 33,379 texts as Python does', async () => {
    const hash = createHash('sha256');
    let context = '';
    for (const item of await squad()) {
      if (item.context !== context) hash.update(`${normalizeSpan(item.context)}\n`);
      context = item.context;
      for (const text of [item.question, ...item.answers]) hash.update(`${normalizeSpan(text)}\n`);
    }
    expect(hash.digest('hex')).toBe(reference.normalForms);
  });

  it('gives the F1 of Python to the last bit', async () => {
    const hash = createHash('sha256');
    for (const { question, answers } of await squad()) {
      const f1 = spanF1(question, answers);
      hash.update(`${Number.isInteger(f1) ? `${f1}.0` : f1}\n`);
    }
    expect(hash.digest('hex')).toBe(reference.questionF1);
  });

  it('gives the first gold against the others EM 80.66 and F1 91.76', async () => {
    const several = (await squad()).filter(({ answers }) => answers.length > 1);
    const mean = (score: typeof spanF1): number =>
      several.reduce((sum, { answers: [first = '', ...others] }) => sum + score(first, others), 0) / several.length;
    expect(several).toHaveLength(5927);
    expect(mean(spanExact)).toBeCloseTo(0.8066475451324447, 12);
    expect(mean(spanF1)).toBeCloseTo(0.9176050830903293, 12);
  });

  async function totals(predict: (item: SquadItem) => string): Promise<SquadTotals> {
    const items = await squad();
    return squadTotals(items, new Map(items.map((item) => [item.id, { text: predict(item), noAnswerProbability: 0 }])));
  }

  it('gives 50.07 for saying nothing', async () => {
    const { exact, f1 } = await totals(() => '');
    expect([exact, f1]).toEqual([5945 / 11_873, 5945 / 11_873]);
  });

  it('gives 0 for the word "unanswerable" as a span', async () => {
    expect((await totals(() => 'unanswerable')).exact).toBe(0);
  });

  it('gives 49.93 for perfect answers beside that word, 51.57 at the best threshold, 100 where it means nothing', async () => {
    const perfect = await totals(({ answers }) => answers[0] ?? 'unanswerable');
    expect((100 * perfect.exact).toFixed(2)).toBe('49.93');
    expect((100 * perfect.bestExact).toFixed(2)).toBe('51.57');
    expect(perfect.hasAnswerExact).toBe(1);
    expect(perfect.noAnswerExact).toBe(0);
    expect((await totals(({ answers }) => answers[0] ?? '')).exact).toBe(1);
  });

  it('gives 0, and 50.07159100480081 at the best threshold, for "lol" as every answer', async () => {
    const { exact, f1, bestExact, bestF1 } = await totals(() => 'lol');
    expect([exact, f1]).toEqual([0, 0]);
    expect([100 * bestExact, 100 * bestF1]).toEqual([50.07159100480081, 50.07159100480081]);
  });

  it('scores the task like the official script', async () => {
    const task = await loadTask('squad2/per@3');
    if (task.kind !== 'generate') throw new Error('squad2/per@3 scores likelihoods');
    const scores = (await squad()).map((item) => task.score(item, { text: 'unanswerable', finishReason: 'stop' }));
    expect(scores.reduce((sum, { value }) => sum + value, 0)).toBe(5945);
    expect(task.summarise?.(scores)).toEqual({ has_answer_exact: 0, has_answer_f1: 0, no_answer_exact: 1, no_answer_f1: 1 });
  });
});

describe('gold answers', () => {
  it('of GSM8K are all read back by every reading', async () => {
    const { gsm8kPer } = await import('../../src/tasks/gsm8k.ts');
    const task = gsm8kPer();
    if (task.kind !== 'generate') throw new Error('gsm8k/per@2 scores likelihoods');
    const { items } = await load(task);
    const scores = items.map((item) => {
      const { solution } = item as { readonly solution: string };
      return task.score(item, { text: solution, finishReason: 'stop' });
    });
    expect(scores.reduce((sum, { value }) => sum + value, 0)).toBe(1319);
    expect(scores.reduce((sum, { metrics }) => sum + (metrics['strict_match'] ?? 0), 0)).toBe(1319);
  });
});
