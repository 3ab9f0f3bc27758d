import type { Limits } from '../core/limits.ts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { madeTask, paperTask } from '../../test/setup/decision-tasks.ts';
import { decisionDocument } from '../present/decision-document.ts';
import { documentFormats } from '../present/formats.ts';
import { decide } from './decide.ts';
import type { Decision, DecisionOptions } from './decision.ts';

function decidePaper(
  taskIds: readonly string[],
  constraints: Limits = {},
  score: DecisionOptions['score'] = 'PER-A',
): Decision {
  return decide(
    taskIds.map((taskId) => paperTask(taskId)),
    { score, constraints },
  );
}

/** The whole answer as text. */
function told(decision: Decision): string {
  const lines = decisionDocument(decision).screen.flatMap((block) => {
    if (block.kind === 'text') return [block.text];
    if (block.kind !== 'list') return [];
    return block.lines.map(({ label, text }) => (label === '' ? text : `${label}: ${text}`));
  });
  return lines.join('\n');
}

const options: DecisionOptions = { score: 'PER-A', constraints: {}, resamples: 300 };

describe('a decision on the published numbers', () => {
  it('of one task names winner, required accuracies and the weights at which another wins', () => {
    const decision = decidePaper(['gsm8k']);
    expect(told(decision)).toMatchInlineSnapshot(`
      "which model for gsm8k? (PER-A/2026-1/paper-gpu)
      recommended: Qwen2.5-1.5B, PER-A/2026-1/paper-gpu 0.762
      runner-up: Qwen2.5-0.5B 0.735: needs accuracy 0.434, has 0.377
      depends on weights: weight of accuracy (now 0.25): Qwen2.5-0.5B below 0.18, Qwen2.5-3B from 0.40 to 0.44, Qwen3-4B from 0.44 to 0.88, Llama-3.1-70B from 0.88
      confidence unknown: there are neither per-item answers nor intervals"
    `);
    const required = Object.fromEntries(
      decision.candidates.map(({ model, requiredAccuracy }) => [model, requiredAccuracy]),
    );
    // Golden values of the required accuracy against the winner.
    expect(required['Qwen2.5-0.5B']).toBeCloseTo(0.433656, 6);
    expect(required['Gemma-2-2B']).toBeCloseTo(0.86285, 5);
    expect(required['Qwen2.5-3B']).toBeCloseTo(0.847185, 6);
    expect(required['Qwen2.5-72B']).toBeCloseTo(55.4946, 4);
  });

  it('of weighted tasks is the geometric mean, and says at which weights another wins', () => {
    const two = decide([paperTask('gsm8k', 2), paperTask('arc_easy', 1)], { score: 'PER-A', constraints: {} });
    const single = (taskId: string): number =>
      decidePaper([taskId]).candidates.find(({ model }) => model === 'Qwen2.5-3B')?.score ?? 0;
    const combined = two.candidates.find(({ model }) => model === 'Qwen2.5-3B')?.score;
    expect(combined).toBeCloseTo(single('gsm8k') ** (2 / 3) * single('arc_easy') ** (1 / 3), 12);
    expect(told(decidePaper(['imdb', 'gsm8k']))).toMatchInlineSnapshot(`
      "which model for imdb (weight 0.50), gsm8k (weight 0.50)? (PER-A/2026-1/paper-gpu)
      recommended: Qwen2.5-0.5B, PER-A/2026-1/paper-gpu 0.811
      runner-up: Qwen2.5-1.5B 0.771
      depends on weights: weight of imdb (now 0.50): Qwen2.5-1.5B below 0.20
      depends on weights: weight of gsm8k (now 0.50): Qwen2.5-1.5B from 0.80
      confidence unknown: there are neither per-item answers nor intervals"
    `);
  });

  it('under constraints says what the best one fails, and what the next cheaper one does', () => {
    expect(told(decidePaper(['gsm8k'], { minAccuracy: 0.6, maxMemory: 7 * 2 ** 30 }))).toMatchInlineSnapshot(`
      "which model for gsm8k, with accuracy >= 0.6, memory <= 7 GiB? (PER-A/2026-1/paper-gpu)
      recommended: Qwen2.5-3B, PER-A/2026-1/paper-gpu 0.726
      runner-up: Qwen2.5-7B 0.577: needs accuracy 1.93: cannot win at any accuracy
      without limits: Qwen2.5-1.5B 0.762: accuracy 0.580 is below 0.600
      next cheaper: Mistral-7B 0.600: accuracy 0.532 is below 0.600
      depends on weights: weight of accuracy (now 0.25): Qwen2.5-7B around 0.77, Qwen2.5-14B from 0.77
      confidence unknown: there are neither per-item answers nor intervals"
    `);
  });

  it('where nobody passes names the nearest miss and what somebody passes', () => {
    const decision = decidePaper(['gsm8k'], { minAccuracy: 0.97 });
    expect(decision.outcome).toBe('none-qualify');
    expect(told(decision)).toMatchInlineSnapshot(`
      "which model for gsm8k, with accuracy >= 0.97? (PER-A/2026-1/paper-gpu)
      no model meets the limits
      nearest miss: Llama-3.1-70B 0.336: accuracy 0.920 is below 0.970
      would pass: Llama-3.1-70B at accuracy >= 0.92"
    `);
  });

  it('by PER-paper comes with its warning', () => {
    expect(told(decidePaper(['gsm8k'], {}, 'PER-paper'))).toMatchInlineSnapshot(`
      "which model for gsm8k? (PER-paper/1)
      recommended: Qwen2.5-1.5B, PER-paper/1 0.662
      runner-up: Qwen2.5-3B 0.606
      next cheaper: Qwen2.5-0.5B 0.455
      depends on weights: weight of accuracy (now 0.25): Qwen2.5-0.5B below 0.10, Qwen2.5-3B from 0.38 to 0.47, Qwen3-4B from 0.47 to 0.92, Llama-3.1-70B from 0.92
      PER-paper depends on which other models are in the set and is 0 for the worst in any factor; PER-A does not (--anchors)
      confidence unknown: there are neither per-item answers nor intervals"
    `);
  });

  it('is written as Markdown, CSV and JSON', () => {
    const decision = decidePaper(['gsm8k'], { minAccuracy: 0.8 });
    expect(documentFormats.decision.markdown.write(decisionDocument(decision))).toContain(
      '### recommended: Qwen2.5-32B, PER-A/2026-1/paper-gpu 0.617',
    );
    expect(documentFormats.decision.csv.write(decisionDocument(decision)).split('\r\n')[1]).toMatch(
      /^1,Qwen2\.5-32B,true,true,PER-A/,
    );
    expect(JSON.parse(documentFormats.decision.json.write(decisionDocument(decision)))).toMatchObject({
      schema: 'perbench-decision/1',
      recommended: 'Qwen2.5-32B',
    });
  });
});

