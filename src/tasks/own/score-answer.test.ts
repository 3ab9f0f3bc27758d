import { describe, expect, it } from 'vitest';
import { ScorerError } from '../../core/errors.ts';
import type { OwnRecord, TaskDefinition, TaskScore } from '../../core/task-definition.ts';
import type { GenerateTask, ItemScore } from '../../core/task.ts';
import { resolveWritten } from '../../../test/setup/own-task-files.ts';
import { type OwnScorer, ownTask, ScorerFault } from './own-task.ts';

/** The score of an output by a task over the column `gold`. */
function scoreOf(
  definition: Partial<TaskDefinition>,
  gold: unknown,
  output: string,
  extra: { readonly scorer?: OwnScorer; readonly score?: TaskScore; readonly values?: object } = {},
): ItemScore {
  const written: TaskDefinition = { data: 'x', input: 'q', target: 'gold', ...definition };
  const task = ownTask(resolveWritten(written, extra.score), { items: 1, scorer: extra.scorer }) as GenerateTask;
  const item = task.parse({ q: 'Question', gold, ...extra.values }, 0) as OwnRecord;
  return task.score(item, { text: output, finishReason: 'stop' });
}

type Case = readonly [gold: unknown, output: string, value: number, answer: string | undefined];

/** Runs a truth table: an answer is undefined where nothing could be read. */
function truth(definition: Partial<TaskDefinition>, cases: readonly Case[]): void {
  it.each(cases)('%j against %j is %d, read as %j', (gold, output, value, answer) => {
    const score = scoreOf(definition, gold, output);
    expect(score.value).toBeCloseTo(value, 12);
    expect(score.answer).toBe(answer);
    expect(score.isUnparsed).toBe(answer === undefined);
  });
}

describe('label', () => {
  truth({ answer: 'label', labels: ['spam', 'not spam'] }, [
    ['spam', 'Spam', 1, 'spam'],
    ['spam', 'It is not spam', 0, 'not spam'],
    [['spam', 'not spam'], 'not spam', 1, 'not spam'],
    ['spam', 'maybe', 0, undefined],
    ['spam', '', 0, undefined],
  ]);

  it('keeps what was right and what was read, and nothing where nothing was', () => {
    const definition = { answer: 'label', labels: ['a', 'b', 'c'] } as const;
    expect(scoreOf(definition, 'a', 'b').detail).toEqual({ gold: 'a', predicted: 'b' });
    expect(scoreOf(definition, ['a', 'c'], 'c').detail).toEqual({ gold: 'c', predicted: 'c' });
    expect(scoreOf(definition, ['a', 'c'], 'none').detail).toEqual({ gold: 'a' });
  });
});

describe('label, exact', () => {
  truth({ answer: 'label', labels: ['spam', 'not spam'], score: 'exact' }, [
    ['spam', ' **Spam.**\nBecause', 1, 'spam'],
    ['not spam', 'Answer: not_spam', 1, 'not spam'],
    ['spam', 'It is spam', 0, undefined],
    ['spam', '', 0, undefined],
  ]);
});

describe('choice', () => {
  const definition = { answer: 'choice', choices: 'options' } as const;
  const values = { options: ['vitamin C', 'iron', 'A', 'the Sun'] };
  it.each([
    ['B', 'B'],
    ['The answer is B', 'B'],
    ['iron', 'B'],
    ['Iron.', 'B'],
    ['vitamin C', 'A'],
    ['The right one is the sun', 'D'],
    ['A', 'A'],
    ['D) the Sun', 'D'],
    ['iron or the Sun', undefined],
    ['E', undefined],
    ['', undefined],
  ])('reads %j as %j', (output, answer) => {
    const score = scoreOf(definition, 'iron', output, { values });
    expect([score.answer, score.isUnparsed, score.value]).toEqual([
      answer,
      answer === undefined,
      answer === 'B' ? 1 : 0,
    ]);
    expect(score.detail).toEqual({ gold: 'B', ...(answer !== undefined && { predicted: answer }), choices: 4 });
  });

  it('reads the letter alone where the task says so', () => {
    const letter = { ...definition, score: 'letter' } as const;
    expect(scoreOf(letter, 'iron', 'iron', { values })).toMatchObject({ value: 0, isUnparsed: true });
    expect(scoreOf(letter, 'iron', 'B', { values })).toMatchObject({ value: 1, answer: 'B' });
  });

  it('knows as many letters as there are choices', () => {
    const many = { options: Array.from({ length: 12 }, (_, index) => `choice ${index}`) };
    expect(scoreOf(definition, 'L', 'The answer is L', { values: many })).toMatchObject({ value: 1, answer: 'L' });
    expect(scoreOf(definition, 'L', 'M', { values: many })).toMatchObject({ value: 0, isUnparsed: true });
  });

  it('takes the best of several right ones', () => {
    expect(scoreOf(definition, ['A', 'D'], 'D', { values })).toMatchObject({ value: 1, detail: { gold: 'D' } });
  });
});

