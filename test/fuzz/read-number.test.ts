/** The reader of final numbers: no text makes it throw or slow, and what a text concludes with is read. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { extractNumber, formatDecimal } from '../../src/tasks/gsm8k-number.ts';
import { readNumber } from '../../src/tasks/own/number-text.ts';
import { fuzzSetting, fuzzTimeoutMs } from '../setup/fuzz-setting.ts';

/** Milliseconds of CPU time that reading may take, whatever the text. */
const mostTime = 50;

function cpuTime(work: () => unknown): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

/** CPU time that reading takes in the slower of both conventions; the least of three, as others may disturb one. */
function readingTime(text: string): number {
  const times = [extractNumber, (each: string) => readNumber(each, ',')].map((reader) => {
    let least = Infinity;
    for (let attempt = 0; attempt < 3 && least > mostTime; attempt += 1) {
      least = Math.min(
        least,
        cpuTime(() => reader(text)),
      );
    }
    return least;
  });
  return Math.max(...times);
}

// What the reader looks for, and what its patterns repeat.
const tokens = [
  '#',
  '####',
  '#### ',
  '#### Step 1\n',
  '#### Answer\n',
  '\n',
  '\r',
  ' ',
  '\t',
  '\u2009',
  '.',
  ',',
  ', so ',
  '; ',
  '? ',
  '! ',
  '。',
  ':',
  '=',
  ' = ',
  '+',
  '-',
  ' - ',
  '–',
  '*',
  '**',
  '* ',
  '_',
  '__',
  '`',
  '```\n',
  '~',
  '~~',
  '> ',
  '|',
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  '{,}',
  '<',
  '>',
  '<<',
  '>>',
  '&',
  '$',
  String.raw`\$`,
  '\\',
  '\\\\',
  String.raw`\,`,
  String.raw`\!`,
  String.raw`\boxed{`,
  String.raw`\boxed `,
  String.raw`\frac{1}{2}`,
  String.raw`\frac{`,
  String.raw`\text{`,
  String.raw`\times `,
  String.raw`\begin{`,
  '<think>',
  '</think>',
  '<answer>',
  '</answer>',
  '<Output>',
  '<reasoning>',
  '\n\nQuestion:',
  'between 3 and ',
  'In total ',
  ' boxes to carry ',
  '12:30',
  '3/4 ',
  'answer',
  'answer is ',
  'The answer is 5. ',
  'Answer:\n',
  'Answer: there are 6. ',
  'the answer to ',
  'for one row the answer is ',
  'final answer',
  'is the answer',
  'not ',
  'not 5',
  'if the ',
  'whether ',
  'So ',
  'Therefore ',
  'in all ',
  'Check: ',
  'To check: 5\n',
  'Let me know ',
  'No, ',
  'that is wrong',
  'Wait, no. ',
  'Step 1',
  '1. ',
  '1',
  '5',
  '00',
  '111',
  ',111',
  '1.5',
  '5e5',
  '1/2',
  '1⁄2',
  '½',
  '٣',
  '5^2',
  'x_1',
  '5 x 3 ',
  'times ',
  ' million',
  ' a',
  'a',
  'e',
  'E',
  '\uE000',
  '\uE001',
  '\uE002',
  '\u{1D7D8}',
] as const;

const token = fc.constantFrom(...tokens);

describe('any text', () => {
  it('of tokens or noise is read in time', { timeout: fuzzTimeoutMs }, () => {
    const noise = fc.string({ unit: 'grapheme', maxLength: 300 });
    const built = fc.array(fc.oneof({ weight: 5, arbitrary: token }, noise), { maxLength: 300 });
    fc.assert(
      fc.property(built, (parts) => {
        expect(readingTime(parts.join(''))).toBeLessThanOrEqual(mostTime);
      }),
      fuzzSetting(150),
    );
  });

  it('that repeats itself for 100,000 characters is read in time', { timeout: fuzzTimeoutMs }, () => {
    const repeated = fc.tuple(
      fc.array(token, { minLength: 1, maxLength: 3 }),
      fc.constantFrom('', '5', '\nThe answer is 5', '?', 'a'),
    );
    fc.assert(
      fc.property(repeated, ([parts, end]) => {
        const unit = parts.join('');
        const repeatedText = unit.repeat(Math.ceil(100_000 / unit.length)).slice(0, 100_000) + end;
        expect(readingTime(repeatedText)).toBeLessThanOrEqual(mostTime);
      }),
      fuzzSetting(60),
    );
  });

  it.each(tokens)('that repeats %j is read in time', (unit) => {
    expect(readingTime(unit.repeat(Math.ceil(100_000 / unit.length)))).toBeLessThanOrEqual(mostTime);
  });
});

