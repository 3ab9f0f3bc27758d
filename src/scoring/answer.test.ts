import { describe, expect, it } from 'vitest';
import { judgedBoard, rightOf, type Judged } from '../../test/setup/judged-board.ts';
import type { Warning } from '../core/measurement.ts';
import { type Answer, joinAnswers } from './answer.ts';
import { answersHeadline, answerHeadline, answerSentences, confidenceText } from './answer-text.ts';
import type { JudgeOptions } from './judge-scoreboard.ts';
import type { Scoreboard, ScoreboardTask } from './scoreboard.ts';

const once = [10];
const quiet = [10, 10.1, 9.9];
const speeds = (factor: number): number[] => quiet.map((speed) => speed * factor);
const classified: ScoreboardTask = { title: 'Toy', chance: 0.5 };
const words: ScoreboardTask = { title: 'Words', chance: 0 };

function asked(
  models: readonly Judged[],
  task: ScoreboardTask = words,
  options: JudgeOptions = {},
): { readonly board: Scoreboard; readonly answer: Answer; readonly text: string } {
  const board = judgedBoard(models, { task, ...options });
  const { answer } = board;
  if (answer === undefined) throw new Error('no answer');
  return { board, answer, text: answerSentences(answer, [board]).join(' ') };
}

const busy = (share: number): Warning[] => [{ reason: 'host_busy', detail: `others took ${share}`, share }];

