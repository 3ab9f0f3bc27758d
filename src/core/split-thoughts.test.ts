import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitThoughts, type SplitStart, ThoughtSplitter } from './split-thoughts.ts';
import { thoughtShapes } from './thought-shapes.ts';

const think = thoughtShapes[0];

describe('splitThoughts', () => {
  it.each<[shape: string, text: string, thoughts: string | undefined, answer: string]>([
    ['no thoughts', '  The answer is 4.\n', undefined, '  The answer is 4.\n'],
    ['tags', '<think>\n2+2, so 9? No.\n</think>\n\n4', '2+2, so 9? No.', '4'],
    ['tags after white space', '\n <thinking>Hm</thinking>4 ', 'Hm', '4 '],
    ['thought', '<thought>Hm</thought> 4', 'Hm', '4'],
    ['an empty block', '<think>\n\n</think>\n\n4', undefined, '4'],
    ['two blocks', '<think>a</think>\n<think>b</think>\n4', 'a\n\nb', '4'],
    ['tags in any case', '<Think>Hm</THINK>4', 'Hm', '4'],
    ['tags of prompts', '<reasoning>Hm</reasoning>\n<Reflection>No</Reflection>4', 'Hm\n\nNo', '4'],
    ['a scratchpad', '<scratchpad>\nHm\n</scratchpad>\n\n4', 'Hm', '4'],
    ['a named channel', '<|channel>thought\nHm<channel|>4', 'Hm', '4'],
    ['unused tokens', '<unused94>thought\nHm<unused95>4', 'Hm', '4'],
    ['tokens before and behind', '<|inner_prefix|>Hm<|inner_suffix|>4', 'Hm', '4'],
    ['letters that are longer in lower case', '<think>İİ</think>İ', 'İİ', 'İ'],
    ['brackets', '[THINK]Hm[/THINK]4', 'Hm', '4'],
    [
      'channels',
      '<|channel|>analysis<|message|>Hm<|end|><|start|>assistant<|channel|>final<|message|>4<|return|>',
      'Hm',
      '4',
    ],
    [
      'channels between answers',
      '<|channel|>final<|message|>4<|end|><|start|>assistant<|channel|>analysis<|message|>Hm<|end|>',
      'Hm',
      '4',
    ],
    ['the answer channel alone', '<|channel|>final<|message|>4', undefined, '4'],
    ['a tag behind visible text', 'Say <think>x</think>', undefined, 'Say <think>x</think>'],
    ['a tag that is none', '<thin', undefined, '<thin'],
    ['other tags', '<b>4</b>', undefined, '<b>4</b>'],
    ['a turn mark without channels', 'a<|end|>b', undefined, 'a<|end|>b'],
    ['white space alone', ' \n', undefined, ' \n'],
  ])('%s', (_, text, thoughts, answer) => {
    expect(splitThoughts(text)).toEqual({ thoughts, answer, isOpen: false });
  });

  it('knows a block that the prompt opened, closed or not', () => {
    expect(splitThoughts('Hm</think>\n4', { startsInside: think })).toEqual({
      thoughts: 'Hm',
      answer: '4',
      isOpen: false,
    });
    expect(splitThoughts('Hm [/THINK]4', { startsInside: true })).toMatchObject({ thoughts: 'Hm', answer: '4' });
    expect(splitThoughts('Hm [/THINK]4', { startsInside: think })).toMatchObject({ answer: '', isOpen: true });
    expect(splitThoughts('The answer is 9', { startsInside: think })).toEqual({
      thoughts: 'The answer is 9',
      answer: '',
      isOpen: true,
    });
    expect(splitThoughts('<think>The answer is 9 </th')).toMatchObject({
      thoughts: 'The answer is 9 </th',
      answer: '',
    });
  });

  it('takes what stands before a lonely close mark for thoughts where nobody knows how the prompt ended', () => {
    expect(splitThoughts('Hm\n</think>\n\n4', { startsInside: 'unknown' })).toEqual({
      thoughts: 'Hm',
      answer: '4',
      isOpen: false,
    });
    expect(splitThoughts('4', { startsInside: 'unknown' })).toEqual({
      thoughts: undefined,
      answer: '4',
      isOpen: false,
    });
    expect(splitThoughts('D\n<Analysis>\nHm</analysis>\n4', { startsInside: 'unknown' })).toMatchObject({
      thoughts: 'Hm',
      answer: 'D\n4',
    });
    expect(splitThoughts('Hm</think>4')).toMatchObject({ answer: 'Hm</think>4' });
  });
});