describe('number', () => {
  truth({ answer: 'number' }, [
    ['1,005', 'It is 1005.', 1, '1005'],
    [0.1, '0.10', 1, '0.1'],
    [42, 'The answer is 41', 0, '41'],
    [[41, 42], '41', 1, '41'],
    ['3 + 4 = 7\n#### 7', 'We add.\n#### 7', 1, '7'],
    [42, 'none', 0, undefined],
    [42, '', 0, undefined],
  ]);

  truth({ answer: 'number', decimal: ',' }, [
    ['0,5', '0,5', 1, '0.5'],
    ['0,5', '0.5', 1, '0.5'],
    ['0,5', '5', 0, '5'],
    ['1.100,10', 'It is 1.100,1.', 1, '1100.1'],
    [1.5, '1,5', 1, '1.5'],
    ['9007199254740993', '9007199254740992', 0, '9007199254740992'],
  ]);

  it('keeps what it read', () => {
    expect(scoreOf({ answer: 'number' }, 42, 'about 41.50').detail).toEqual({ read: '41.5' });
    expect(scoreOf({ answer: 'number' }, 42, 'none').detail).toBeUndefined();
  });
});

describe('number with a tolerance', () => {
  truth({ answer: 'number', score: { number: { tolerance: 0.1 } } }, [
    ['0.3', '0.2', 1, '0.2'],
    ['0.3', '0.4', 1, '0.4'],
    ['0.3', '0.41', 0, '0.41'],
    ['-5', '-5.1', 1, '-5.1'],
    ['1/3', '0.4', 1, '0.4'],
  ]);
});

describe('text, exact', () => {
  truth({ answer: 'text' }, [
    ['Rollo', 'Answer: "Rollo".', 1, 'Rollo'],
    ['the Sun', 'Sun', 1, 'Sun'],
    [['Bob', 'Robert'], 'robert', 1, 'robert'],
    ['["Bob", "Robert"]', 'Robert', 1, 'Robert'],
    ['Rollo', 'Rollo the Great', 0, 'Rollo the Great'],
    ['no answer', 'No answer.', 1, 'No answer'],
    ['+', '+', 1, '+'],
    ['+', '-', 0, '-'],
    ['one\ntwo', ' one\ntwo\n', 1, 'one\ntwo'],
    ['Rollo', '', 0, undefined],
    ['Rollo', ' \n ', 0, undefined],
  ]);

  it('has F1 beside it', () => {
    expect(scoreOf({ answer: 'text' }, 'Rollo', 'Rollo the Great').metrics['f1']).toBeCloseTo(2 / 3, 12);
  });
});

describe('text that may be missing', () => {
  truth({ answer: 'text', unanswerable: 'not in the text' }, [
    ['', 'not in the text', 1, '(no answer)'],
    ['', 'Not in the text.', 1, '(no answer)'],
    ['', 'Not in the text, since it is about cats', 1, '(no answer)'],
    ['', 'unanswerable', 1, '(no answer)'],
    ['[]', 'unanswerable', 1, '(no answer)'],
    ['', 'Rollo', 0, 'Rollo'],
    ['Rollo', 'Rollo', 1, 'Rollo'],
    ['Rollo', 'not in the text', 0, '(no answer)'],
    ['Rollo', 'not in the text of Rollo', 0, 'not in the text of Rollo'],
    // Saying nothing is not saying that there is no answer.
    ['', '', 0, undefined],
    ['', ' \n', 0, undefined],
  ]);

  it('counts how often a model says so', () => {
    const definition = { answer: 'text', unanswerable: 'none' } as const;
    expect(scoreOf(definition, '', 'none')).toMatchObject({
      metrics: { f1: 1, predicted_no_answer: 1 },
      detail: { hasAnswer: false },
    });
    expect(scoreOf(definition, 'Ann', '')).toMatchObject({
      metrics: { predicted_no_answer: 0 },
      detail: { hasAnswer: true },
    });
  });
});

describe('f1', () => {
  truth({ answer: 'text', score: 'f1' }, [
    ['blue sky', 'the blue sea', 0.5, 'the blue sea'],
    [['sea', 'blue sky'], 'blue sky', 1, 'blue sky'],
    ['blue sky', 'red', 0, 'red'],
    ['blue sky', '', 0, undefined],
  ]);
});

describe('rouge_l', () => {
  truth({ answer: 'free', score: 'rouge_l' }, [
    // Lin 2004: "police killed the gunman" against "police kill the gunman"; here without the article.
    ['police killed the gunman', 'police kill the gunman', 2 / 3, 'police kill the gunman'],
    // The order of words counts: one word in common order of two.
    ['gunman police', 'police gunman', 0.5, 'police gunman'],
    ['one two three four', 'One, two!\nThree four.', 1, 'One, two!\nThree four.'],
    [['x', 'one two'], 'one', 2 / 3, 'one'],
    ['one', 'two', 0, 'two'],
    ['one', '', 0, undefined],
  ]);
});

