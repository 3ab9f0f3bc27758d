import type { Limits } from '../core/limits.ts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { madeTask, paperTask } from '../../test/setup/decision-tasks.ts';
import { decisionDocument } from '../present/decision-document.ts';
import type { Document } from '../present/document.ts';
import { documentFormats } from '../present/formats.ts';
import { type Answer, joinAnswers, namedModels } from './answer.ts';
import type { AskedTask } from './answer-support.ts';
import { decide, type DecideOptions } from './decide.ts';

function decidePaper(taskIds: readonly string[], limits: Limits = {}, score: DecideOptions['score'] = 'PER-A'): Answer {
  return decide(
    taskIds.map((taskId) => paperTask(taskId)),
    { score, limits },
  );
}

function documentOf(answer: Answer, tasks: readonly AskedTask[]): Document {
  return decisionDocument(joinAnswers([answer]), { scoreboards: tasks.map(({ board }) => board) });
}

/** The whole answer as text. */
function told(answer: Answer, tasks: readonly AskedTask[] = []): string {
  const lines = documentOf(answer, tasks).screen.flatMap((block) => {
    if (block.kind === 'text') return [block.text];
    if (block.kind !== 'list') return [];
    return block.lines.map(({ label, text }) => (label === '' ? text : `${label}: ${text}`));
  });
  return lines.join('\n');
}

