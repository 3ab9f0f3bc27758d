/** What the readers of labels do with any text and any labels: no throw, no long time, stated labels are read. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLabelReader } from '../../src/tasks/read-label.ts';
import { parseSentiment } from '../../src/tasks/imdb.ts';
import { longTexts, quickest } from '../setup/fuzz-texts.ts';
import { fuzzSetting, fuzzTimeoutMs } from '../setup/fuzz-setting.ts';

const tokens = [
  'positive',
  'negative',
  'positive ',
  ' negative',
  'not ',
  "n't ",
  'no',
  'nothing but ',
  'far from ',
  'more ',
  'than ',
  'too ',
  'neither ',
  ' or ',
  '/',
  'sentiment',
  'Sentiment:',
  'the ',
  'is ',
  ':',
  '?',
  '.',
  ',',
  ';',
  '(',
  ')',
  ' - ',
  '—',
  ' ',
  '\n',
  '\t',
  '"',
  "'",
  '*',
  '**',
  '_',
  '-',
  '+',
  '`',
  '```',
  '#',
  '> ',
  '1. ',
  '1',
  '0',
  ' 1',
  '%',
  '{',
  '}',
  '{"label": ',
  '<think>',
  '</think>',
  '：',
  'a',
  'and it ',
  'so it ',
  'but ',
  '账',
  '\uD800',
  '=',
  '\u{1F44D}',
];

const sets = [
  ['positive', 'negative'],
  ['spam', 'ham'],
  ['billing', 'bug', 'feature request'],
  ['sci-fi', 'drama', 'horror_film'],
  ['账单', 'バグ', 'ошибка'],
  ['C++', 'C#', 'Rust'],
  ['0', '1'],
  ['-1', '0', '1'],
] as const;
const letters = fc.string({ unit: fc.constantFrom(...'bcdfgkmprvwz'.split('')), minLength: 3, maxLength: 9 });
const labels = fc.oneof(
  fc.constantFrom<readonly string[]>(...sets),
  fc.uniqueArray(letters, { minLength: 2, maxLength: 8 }),
);
const chosen = labels.chain((all) => fc.record({ all: fc.constant(all), label: fc.constantFrom(...all) }));

type Wrap = (label: string, all: readonly string[]) => string;
const decorated = fc.constantFrom<Wrap>(
  (label) => label,
  (label) => `**${label}**`,
  (label) => `"${label}"`,
  (label) => `**${label}.**`,
  (label) => `${label}.`,
  (label) => label.toUpperCase(),
);
const stated = fc.constantFrom<Wrap>(
  (label) => label,
  (label) => `Label: ${label}`,
  (label) => `**Label:** ${label}`,
  (label) => `The label is:\n${label}`,
  (label) => `Label:\n\n${label}`,
  (label) => `### Label\n${label}`,
  (label) => `**Label**\n\n${label}`,
  (label) => `Sure! Here is the label:\n\n${label}`,
  (label) => `Here it is:\n\`\`\`text\n${label}\n\`\`\``,
  (label, all) => `Is it ${all.join(' or ')}?\n${label}`,
  (label, all) => `${all.join(' or ')}: ${label}`,
  (label) => `${label}\n\nThe text says so, and nothing else.`,
);
const whole = fc.constantFrom<Wrap>(
  (label) => label,
  (label) => `<think>\nIt could be anything.\n</think>\n\n${label}`,
  (label) => `\n ${label}\n`,
);

describe('createLabelReader', () => {
  it('reads a stated label in any of the common forms', { timeout: fuzzTimeoutMs }, () => {
    fc.assert(
      fc.property(chosen, decorated, stated, whole, ({ all, label }, decorate, state, wrap) => {
        expect(createLabelReader(all)(wrap(state(decorate(label, all), all), all))).toBe(label);
      }),
      fuzzSetting(200),
    );
  });

  it('reads the label of a JSON object', { timeout: fuzzTimeoutMs }, () => {
    fc.assert(
      fc.property(chosen, fc.boolean(), ({ all, label }, isFenced) => {
        const text = JSON.stringify({ label }, undefined, 2);
        expect(createLabelReader(all)(isFenced ? `\`\`\`json\n${text}\n\`\`\`` : text)).toBe(label);
      }),
      fuzzSetting(100),
    );
  });

  it('reads nothing where the one label is denied', { timeout: fuzzTimeoutMs }, () => {
    const denying = fc.constantFrom<Wrap>(
      (label) => `It is not ${label}.`,
      (label) => `I would never say that it is "${label}"`,
      (label) => `far from being ${label}`,
      (label) => `anything but ${label}`,
      (label) => `${label}? No.`,
    );
    fc.assert(
      fc.property(chosen, denying, ({ all, label }, deny) => {
        expect(createLabelReader(all)(deny(label, all))).toBeUndefined();
      }),
      fuzzSetting(100),
    );
  });

  it('reads any text, of whatever length, at once', { timeout: fuzzTimeoutMs }, () => {
    const readers = [parseSentiment, createLabelReader(['0', '1', '-1']), createLabelReader(['a b', '账', 'no'])];
    fc.assert(
      fc.property(longTexts(tokens), fc.constantFrom(...readers), (text, read) => {
        expect(quickest(read, text)).toBeLessThan(50);
      }),
      fuzzSetting(60),
    );
  });

  it('gives one of its labels or nothing', { timeout: fuzzTimeoutMs }, () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fc.constantFrom(...tokens)).map((each) => each.join('')),
    );
    const any = fc.uniqueArray(fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }), {
      minLength: 2,
      maxLength: 5,
    });
    fc.assert(
      fc.property(any, text, (all, output) => {
        expect([undefined, ...all]).toContain(createLabelReader(all)(output));
      }),
      fuzzSetting(200),
    );
  });
});