describe('what was seen in real runs', () => {
  it('names the one model that solves the task, not the fast one that solves nothing', () => {
    const { answer, text } = asked([
      { model: 'gemma', scores: rightOf(0, 10), speeds: [14] },
      { model: 'qwen', scores: rightOf(7, 10), speeds: [4] },
      { model: 'smollm2', scores: rightOf(0, 10), speeds: [20] },
    ]);
    expect(answer).toMatchObject({ kind: 'recommend', model: 'qwen', confidence: { level: 'only' } });
    expect(text).toMatch(
      /^Deploy qwen: it is the only model shown to be usable\. qwen is right on 7 of 10 items \(95 %: 40 to 89 %\)/u,
    );
    expect(answer.candidates.map(({ model, state }) => [model, state])).toEqual([
      ['qwen', 'usable'],
      ['gemma', 'unproven'],
      ['smollm2', 'unproven'],
    ]);
  });

  it('says that no model is usable, quotes what could not be read, and points at labels that nothing equals', () => {
    const labels = { labels: ['billing\r', 'refund\r', 'other\r'], amongLabels: 0 };
    const unreadable = { unreadable: 30, firstUnreadable: 'I am not sure what you mean.' };
    const { answer, text } = asked(
      [
        { model: 'a', scores: rightOf(1, 30), speeds: once, facts: { labels } },
        { model: 'b', scores: rightOf(0, 30), speeds: once, facts: unreadable },
        { model: 'c', scores: rightOf(0, 30), speeds: once, facts: unreadable },
      ],
      { chance: 0.34 },
    );
    expect(answer.kind).toBe('none');
    expect(text).toMatch(/^No model is usable\./u);
    expect(text).toContain('a: 1 of 30 right (at most 0.149): no better than chance (0.34); not one answer is a label');
    expect(text).toContain(String.raw`"billing\r"`);
    expect(text).toContain('no answer could be read from 30 of 30 outputs, such as "I am not sure what you mean."');
  });

  it('tells the same model in process and served apart by speed alone, and that four items are too few', () => {
    const { answer, text } = asked(
      [
        { model: 'served', scores: rightOf(4, 4), speeds: [10 / 2.95] },
        { model: 'in-process', scores: rightOf(4, 4), speeds: once },
      ],
      classified,
    );
    expect(answer).toMatchObject({ kind: 'unknown', needs: [{ what: 'items' }] });
    expect(text).toMatch(/^Not measured well enough to say; needed: /u);
    expect(text).toMatch(/3\.0x faster|2\.9x faster/u);
    expect(text).toContain('no clear difference in accuracy');
    expect(text).toMatch(/about \d+ more items/u);
  });

  it('claims nothing from ten items and one launch', () => {
    const { answer } = asked(
      [
        { model: 'a', scores: rightOf(10, 10), speeds: [10] },
        { model: 'b', scores: rightOf(9, 10), speeds: [10.3] },
      ],
      classified,
    );
    expect(answer).toMatchObject({ kind: 'tie', separatedBy: 'items' });
    expect(answerHeadline(answer)).toBe('No clear difference between a and b: more items would tell.');
    const faster = asked(
      [
        { model: 'a', scores: rightOf(10, 10), speeds: [30] },
        { model: 'b', scores: rightOf(9, 10), speeds: [10] },
      ],
      classified,
    );
    expect(faster.answer).toMatchObject({
      kind: 'recommend',
      model: 'a',
      confidence: { level: 'likely', why: ['speed was measured in one launch'] },
    });
  });

  it('names no model from one launch whose lead is within what launches may differ by', () => {
    const models = (speed: number, others: readonly number[]): Judged[] => [
      { model: 'a', scores: rightOf(400, 400), speeds: [speed] },
      { model: 'b', scores: rightOf(400, 400), speeds: others },
    ];
    // A third faster is 7 % in PER-A, half as fast again and more 10 %; that b was launched three times doesn't matter.
    for (const others of [[10], [10, 10.1, 9.9]]) {
      expect(asked(models(13, others)).answer).toMatchObject({ kind: 'tie', separatedBy: 'launches' });
      expect(asked(models(16, others)).answer).toMatchObject({ kind: 'recommend', confidence: { level: 'likely' } });
    }
  });

  it('is at most likely where a value without an interval may miss a limit', () => {
    const models: Judged[] = [{ model: 'a', scores: rightOf(380, 400), speeds: [10, 10.1, 9.9] }];
    const answerAt = (maxLatency: number): Answer => asked(models, words, { limits: { maxLatency } }).answer;
    // The board's measurements have no intervals: 100 ms.
    expect(answerAt(101)).toMatchObject({
      kind: 'recommend',
      confidence: { level: 'likely', why: ['its latency may be beyond the limit'] },
    });
    expect(answerHeadline(answerAt(101))).toBe('Probably a: it is first, but its latency may be beyond the limit.');
    expect(answerAt(200)).toMatchObject({ kind: 'recommend', confidence: { level: 'only', why: [] } });
  });

  it('ranks nothing by a speed that a busy machine may have slowed by more than the difference', () => {
    const models = (warnings: readonly Warning[]): Judged[] => [
      { model: 'small', scores: rightOf(300, 400), speeds: [10 / 14, 10.2 / 14, 9.9 / 14], warnings },
      { model: 'large', scores: rightOf(320, 400), speeds: quiet },
    ];
    const { answer, text } = asked(models(busy(0.85)));
    expect(answer).toMatchObject({ kind: 'unknown', needs: [{ what: 'quiet' }] });
    expect(text).toContain('THR: others took 0.85');
    expect(text).toContain('the same run on a quiet machine');
    // A doubt that is smaller than the difference ranks.
    expect(asked(models(busy(0.1))).answer).toMatchObject({
      kind: 'recommend',
      model: 'large',
      confidence: { level: 'likely', why: ['other processes took CPU'] },
    });
    expect(asked(models(busy(0.85)), words, { allowsBusy: true }).answer).toMatchObject({
      kind: 'recommend',
      model: 'large',
    });
    expect(asked(models([])).answer).toMatchObject({ kind: 'recommend', confidence: { level: 'clear', why: [] } });
  });
});