describe('contains', () => {
  truth({ answer: 'free', score: 'contains' }, [
    ['Berlin', 'The capital is Berlin.', 1, 'Berlin'],
    ['cat', 'a category', 0, 'a category'],
    [['Bonn', 'Berlin'], 'BERLIN, of course', 1, 'Berlin'],
    ['New York', 'new-york', 0, 'new-york'],
    ['北京', '首都是北京。', 1, '北京'],
    ['C++', 'Use C++ here', 1, 'C++'],
    ['+', 'a + b', 1, '+'],
    ['Berlin', '', 0, undefined],
  ]);
});

describe('regex', () => {
  truth({ answer: 'text', score: { regex: 'ID: (\\w+)' } }, [
    ['a1', 'first\nID: A1', 1, 'A1'],
    ['a1', 'ID: b2', 0, 'b2'],
    ['a1', 'none', 0, undefined],
    ['a1', '', 0, undefined],
  ]);

  truth({ answer: 'text', score: { regex: '^\\d+$' } }, [['12', 'so\n12\nthat', 1, '12']]);

  it('without a target takes a match for right', () => {
    const definition = { answer: 'free', target: undefined, score: { regex: '\\bsorry\\b' } } as const;
    expect(scoreOf(definition, '', 'We are sorry.')).toMatchObject({ value: 1, answer: 'sorry', isUnparsed: false });
    expect(scoreOf(definition, '', 'Hello.')).toMatchObject({ value: 0, isUnparsed: false });
  });

  it('ends a pattern that would go on for ever', () => {
    const definition = { answer: 'text', score: { regex: '^(a+)+$' } } as const;
    expect(() => scoreOf(definition, 'a', `${'a'.repeat(40)}b`)).toThrow(ScorerError);
    expect(() => scoreOf(definition, 'a', `${'a'.repeat(40)}b`)).toThrow(
      'takes more than 500 ms on an answer of 41 characters',
    );
  });

  it('looks at the start of a very long text alone', () => {
    const definition = { answer: 'text', score: { regex: 'b' } } as const;
    expect(scoreOf(definition, 'b', `${'a'.repeat(30_000)}b`).isUnparsed).toBe(true);
  });
});

describe('json', () => {
  it('compares fields, and tells what is no JSON', () => {
    const definition = { answer: 'json' } as const;
    expect(scoreOf(definition, { total: 3 }, 'Here: {"total": 3}').value).toBe(1);
    expect(scoreOf(definition, '{"total": 3}', '{"total": 4}').value).toBe(0);
    expect(scoreOf(definition, '{"total": 3}', 'three').isUnparsed).toBe(true);
  });
});

describe('module', () => {
  const score: TaskScore = { kind: 'module', path: '/tasks/score.ts', sha256: 'aa' };
  const by = (scorer: OwnScorer, output = 'yes'): ItemScore =>
    scoreOf({ answer: 'free', id: 'nr' }, 'gold', output, { score, scorer, values: { nr: 't7', extra: 5 } });

  it.each<[string, OwnScorer, Partial<ItemScore>]>([
    ['true', () => true, { value: 1, answer: 'yes', isUnparsed: false }],
    ['false', () => false, { value: 0 }],
    ['a number', () => 0.25, { value: 0.25 }],
    [
      'a whole score',
      () => ({ value: 0.5, answer: 'x', metrics: { tone: 1 }, isUnparsed: true }),
      { value: 0.5, answer: 'x', metrics: { tone: 1 }, isUnparsed: true },
    ],
    [
      'what it makes of the row',
      (output, row) => output === 'yes' && row['extra'] === 5 && row['gold'] === 'gold',
      { value: 1 },
    ],
  ])('gives %s', (_, scorer, expected) => {
    expect(by(scorer)).toMatchObject(expected);
  });

  it.each<[string, () => unknown, string]>([
    [
      'throws',
      () => {
        throw new TypeError('no\n such thing');
      },
      '/tasks/score.ts: threw "no such thing" for row "t7"',
    ],
    ['gives text', () => 'good', '/tasks/score.ts: gave "good", not true, false or a number from 0 to 1, for row "t7"'],
    ['gives nothing', () => undefined, '/tasks/score.ts: gave undefined, not'],
    ['gives NaN', () => Number.NaN, '/tasks/score.ts: gave NaN, not'],
    ['gives too much', () => ({ value: 3 }), '/tasks/score.ts: gave {"value":3}, not'],
    [
      'has a fault',
      () => {
        throw new ScorerFault('took too long');
      },
      '/tasks/score.ts: took too long for row "t7"',
    ],
  ])('that %s is one clear error', (_, scorer, message) => {
    expect(() => by(scorer as OwnScorer)).toThrow(ScorerError);
    expect(() => by(scorer as OwnScorer)).toThrow(message);
  });

  it('must be there', () => {
    expect(() => scoreOf({ answer: 'free' }, 'x', 'y', { score })).toThrow(
      '`score`: the module /tasks/score.ts was not loaded',
    );
  });
});