describe('a decision on the published numbers', () => {
  it('of one task names the first, required accuracies and the weights at which another is first', () => {
    const answer = decidePaper(['gsm8k']);
    expect(told(answer)).toMatchInlineSnapshot(`
      "which model for gsm8k? (PER-A/2026-1/paper-gpu)
      Qwen2.5-1.5B is first; how sure that is can't be said: there are neither per-item answers nor intervals.
      runner-up: Qwen2.5-0.5B 0.735: needs accuracy 0.434, has 0.377
      depends on weights: weight of accuracy (now 0.25): Qwen2.5-0.5B below 0.18, Qwen2.5-3B from 0.40 to 0.44, Qwen3-4B from 0.44 to 0.88, Llama-3.1-70B from 0.88"
    `);
    const required = Object.fromEntries(
      answer.candidates.map(({ model, requiredAccuracy }) => [model, requiredAccuracy]),
    );
    // Golden values of the required accuracy against the first.
    expect(required['Qwen2.5-0.5B']).toBeCloseTo(0.433656, 6);
    expect(required['Gemma-2-2B']).toBeCloseTo(0.86285, 5);
    expect(required['Qwen2.5-3B']).toBeCloseTo(0.847185, 6);
    expect(required['Qwen2.5-72B']).toBeCloseTo(55.4946, 4);
  });

  it('of weighted tasks is the geometric mean, and says at which weights another is first', () => {
    const two = decide([paperTask('gsm8k', 2), paperTask('arc_easy', 1)]);
    const single = (taskId: string): number =>
      decidePaper([taskId]).candidates.find(({ model }) => model === 'Qwen2.5-3B')?.score ?? 0;
    const combined = two.candidates.find(({ model }) => model === 'Qwen2.5-3B')?.score;
    expect(combined).toBeCloseTo(single('gsm8k') ** (2 / 3) * single('arc_easy') ** (1 / 3), 12);
    expect(told(decidePaper(['imdb', 'gsm8k']))).toMatchInlineSnapshot(`
      "which model for imdb (weight 0.50), gsm8k (weight 0.50)? (PER-A/2026-1/paper-gpu)
      Qwen2.5-0.5B is first; how sure that is can't be said: there are neither per-item answers nor intervals.
      runner-up: Qwen2.5-1.5B 0.771
      depends on weights: weight of imdb (now 0.50): Qwen2.5-1.5B below 0.20
      depends on weights: weight of gsm8k (now 0.50): Qwen2.5-1.5B from 0.80"
    `);
  });

  it('under limits says what the best one misses, and what the next cheaper one does', () => {
    expect(told(decidePaper(['gsm8k'], { minAccuracy: 0.6, maxMemory: 7 * 2 ** 30 }))).toMatchInlineSnapshot(`
      "which model for gsm8k, with accuracy >= 0.6, memory <= 7 GiB? (PER-A/2026-1/paper-gpu)
      Qwen2.5-3B is first; how sure that is can't be said: there are neither per-item answers nor intervals.
      runner-up: Qwen2.5-7B 0.577: needs accuracy 1.93: cannot be first at any accuracy
      next cheaper: Mistral-7B 0.600: accuracy 0.532: below the required accuracy (0.6)
      depends on weights: weight of accuracy (now 0.25): Qwen2.5-7B around 0.77, Qwen2.5-14B from 0.77"
    `);
    expect(told(decidePaper(['gsm8k'], { maxMemory: 1.9 * 2 ** 30 }))).toMatchInlineSnapshot(`
      "which model for gsm8k, with memory <= 1.9 GiB? (PER-A/2026-1/paper-gpu)
      Deploy Qwen2.5-0.5B: it is the only usable model within the limits.
      Qwen2.5-1.5B scores higher, but is beyond the limits: memory 3 GiB is above 1.9 GiB."
    `);
  });

  it('where none meets the limits says what each misses, and what would pass', () => {
    const answer = decidePaper(['gsm8k'], { minAccuracy: 0.97, maxMemory: 2 ** 30 });
    expect(answer.kind).toBe('none');
    expect(told(answer)).toMatch(
      /^which model for gsm8k, with accuracy >= 0\.97.*\nNo model is usable\.\n.*below the required accuracy/u,
    );
  });

  it('by PER-paper comes with its warning', () => {
    expect(told(decidePaper(['gsm8k'], {}, 'PER-paper'))).toMatchInlineSnapshot(`
      "which model for gsm8k? (PER-paper/1)
      Qwen2.5-1.5B is first; how sure that is can't be said: there are neither per-item answers nor intervals.
      runner-up: Qwen2.5-3B 0.606
      next cheaper: Qwen2.5-0.5B 0.455
      depends on weights: weight of accuracy (now 0.25): Qwen2.5-0.5B below 0.10, Qwen2.5-3B from 0.38 to 0.47, Qwen3-4B from 0.47 to 0.92, Llama-3.1-70B from 0.92
      PER-paper depends on which other models are in the set and is 0 for the worst in any factor; PER-A does not"
    `);
  });

  it('is written as Markdown, CSV and JSON', () => {
    const document = documentOf(decidePaper(['gsm8k'], { minAccuracy: 0.8 }), [paperTask('gsm8k')]);
    expect(documentFormats.decision.markdown.write(document)).toContain('Qwen2.5-32B is first');
    expect(documentFormats.decision.csv.write(document).split('\r\n')[1]).toMatch(
      /^gsm8k,recommend,1,Qwen2\.5-32B,usable,true,PER-A/,
    );
    expect(JSON.parse(documentFormats.decision.json.write(document))).toMatchObject({
      schema: 'perbench-decision/2',
      kind: 'recommend',
      tasks: [{ kind: 'recommend', model: 'Qwen2.5-32B' }],
    });
  });
});