describe('usable', () => {
  it('is what is better than any answer without a model for certain', () => {
    const task = { chance: 0.25, baselines: { longest: 0.4 } };
    const states = [45, 60, 30].map((right) => {
      const { answer } = asked([{ model: 'm', scores: rightOf(right, 100), speeds: quiet }], task);
      return [answer.kind, answer.candidates[0]?.state];
    });
    expect(states).toEqual([
      ['unknown', 'unproven'],
      ['recommend', 'usable'],
      ['none', 'unusable'],
    ]);
  });

  it('is what the user demands, where it is demanded', () => {
    const models = [{ model: 'm', scores: rightOf(60, 100), speeds: quiet }];
    const under = (minAccuracy: number): Answer => asked(models, words, { limits: { minAccuracy } }).answer;
    expect([0.45, 0.58, 0.75].map((limit) => under(limit).kind)).toEqual(['recommend', 'unknown', 'none']);
    expect(under(0.75).candidates[0]?.reasons).toEqual([
      '60 of 100 right (at most 0.682): below the required accuracy (0.75)',
    ]);
  });

  it('counts dependent items as fewer', () => {
    const scores = rightOf(70, 100);
    const facts = { independentItems: 8 };
    const { answer } = asked([{ model: 'm', scores, speeds: quiet, facts }], classified);
    expect(answer.candidates[0]?.state).toBe('unproven');
    expect(asked([{ model: 'm', scores, speeds: quiet }], classified).answer.candidates[0]?.state).toBe('usable');
  });

  it('withholds an answer while a model that would be first is not shown to be usable', () => {
    const { answer } = asked(
      [
        { model: 'slow', scores: rightOf(18, 20), speeds: speeds(0.05) },
        { model: 'fast', scores: rightOf(13, 20), speeds: speeds(8) },
      ],
      classified,
    );
    expect(answer).toMatchObject({ kind: 'unknown', missing: [{ model: 'fast' }], needs: [{ what: 'items' }] });
  });
});

describe('limits that no usable model meets', () => {
  const limited = (title: string): Answer =>
    asked(
      [
        { model: 'a', scores: rightOf(300, 400), speeds: quiet, memory: 2 ** 31 },
        { model: 'b', scores: rightOf(280, 400), speeds: quiet, memory: 2 ** 30 },
        { model: 'c', scores: rightOf(0, 400), speeds: quiet, memory: 2 ** 20 },
      ],
      { title, chance: 0.1 },
      { limits: { maxMemory: 2 ** 29 } },
    ).answer;

  it('are named as the reason, with the strictest one that a model would meet', () => {
    const answer = limited('One');
    expect([answer.kind, answerHeadline(answer)]).toEqual(['none', 'No model meets the limits.']);
    expect(confidenceText(answer)).toBe('no model meets the limits; would pass: b at memory <= 1 GiB');
    expect(confidenceText({ ...answer, largestGates: [] })).toBe(
      'no model meets the limits; b: memory 1 GiB is above 512 MiB · a: memory 2 GiB is above 512 MiB',
    );
    expect(answerSentences(answer, []).join(' ')).not.toContain('scores higher');
    const answers = joinAnswers([answer, limited('Two')]);
    expect(answersHeadline(answers)).toBe('No model meets the limits on One and Two.');
  });

  it('are not the reason where no model is usable without them', () => {
    const bad = [{ model: 'c', scores: rightOf(0, 400), speeds: quiet }];
    const { answer } = asked(bad, { chance: 0.1 }, { limits: { maxMemory: 2 ** 29 } });
    expect([answerHeadline(answer), confidenceText(answer)]).toEqual([
      'The model is not usable.',
      'no model is usable',
    ]);
  });
});

it('items that the task does not have stand in brackets', () => {
  const { board, answer } = asked([{ model: 'a', scores: rightOf(260, 500), speeds: quiet }], classified);
  if (answer.kind !== 'unknown') throw new Error(answer.kind);
  const needs = [{ what: 'items' as const, items: 1359, available: 10 }, { what: 'numbers' as const }];
  const none = [{ what: 'items' as const, items: 288, available: 0 }];
  expect(answerSentences({ ...answer, needs: none }, [board])[0]).toBe(
    'Not measured well enough to say; needed: about 288 more items (the task has none left).',
  );
  expect(answerSentences({ ...answer, needs }, [board])[0]).toBe(
    'Not measured well enough to say; needed: about 1359 more items (the task has only 10 more) and the numbers that are missing or not valid.',
  );
});

