import { describe, expect, it } from 'vitest';
import { choiceLetter, mostLetters, parseLetter } from './read-letter.ts';

describe('parseLetter reads', () => {
  it.each([
    'C',
    ' c',
    'c.',
    '(C)',
    '[C].',
    '**C**',
    '**c**',
    '`c`',
    '"C"',
    '‘C’',
    'C:',
    '- C',
    '✅ C',
    '3. C',
    '（Ｃ）',
    '$C$',
    '\\(C\\)',
    '```\nC\n```',
    '["C"]',
    'C\n',
  ])('the letter that the text is: %j', (text) => {
    expect(parseLetter(text, 4)).toBe(2);
  });

  it.each([
    'c. granite',
    'c) granite',
    '(c) granite',
    'c: granite',
    'c - granite',
    'C - granite',
    'C – granite',
    'C, granite',
    'C: granite',
    'C (granite)',
    '**C** granite',
    '**c. granite**',
    '<b>C</b> granite',
    'C -> granite',
    'C. Vitamin D',
    '(C) boron [B]',
    'C) 5 A',
    'C. B',
    'C because the others melt',
    'C, since A and B melt',
    'C. granite (not A)',
    'C rather than D',
    'C, not D',
    'Option C',
    'option c',
    'Choice (C)',
    'granite, option C',
    'Granite. C',
    'Sure! C.',
    'D? No: C',
    'Not A. Not B. C.',
    'D All of the above'.replace('D', 'C'),
    'c.granite',
    'c)granite',
    'c, granite',
    'C. elegans',
    'C\n\nWhy:\nA. melts\nB. floats\nC. holds',
    'A. chalk\nB. wax\nC. granite\nD. ice\n\nC',
  ])('the letter at the head of a line or sentence: %j', (text) => {
    expect(parseLetter(text, 4)).toBe(2);
  });

  it.each([
    'Answer: c',
    'the answer is c',
    'The answer is "c".',
    'ANSWER: C',
    'Answer = C',
    'Answer → C',
    'Answer C',
    'Answer\nC',
    '**Answer**\n\nC',
    '### Final answer\n**C**',
    'The correct answer is:\n\n**C**',
    'Answer:C',
    'Answer: C granite',
    'Answer: c) granite',
    'The correct option is c.',
    'The best choice would be (C).',
    'The correct letter is "c".',
    'The answer to the question is C.',
    'The answer, then, is C.',
    'The answer is option c',
    'The answer is the letter C',
    'The answer is (C) because vitamin D is made there',
    'The answer is C: vitamin D',
    'The answer is C It is the hardest',
    'The answer is granite (C).',
    '{"answer": "c", "why": "vitamin D"}',
    '```json\n{"correct_option": "C"}\n```',
    String.raw`\boxed{C}`,
    String.raw`$\boxed{\textbf{(C)}\ granite}$`,
    String.raw`So it is $\boxed{\text{C}}$.`,
    '<answer>C</answer>',
    'C is correct',
    'c is the right answer',
    '(C) is the best choice, as A melts',
    'Antwort: C',
    'La respuesta es C.',
    'Réponse : C',
    '答案：C',
    '正确答案是C。',
    'I think C',
    'i pick c',
    "I'd go with C.",
    'Must be C',
    "I'm pretty sure C",
    'Looks like C.',
    'Definitely C',
    'Perhaps c.',
    'Most likely C',
    'Overall, C.',
    'Letter C',
    'However, C.',
    'As it melts last, C.',
    'Because it boils at 21°C, C.',
    "Since it's hard: C",
    "It must be C, it's hard.",
    'I chose option C.',
  ])('a letter that is stated or said: %j', (text) => {
    expect(parseLetter(text, 4)).toBe(2);
  });

  it.each([
    'not A, but C',
    'It is not A, it is C',
    'A is wrong, B is wrong, so C',
    'A and B melt, so C',
    'Between A and C, I choose C',
    'The answer is A, no, the answer is C',
    'The answer is A. Wait, actually C.',
    'If the answer is A, it melts. The answer is C.',
    'The answer is not A, it is C',
    'The answer is either A or B? No. The answer is C.',
    'A or C? I would say C',
    'Of A, B, C and D, the answer is C',
    'A rock is hard, so C',
    "D'Artagnan chose C",
    'The answer is a rock. So C',
    'The answer is C, A is too soft.',
    'The answer is C, A and B are wrong',
    'The answer is C\nA is wrong',
    'Option A melts, so option C.',
    'Rather than A, C is the right answer',
    'Eliminating A, B and D, the answer is C',
    '<think>A or B. The answer is A.</think>\n\nC',
    'A. chalk\nB. wax\nC. granite\n\nAnswer: C',
  ])('the last conclusion: %j', (text) => {
    expect(parseLetter(text, 4)).toBe(2);
  });

  it.each([
    'A',
    'a',
    'a.',
    'A. Lincoln',
    'A, because',
    'The answer is a.',
    'Answer: a',
    'a) rock',
    'A is correct',
    'A - rock',
    'Option A',
  ])('A where it is no article: %j', (text) => {
    expect(parseLetter(text, 4)).toBe(0);
  });
});