describe('a decision on a run', () => {
  const three = [
    { model: 'large', right: 360, speed: 2 },
    { model: 'middle', right: 320, speed: 10 },
    { model: 'small', right: 160, speed: 20 },
  ];

  it('says how sure it is, from answers and launches', () => {
    const answer = decide([madeTask(three)]);
    expect(answer).toMatchObject({ kind: 'recommend', model: 'middle', confidence: { level: 'clear' } });
    const support = answer.candidates.map((candidate) => candidate.support ?? 0);
    expect(support.reduce((sum, value) => sum + value)).toBeCloseTo(1, 9);
    expect(support[0]).toBeGreaterThan(0.9);
    expect(decide([madeTask(three)])).toEqual(answer);
  });

  it('calls it a tie where nobody can tell', () => {
    const answer = decide([
      madeTask([
        { model: 'a', right: 320, speed: 10, launches: 5 },
        { model: 'b', right: 319, speed: 10, launches: 5 },
        { model: 'c', right: 200, speed: 10, launches: 5 },
      ]),
    ]);
    expect(answer).toMatchObject({ kind: 'tie', models: ['a', 'b'] });
    expect(answer.candidates.map(({ isBehind }) => isBehind)).toEqual([undefined, false, true]);
  });

  it('says what was not measured, though a limit is on it', () => {
    const none = decide([madeTask(three)], { limits: { maxLatencyP95: 100 } });
    expect(none.kind).toBe('none');
    expect(none.candidates[0]?.reasons).toEqual(['latency p95 not measured']);
  });

  it('prices answers by the hour', () => {
    const answer = decide([madeTask(three)], { limits: { maxPrice: 0.03 }, pricePerHour: 0.72 });
    // 0.72 an hour at 10 items a second: 0.02 for 1,000 answers.
    expect(answer.candidates.find(({ model }) => model === 'middle')?.checks[0]?.value).toBeCloseTo(0.02, 12);
    expect(answer.candidates.find(({ model }) => model === 'large')?.state).toBe('beyond-limits');
    const unpriced = decide([madeTask(three)], { limits: { maxPrice: 0.03 } });
    expect(unpriced.kind).toBe('none');
  });

  it('names performance from one launch', () => {
    const answer = decide([madeTask(three.map((model) => ({ ...model, launches: 1 })))]);
    expect(answer.notes.join('\n')).toContain(
      'performance of large, middle and small comes from a single launch: no score intervals, no significant differences, P(1st) assumes 20 % between launches',
    );
  });

  it('of one model says that no other was measured', () => {
    const task = madeTask([{ model: 'only', right: 300, speed: 10 }]);
    expect(told(decide([task]), [task])).toMatchInlineSnapshot(`
      "which model for t/per@1? (PER-A/test)
      only is usable; it is the only model that was measured.
      only is right 75 times in 100, takes 100 ms for an answer and needs 0.000954 MiB.
      the spread between launches is known from few launches (df 2)"
    `);
  });

  it('of two models by PER-paper is meaningless, and says so', () => {
    const answer = decide([madeTask(three.slice(0, 2))], { score: 'PER-paper' });
    expect(told(answer)).toContain('PER (set-relative) is meaningless with 2 models');
  });

  it('without a measured model says why', () => {
    const failed = madeTask(three, { state: 'failed', error: { code: 'PB_ENGINE', message: 'out of memory' } });
    expect(told(decide([failed]), [failed])).toMatchInlineSnapshot(`
      "which model for t/per@1? (PER-A/test)
      Not measured well enough to say; needed: the numbers that are missing or not valid.
      large: out of memory · middle: out of memory · small: out of memory."
    `);
  });

  it('leaves out who was not run on every task', () => {
    const other = madeTask(three.slice(0, 2));
    const answer = decide([madeTask(three), { ...other, board: { ...other.board, taskId: 'u/per@1' } }]);
    const small = answer.candidates.find(({ model }) => model === 'small');
    expect(small).toMatchObject({ state: 'unmeasured', score: undefined });
    expect(small?.reasons).toContain('was not run on u/per@1');
  });
});

describe('decide', () => {
  it('scores by no other model, and by no scale of weights', () => {
    const made = fc.record({
      right: fc.integer({ min: 0, max: 400 }),
      speed: fc.double({ min: 0.5, max: 50, noNaN: true }),
    });
    fc.assert(
      fc.property(
        fc.array(made, { minLength: 2, maxLength: 4 }),
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        (models, scale) => {
          const named = models.map((model, index) => ({ model: `m${index}`, ...model }));
          const full = decide([madeTask(named)]);
          const loser = full.candidates.at(-1)?.model;
          const without = decide([madeTask(named.filter(({ model }) => model !== loser))]);
          expect(without.candidates[0]?.score).toBe(full.candidates[0]?.score);
          expect(namedModels(decide([{ ...madeTask(named), weight: scale }]))).toEqual(namedModels(full));
        },
      ),
      { numRuns: 25 },
    );
  });

  it('refuses no task and weights that are none', () => {
    expect(() => decide([])).toThrow(RangeError);
    expect(() => decide([paperTask('gsm8k', 0)])).toThrow(RangeError);
  });
});