interface Written {
  readonly shown: string;
  readonly value: string;
}

const thousands = [
  ',',
  '{,}',
  String.raw`\,`,
  String.raw`\;`,
  '~',
  String.raw`{,}\!`,
  '\u202f',
  '\u2009',
  '\u00a0',
  '',
] as const;

/** A number in one of the common styles, and as it is to be read. */
const written: fc.Arbitrary<Written> = fc
  .record({
    whole: fc.oneof(fc.integer({ min: 0, max: 99 }), fc.integer({ min: 100, max: 99_999_999 })),
    cents: fc.option(fc.integer({ min: 1, max: 99 }), { nil: undefined, freq: 4 }),
    isNegative: fc.boolean(),
    separator: fc.constantFrom(...thousands),
    currency: fc.constantFrom('', '', String.raw`\$`, '€'),
  })
  .map(({ whole, cents, isNegative, separator, currency }) => {
    const digits = String(whole).replaceAll(/\B(?=(?:\d{3})+$)/gu, () => separator);
    const fraction = cents === undefined ? '' : `.${String(cents).padStart(2, '0')}`;
    const sign = isNegative && whole > 0 ? '-' : '';
    return { shown: `${sign}${currency}${digits}${fraction}`, value: `${sign}${whole}${fraction.replace(/0$/u, '')}` };
  });

const forms = [
  '#### %',
  '#### **%**',
  '####%',
  '#### % apples',
  '#### %\n\nLet me know if you need 5 more.',
  String.raw`\boxed{%}`,
  String.raw`$$\boxed{%}$$`,
  String.raw`\[ \boxed{% \text{ apples}} \]`,
  String.raw`\boxed{x = %}`,
  String.raw`\boxed{6 \times 3 = %}`,
  String.raw`so we get $\boxed{\text{%}}$.`,
  'The answer is %.',
  'The answer is %',
  'The answer is **%** apples.',
  String.raw`The final answer is \(%\).`,
  'So the answer is 6 * 3 = %.',
  'The answer is % (check: 7 + 2 = 9).',
  'The answer is % because 7 + 2 = 9.',
  '**Answer:** %',
  'Answer: % apples',
  '**Final Answer:** $%$',
  'Final answer:\n\n%',
  '#### Final answer\n\n%',
  '### Answer\n**% apples**',
  'The final answer is:\n$$%$$',
  'Therefore, she has % apples left.',
  'So in all there are **%** apples.',
  'In total, that makes % apples.',
  'Total: %',
  '- total: %',
  '| total | % |',
  '%',
  '**%**',
  '% apples',
  'Thus x = %.',
  'Hence the total is 6 × 3 = %.',
  '<answer>%</answer>',
  '`%`',
  '> %',
] as const;

const reasoning = [
  'There are 6 baskets with 3 apples each.',
  '6 × 3 = 18.',
  'For one row the answer is 12.',
  'First we ask whether the answer is 20.',
  'Is the answer 20?',
  '#### Step 1: Count the 6 baskets',
  '#### 2. Multiply',
  '### Solution',
  '1. She picks 4 apples.',
  '- 5 pears',
  '**Step 3:** add 2.',
  String.raw`\[ 6 \times 3 = 18 \]`,
  'So each has 3.',
  'Each costs $2.50.',
  'Then she buys 1{,}500 more.',
  'Suppose the answer is 9.',
  'You might think the answer is 9, but it is not.',
  "Let's think step by step.",
] as const;

const thoughts = [
  '',
  '',
  '<think>The answer is 9. #### 9</think>\n',
  '<thinking>\n\\boxed{9}\n</thinking>\n\n',
  '4 + 5 = 9, so 9.\n</think>\n\n',
] as const;

describe('a right answer', () => {
  it('is read in every common form, whatever the reasoning before it', { timeout: fuzzTimeoutMs }, () => {
    const text = fc.record({
      thought: fc.constantFrom(...thoughts),
      steps: fc.array(fc.constantFrom(...reasoning), { maxLength: 6 }),
      form: fc.constantFrom(...forms),
      number: written,
    });
    fc.assert(
      fc.property(text, ({ thought, steps, form, number }) => {
        const output = `${thought}${[...steps, form.replace('%', () => number.shown)].join('\n')}`;
        const found = extractNumber(output);
        expect({ output, found: found && formatDecimal(found) }).toEqual({ output, found: number.value });
      }),
      fuzzSetting(1500),
    );
  });
});