describe('parseLetter reads a letter', () => {
  it.each([
    'granite (C)',
    '**granite** (C)',
    '**granite** (**C**)',
    'granite [C].',
    'Metal D (C)',
    'Vitamin D (C)',
    'granite - C',
    'granite → C',
    'granite; C',
    'chalk (A) is wrong, granite (C) is right',
  ])('behind a text: %j', (text) => {
    expect(parseLetter(text, 4)).toBe(2);
  });

  it.each([
    'A. Wrong.\nC. Right.\nD. Wrong.',
    'A: incorrect\nC: correct\nD: incorrect',
    'A - wrong, C - right, D - wrong',
    'A (wrong) C (right)',
    'A ✗ / C ✓',
    '- A ✗\n- C ✔️\n- D ✗',
    '❌ A\n✅ C\n❌ D',
    'A) chalk ❌\nC) granite ✅\nD) ice ❌',
    'A. chalk is wrong.\nC. granite is right.\nD. ice is wrong.',
    'A. 5.0 km/h - incorrect\nC. the solution - correct\nD. more - incorrect',
    'Between A and C, C is better.',
    'Between A and C, C fits best.',
    'A would be true if it melted; however C.',
    'Not A but C',
    "It isn't a but c",
  ])('that is said to be right among others: %j', (text) => {
    expect(parseLetter(text, 4)).toBe(2);
  });

  it.each([
    'C\n\nQuestion: Which melts?\nA. chalk\nB. wax\nAnswer: B',
    'C. granite\n\n### Question 2:\nWhich melts?\nAnswer: B',
    'Answer: C\n\nQ: Which melts?\nAnswer: B',
    'C\n\nUser: Which melts?\nAssistant: B',
    'Question: Which is hard?\nA. chalk\nAnswer: C',
    'Well.\nQuestion: Which is hard?\nAnswer: C',
  ])('before another question: %j', (text) => {
    expect(parseLetter(text, 4)).toBe(2);
  });
});

describe('parseLetter among many choices', () => {
  it.each([
    ['I think it is granite.', undefined],
    ['So I think granite', undefined],
    ['I think B', 1],
    ['I, for one, think B', 1],
    ['I', 8],
    ['the answer is I', 8],
    ['The answer is j.', 9],
    ['E', 4],
  ])('%j', (text, position) => {
    expect(parseLetter(text, 10)).toBe(position);
  });

  it('reads back every letter that it shows', () => {
    const positions = Array.from({ length: mostLetters }, (_, position) => position);
    for (const form of ['?', '(?)', '? is correct.', 'The answer is ?.', '?. granite']) {
      expect(positions.map((position) => parseLetter(form.replace('?', choiceLetter(position)), mostLetters))).toEqual(
        positions,
      );
    }
  });
});