describe('confidence', () => {
  const clear: Judged[] = [
    { model: 'a', scores: rightOf(360, 400), speeds: speeds(2) },
    { model: 'b', scores: rightOf(200, 400), speeds: quiet },
  ];

  it('is clear where every test bears it out, with what is better and what it costs', () => {
    const { answer, text } = asked(clear);
    expect(answer).toMatchObject({
      kind: 'recommend',
      model: 'a',
      confidence: { level: 'clear', why: [] },
      runnerUp: 'b',
    });
    expect(text).toMatch(
      /^Deploy a: it is clearly first\. .*right 40 points more often \(95 %: 3\d to 4\d\) and 2\.0x faster/u,
    );
  });

  it('is never clear from one launch', () => {
    const { answer } = asked(clear.map((model) => ({ ...model, speeds: model.speeds.slice(0, 1) })));
    expect(answer).toMatchObject({ kind: 'recommend', confidence: { level: 'likely' } });
  });

  it('calls equal models equal, and says which launches or items would tell', () => {
    const same = rightOf(300, 400);
    const pair = (first: readonly number[], second: readonly number[], others = same): Answer =>
      asked([
        { model: 'a', scores: same, speeds: first },
        { model: 'b', scores: others, speeds: second },
      ]).answer;
    expect(pair(quiet, quiet)).toMatchObject({ kind: 'tie', separatedBy: 'nothing' });
    expect(pair([10, 14, 8], [9, 12, 7])).toMatchObject({ kind: 'tie', separatedBy: 'launches' });
    expect(pair(quiet, quiet, rightOf(280, 400, 31))).toMatchObject({ kind: 'tie', separatedBy: 'items' });
  });

  it('needs no speed where only one is usable, and says which number is missing where it needs one', () => {
    const short: Warning[] = [{ reason: 'short_window', detail: 'full concurrency lasted 1 s' }];
    const doubtful = { model: 'a', scores: rightOf(360, 400), speeds: speeds(2), warnings: short };
    const { answer, text } = asked([doubtful, { model: 'b', scores: rightOf(350, 400), speeds: quiet }]);
    expect(answer).toMatchObject({ kind: 'unknown', needs: [{ what: 'numbers' }] });
    expect(text).toContain('a: THR: full concurrency lasted 1 s');
    expect(asked([doubtful, { model: 'b', scores: rightOf(2, 400), speeds: quiet }], classified).answer).toMatchObject({
      kind: 'recommend',
      model: 'a',
      confidence: { level: 'only' },
    });
  });
});

describe('several tasks', () => {
  const answerOf = (models: readonly Judged[], title: string): Answer => asked(models, { title, chance: 0 }).answer;
  const first = (model: string, other: string): Judged[] => [
    { model, scores: rightOf(360, 400), speeds: speeds(2) },
    { model: other, scores: rightOf(200, 400), speeds: quiet },
  ];

  it('says one model for all, or which for which; never how often one leads', () => {
    const same = joinAnswers([answerOf(first('a', 'b'), 'One'), answerOf(first('a', 'b'), 'Two')]);
    expect([same.kind, answersHeadline(same)]).toEqual(['recommend', 'a is first on all 2 tasks.']);
    const mixed = joinAnswers([answerOf(first('a', 'b'), 'One'), answerOf(first('b', 'a'), 'Two')]);
    expect([mixed.kind, answersHeadline(mixed)]).toEqual(['recommend', 'a for One; b for Two.']);
  });

  it('names the task that has no usable model', () => {
    const none = answerOf([{ model: 'a', scores: rightOf(10, 400), speeds: quiet }], 'Two');
    const open = asked([{ model: 'a', scores: rightOf(100, 400), speeds: quiet }], {
      title: 'Two',
      chance: 0.6,
    }).answer;
    const answers = joinAnswers([answerOf(first('a', 'b'), 'One'), open]);
    expect(none.kind).toBe('recommend');
    expect([answers.kind, answersHeadline(answers)]).toEqual(['unknown', 'a for One; no usable model for Two.']);
  });
});

it('compares no winner of a race that had not answered everything', () => {
  const { board, answer } = asked([
    { model: 'full', scores: rightOf(150, 200), speeds: [10, 10.1] },
    { model: 'stopped', scores: rightOf(180, 200), speeds: [10, 10.1] },
  ]);
  const candidates = answer.candidates.map((candidate) =>
    candidate.model === 'stopped' ? { ...candidate, state: 'unmeasured' as const } : candidate,
  );
  const confidence = { level: 'certified', why: [], support: undefined } as const;
  const certified = { ...answer, candidates, kind: 'recommend', model: 'stopped', confidence } as const;
  expect(answerSentences({ ...certified, because: [], atCost: [] }, [board], true)).toEqual([
    'Deploy stopped: a race has proved it for exactly these items (see its certificate).',
  ]);
});
