/** What the readers of texts do with any text: no throw, no long time, and a stated answer is read as what it is. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { predictedSpan } from '../../src/tasks/read-span.ts';
import { longTexts, quickest } from '../setup/fuzz-texts.ts';
import { fuzzSetting, fuzzTimeoutMs } from '../setup/fuzz-setting.ts';

const tokens = [
  'answer',
  'Answer:',
  'the answer is ',
  'the ',
  'unanswerable',
  ' is not ',
  'mentioned',
  'in the passage',
  'passage ',
  'not ',
  'does not ',
  'say',
  'no ',
  'information ',
  'none',
  'to ',
  'span',
  ':',
  '?',
  '.',
  '..',
  ' ',
  '\n',
  '\r\n',
  '\t',
  '"',
  "'",
  '*',
  '**',
  '_',
  '`',
  '```',
  '~~~',
  '#',
  '> ',
  '- ',
  '1. ',
  '(',
  ')',
  '{',
  '}',
  '{"answer": ',
  '<think>',
  '</think>',
  '<answer>',
  '—',
  '：',
  'a',
  'Rollo ',
  'é',
  '\u{1F44D}',
  '\uD800',
  '=',
  ',',
  'so ',
  'but ',
  'question',
];

const word = fc.constantFrom('Bjørn', 'Harald', 'Oslo', '1066', 'Vikings', 'of', 'York', 'Málaga');
const span = fc
  .array(word, { minLength: 1, maxLength: 3 })
  .map((words) => words.join(' '))
  .filter((text) => !text.startsWith('of'));

type Wrap = (span: string) => string;
const decorated = fc.constantFrom<Wrap>(
  (text) => text,
  (text) => `**${text}**`,
  (text) => `"${text}"`,
  (text) => `“${text}”.`,
  (text) => `*${text}*.`,
  (text) => `\`${text}\``,
  (text) => `${text}.`,
);
const stated = fc.constantFrom<Wrap>(
  (text) => text,
  (text) => `Answer: ${text}`,
  (text) => `**Answer:** ${text}`,
  (text) => `Final answer: ${text}`,
  (text) => `The answer is ${text}`,
  (text) => `The correct answer is: ${text}`,
  (text) => `Based on the passage, the answer is ${text}`,
  (text) => `Answer:\n${text}`,
  (text) => `### Answer\n\n${text}`,
  (text) => `Sure! Here is the answer:\n\n${text}`,
  (text) => `Who was it?\n${text}`,
  (text) => `\`\`\`\n${text}\n\`\`\``,
  (text) => `Answer:\n\n\`\`\`text\n${text}\n\`\`\``,
  (text) => `> ${text}`,
  (text) => `Answer:\n- ${text}`,
  (text) => `The passage tells of Danes.\n\nAnswer: ${text}`,
  (text) => JSON.stringify({ answer: text }),
  (text) => `\`\`\`json\n${JSON.stringify({ answer: text }, undefined, 2)}\n\`\`\``,
);
const thoughtful = fc.constantFrom<Wrap>(
  (text) => text,
  (text) => `\n\n ${text}`,
  (text) => `<think>\nThe answer is Danes.\n</think>\n\n${text}`,
  (text) => `The answer is Danes.\n</think>\n\n${text}`,
  (text) => `${text}\n`,
);

describe('predictedSpan', () => {
  it('reads a stated span in any of the common forms', { timeout: fuzzTimeoutMs }, () => {
    fc.assert(
      fc.property(span, decorated, stated, thoughtful, (text, decorate, state, think) => {
        expect(predictedSpan(think(state(decorate(text))))).toBe(text);
      }),
      fuzzSetting(2000),
    );
  });

  it('reads any text, of whatever length, at once', { timeout: fuzzTimeoutMs }, () => {
    fc.assert(
      fc.property(longTexts(tokens), (text) => {
        expect(quickest(predictedSpan, text)).toBeLessThan(50);
      }),
      fuzzSetting(60),
    );
  });

  it('gives a span, nothing, or no answer', { timeout: fuzzTimeoutMs }, () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(fc.constantFrom(...tokens)).map((each) => each.join('')),
        ),
        (text) => {
          const read = predictedSpan(text);
          expect(read === undefined || read === read.trim()).toBe(true);
        },
      ),
      fuzzSetting(500),
    );
  });
});
