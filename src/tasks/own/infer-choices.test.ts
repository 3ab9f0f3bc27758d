import { describe, expect, it } from 'vitest';
import { infer, numbered, repeat } from '../../../test/setup/inferred.ts';

describe('choices', () => {
  const question = numbered(3);
  const four = {
    A: ['red', 'one', 'cat'],
    B: ['blue', 'two', 'dog'],
    C: ['pink', 'six', 'cow'],
    D: ['grey', 'ten', 'hen'],
  };

  it.each<[string, Readonly<Record<string, readonly unknown[]>>, unknown]>([
    ['a list', { question, choices: repeat([['red', 'blue']], 3), answer: ['red', 'blue', 'red'] }, 'choices'],
    ['columns of letters', { question, ...four, answer: ['A', 'D', 'B'] }, ['A', 'B', 'C', 'D']],
    [
      'columns of numbers',
      { question, option1: four.A, option2: four.B, target: ['red', 'two', 'dog'] },
      ['option1', 'option2'],
    ],
    [
      'columns called answers',
      { question, answer_a: four.A, answer_b: four.B, correct: ['0', '1', '0'] },
      ['answer_a', 'answer_b'],
    ],
  ])('are found in %s', (_, columns, choices) => {
    expect(infer(columns)).toMatchObject({ input: 'question', answer: 'choice', choices });
  });

  it.each([
    ['from 0', ['0', '3', '1'], 0],
    ['from 1', ['1', '4', '2'], 1],
    ['by letters', ['A', 'D', 'B'], undefined],
  ])('are counted %s', (_, answer, firstChoice) => {
    const found = infer({ question, ...four, answer });
    expect(found).toMatchObject({ answer: 'choice' });
    expect('firstChoice' in found ? found.firstChoice : undefined).toBe(firstChoice);
  });

  it('are left to the user where they may be counted from 0 or 1', () => {
    const columns = { question, ...four, answer: ['1', '2', '1'] };
    expect(infer(columns)).toEqual({
      key: 'firstChoice',
      question: 'Is the first choice number 0 or 1 in column `answer`?',
      candidates: ['0', '1'],
    });
    expect(infer(columns, { firstChoice: 1 })).toMatchObject({ answer: 'choice', firstChoice: 1 });
  });

  it.each<[string, readonly unknown[], 0 | 1 | undefined]>([
    ['texts', ['red', 'two', 'cow'], undefined],
    ['letters', ['A', 'C', 'B'], undefined],
    ['numbers from 0', ['0', '2', '1'], 0],
    ['numbers from 1', ['1', '3', '2'], 1],
  ])('are read in cells of a table that are JSON lists, with targets as %s', (_, answer, firstChoice) => {
    const rows = [0, 1, 2].map((at) => [four.A[at], four.B[at], four.C[at]]);
    const fromCells = infer({ question, choices: rows.map((row) => JSON.stringify(row)), answer });
    expect(fromCells).toMatchObject({ input: 'question', target: 'answer', answer: 'choice', choices: 'choices' });
    expect(fromCells).toEqual(infer({ question, choices: rows, answer }));
    expect('firstChoice' in fromCells ? fromCells.firstChoice : undefined).toBe(firstChoice);
  });

  it('are in most cells of a table, though one is damaged', () => {
    const choices = [...repeat(['["red", "blue"]'], 9), '["red", '];
    expect(infer({ question: numbered(10), choices, answer: repeat(['red', 'blue'], 10) })).toMatchObject({
      answer: 'choice',
      choices: 'choices',
    });
  });

  it.each([
    ['|', ['red|blue|pink', 'one|two', 'cat | dog'], 'texts between `|`'],
    [';', ['red; blue', 'one;two', 'cat;dog'], 'texts between `;`'],
    ['Python', ["['red', 'blue']", "['one', 'two']", "['cat', 'dog']"], 'lists, but not in JSON'],
  ])('with %s are no labels: it says how they can be read', (_, options, because) => {
    const columns = { question, options, answer: ['red', 'one', 'red'] };
    expect(infer(columns)).toMatchObject({
      key: 'choices',
      question: `column \`options\` looks like the choices of each row (${because}), which can't be read so`,
      candidates: [],
      remedy: expect.stringContaining('Write each cell as a JSON list') as unknown,
    });
    expect(infer(columns, { answer: 'label' })).toMatchObject({ answer: 'label' });
  });

  it('may be the texts beside their labels', () => {
    const choices = { text: ['red', 'blue'], label: ['A', 'B'] };
    for (const each of [choices, JSON.stringify(choices)]) {
      expect(infer({ question, choices: repeat([each], 3), answerKey: ['A', 'B', 'A'] })).toMatchObject({
        choices: 'choices.text',
        target: 'answerKey',
      });
    }
  });

  it('are left to the user where a target is none of them', () => {
    const found = infer({ question, ...four, answer: ['A', 'black', 'B'] });
    expect(found).toMatchObject({ key: 'answer', candidates: ['choice', 'label', 'text'] });
  });
});