const marks = thoughtShapes.flatMap(({ open, close }) => [
  open,
  close,
  open.toUpperCase(),
  open.slice(0, -1),
  close.slice(1),
]);
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom(...marks, '<|channel|>final<|message|>', '<|start|>assistant', '<|return|>', ' ', '\n', '<'),
      fc.string({ maxLength: 4 }),
    ),
    { maxLength: 9 },
  )
  .map((parts) => parts.join(''));
const start = fc.constantFrom<SplitStart>(
  {},
  { startsInside: true },
  { startsInside: think },
  { startsInside: 'unknown' },
);

describe('ThoughtSplitter', () => {
  it('gives the same however the text is cut', () => {
    fc.assert(
      fc.property(text, start, fc.array(fc.nat({ max: 9 }), { minLength: 1 }), (whole, begin, sizes) => {
        const splitter = new ThoughtSplitter(begin);
        for (let at = 0, index = 0; at < whole.length; index += 1) {
          const size = (sizes[index % sizes.length] ?? 0) + 1;
          splitter.push(whole.slice(at, at + size));
          at += size;
        }
        expect(splitter.finish()).toEqual(splitThoughts(whole, begin));
      }),
      { numRuns: 3000 },
    );
  });

  it('loses no text and adds none where nothing is marked', () => {
    fc.assert(
      fc.property(fc.string(), (whole) => {
        fc.pre(!thoughtShapes.some(({ open }) => whole.trimStart().startsWith(open)));
        expect(splitThoughts(whole).answer).toBe(whole);
      }),
    );
  });

  it('gives answers as they come, and holds back what may become a mark', () => {
    const splitter = new ThoughtSplitter();
    expect(['<th', 'ink>a', '</think>', '\n\n', '4', ' <|chan', 'ge'].map((each) => splitter.push(each))).toEqual([
      '',
      '',
      '',
      '',
      '4',
      ' ',
      '<|change',
    ]);
    expect(splitter).toMatchObject({ place: 'answer', hasBlock: true, answer: '4 <|change' });
  });
});

describe('answersWith', () => {
  const told = (begin: SplitStart, before: string, next: string): boolean => {
    const splitter = new ThoughtSplitter(begin);
    splitter.push(before);
    return splitter.answersWith(next);
  };

  it.each([
    ['', '{'],
    ['', ' ['],
    ['\n', '"yes"'],
    ['<think>hm</think>', '\n'],
    ['<think>hm</think>\n', '{'],
    ['{"a":', ' <think>'],
    ['<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>', '{'],
  ])('after %j, %j is of the answer', (before, next) => {
    expect(told({}, before, next)).toBe(true);
  });

  it.each([
    ['', '\n'],
    ['', '<'],
    ['\n<th', 'ink>'],
    ['', '[THINK]'],
    ['<think>', '{'],
    ['<think>hm', '</think>'],
    ['<|channel|>analysis<|message|>hm<|end|>', '<|start|>'],
  ])('after %j, %j is not', (before, next) => {
    expect(told({}, before, next)).toBe(false);
  });

  it('knows a block that the prompt opened', () => {
    expect(told({ startsInside: true }, 'hm', '{')).toBe(false);
    expect(told({ startsInside: true }, 'hm</think>', '{')).toBe(true);
  });
});
