import { describe, expect, it } from 'vitest';
import { arc, gsm8k, hellaswag, imdb, itemOf, squad } from '../../test/golden/task-records.ts';
import type { ItemScore } from '../core/task.ts';
import { loadTask } from './index.ts';

async function scoreText(name: string, record: unknown, text: string): Promise<ItemScore> {
  const { task, item } = await itemOf(name, record);
  if (task.kind !== 'generate') throw new Error(`${name} scores likelihoods`);
  return task.score(item, { text, finishReason: 'stop' });
}

describe('scores', () => {
  it.each([
    ['imdb', imdb, 'Positive.', 1, 'positive'],
    ['imdb', imdb, 'negative', 0, 'negative'],
    ['arc_easy', arc, 'B', 1, 'B'],
    ['arc_easy', arc, 'The answer is C', 0, 'C'],
    ['squad2', squad, 'Answer: "Sky".', 1, 'Sky'],
    ['squad2', squad, 'unanswerable', 0, '(no answer)'],
    ['squad2', { ...squad, answers: [] }, 'Unanswerable.', 1, '(no answer)'],
    ['squad2', { ...squad, answers: [] }, 'blue', 0, 'blue'],
    ['squad2/lmeval', { ...squad, answers: [] }, ' unanswerable', 0, 'unanswerable'],
    ['squad2/lmeval', { ...squad, answers: [] }, '\n', 1, '(no answer)'],
    ['gsm8k', gsm8k, 'so #### 1005', 1, '1005'],
    ['gsm8k', gsm8k, 'It is $1,005.00.', 1, '1005'],
    ['gsm8k', gsm8k, 'It is 5', 0, '5'],
    ['gsm8k/lmeval5-strict', gsm8k, 'It is 1005', 0, undefined],
    ['gsm8k/lmeval5-flexible', gsm8k, 'It is 1005', 1, '1005'],
    ['gsm8k/lmeval5-strict', gsm8k, '#### 1,005\n\nQuestion: more #### 3', 1, '1,005'],
    ['gsm8k/lmeval5-flexible', gsm8k, '#### 1,005\n\nQuestion: more #### 3', 1, '1,005'],
  ])('%s: %j, answered %j, gets %d', async (name, record, text, value, answer) => {
    const score = await scoreText(name, record, text);
    expect([score.value, score.answer, score.isUnparsed]).toEqual([value, answer, answer === undefined]);
  });

  it.each(['imdb', 'arc_easy', 'gsm8k'])('%s: an answer that says nothing is unparsed and wrong', async (name) => {
    const record = { imdb, arc_easy: arc, gsm8k }[name];
    expect(await scoreText(name, record, '???')).toMatchObject({ value: 0, answer: undefined, isUnparsed: true });
  });

  it('of HellaSwag differ by headline alone', async () => {
    const continuations = [-9, -10, -20, -20].map((logprob, index) => ({
      logprob,
      tokenIds: [index],
      tokenLogprobs: [logprob],
      isGreedy: false,
    }));
    const scores: ItemScore[] = [];
    for (const name of ['hellaswag/per', 'hellaswag/lmeval']) {
      const { task, item } = await itemOf(name, hellaswag);
      if (task.kind === 'loglikelihood') scores.push(task.score(item, { continuations }));
    }
    expect(scores.map(({ value, answer }) => [value, answer])).toEqual([
      [0, 'runs.'],
      [1, ' walks on.'],
    ]);
    expect(scores.map(({ metrics }) => metrics)).toEqual([
      { acc_norm: 1, acc_bytes: 1, acc_token: 0, ties: 0 },
      { acc: 0, acc_bytes: 1, acc_token: 0, ties: 0 },
    ]);
  });

  it('are summed up by group, groups without items left out', async () => {
    const { task } = await itemOf('squad2', squad);
    const scores = [await scoreText('squad2', squad, 'the sky'), await scoreText('squad2', squad, 'blue')];
    expect(task.summarise?.(scores)).toEqual({ has_answer_exact: 0.5, has_answer_f1: (1 + 2 / 3) / 2 });
    const letters = await loadTask('arc_easy');
    const shares = letters.summarise?.([await scoreText('arc_easy', arc, 'C'), await scoreText('arc_easy', arc, 'hm')]);
    expect(shares).toMatchObject({ gold_B: 1, gold_A: 0, predicted_C: 0.5, predicted_B: 0 });
    const reviews = await loadTask('imdb');
    expect(reviews.summarise?.([await scoreText('imdb', imdb, 'positive')])).toEqual({
      acc_positive: 1,
      predicted_positive: 1,
    });
  });
});