describe('a decision on a run', () => {
  const three = [
    { model: 'large', right: 360, speed: 2 },
    { model: 'middle', right: 320, speed: 10 },
    { model: 'small', right: 200, speed: 20 },
  ];

  it('says how sure it is, from answers and launches', () => {
    const decision = decide([madeTask(three)], options);
    expect(decision.recommended).toBe('middle');
    const support = decision.candidates.map((candidate) => candidate.support ?? 0);
    expect(support.reduce((sum, value) => sum + value)).toBeCloseTo(1, 9);
    expect(support[0]).toBeGreaterThan(0.9);
    expect(decide([madeTask(three)], options)).toEqual(decision);
  });

  it('calls it a tie where nobody can tell', () => {
    const decision = decide(
      [
        madeTask([
          { model: 'a', right: 320, speed: 10, launches: 5 },
          { model: 'b', right: 319, speed: 10, launches: 5 },
          { model: 'c', right: 200, speed: 10, launches: 5 },
        ]),
      ],
      options,
    );
    expect(decision.candidates.map(({ isInTieGroup }) => isInTieGroup)).toEqual([true, true, false]);
    expect(told(decision)).toContain('tie: not significantly worse: b');
  });

  it('says where a constraint is passed only within the interval, and what was not measured', () => {
    const decision = decide([madeTask(three)], { ...options, constraints: { minAccuracy: 0.78 } });
    expect(told(decision)).toContain(
      'uncertain: accuracy 0.800 is at least 0.780, but its interval includes the limit',
    );
    const none = decide([madeTask(three)], { ...options, constraints: { maxLatencyP95: 100 } });
    expect(none.outcome).toBe('none-qualify');
    expect(told(none)).toMatchInlineSnapshot(`
      "which model for t/per@1, with latency p95 <= 100 ms? (PER-A/test)
      no model meets the limits
      nearest miss: middle 0.550: latency p95 not measured"
    `);
  });

  it('prices answers by the hour', () => {
    const decision = decide([madeTask(three)], { ...options, constraints: { maxPrice: 0.03 }, pricePerHour: 0.72 });
    // 0.72 an hour at 10 items a second: 0.02 for 1,000 answers.
    expect(decision.candidates.find(({ model }) => model === 'middle')?.checks[0]?.value).toBeCloseTo(0.02, 12);
    expect(decision.candidates.find(({ model }) => model === 'large')?.isEligible).toBe(false);
    const unpriced = decide([madeTask(three)], { ...options, constraints: { maxPrice: 0.03 } });
    expect(unpriced.outcome).toBe('none-qualify');
  });

  it('names performance from one launch', () => {
    const decision = decide([madeTask(three.map((model) => ({ ...model, launches: 1 })))], options);
    expect(decision.notes.join('\n')).toContain(
      'performance of middle, small and large comes from a single launch, so the score has no ± and ranks assume 6 % between launches',
    );
  });

  it('of one model has a score and no ranking', () => {
    const decision = decide([madeTask([{ model: 'only', right: 300, speed: 10 }])], options);
    expect(told(decision)).toMatchInlineSnapshot(`
      "which model for t/per@1? (PER-A/test)
      recommended: only, PER-A/test 0.537 [0.524, 0.548]
      one model: no ranking
      the spread between launches is each model's own, from few launches (df 2)"
    `);
  });

  it('of two models by PER-paper is meaningless, and says so', () => {
    const decision = decide([madeTask(three.slice(0, 2))], { ...options, score: 'PER-paper' });
    expect(told(decision)).toContain('PER (set-relative) is meaningless with 2 models');
  });

  it('without a valid model says why', () => {
    const failed = madeTask(three, { state: 'failed', error: { code: 'PB_ENGINE', message: 'out of memory' } });
    const decision = decide([failed], options);
    expect(decision.outcome).toBe('no-valid-model');
    expect(told(decision)).toMatchInlineSnapshot(`
      "which model for t/per@1? (PER-A/test)
      no valid model: large: out of memory · middle: out of memory · small: out of memory"
    `);
  });

  it('leaves out who was not run on every task', () => {
    const other = madeTask(three.slice(0, 2));
    const decision = decide([madeTask(three), { ...other, board: { ...other.board, taskId: 'u/per@1' } }], options);
    const small = decision.candidates.find(({ model }) => model === 'small');
    expect(small).toMatchObject({ score: undefined, reasons: ['was not run on u/per@1'] });
  });

  it('does not call a model good that is no better than a constant answer', () => {
    const decision = decide([madeTask([{ model: 'poor', right: 80, speed: 10 }])], options);
    expect(decision.notes).toContain('poor scores 0: it is no better than always giving the same answer');
  });
});

describe('decide', () => {
  it('is not moved by a further model that loses, nor by the scale of weights', () => {
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
          const few = { ...options, resamples: 20 };
          const full = decide([madeTask(named)], few);
          const loser = full.candidates.at(-1)?.model;
          const without = decide([madeTask(named.filter(({ model }) => model !== loser))], few);
          expect(without.recommended).toBe(full.recommended);
          expect(without.candidates[0]?.score).toBe(full.candidates[0]?.score);
          expect(decide([{ ...madeTask(named), weight: scale }], few).recommended).toBe(full.recommended);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('refuses no task and weights that are none', () => {
    expect(() => decide([], options)).toThrow(RangeError);
    expect(() => decide([paperTask('gsm8k', 0)], options)).toThrow(RangeError);
  });
});
