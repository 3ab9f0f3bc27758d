import { describe, expect, it } from 'vitest';
import { vocabularyDifference, type Vocabulary } from './vocabulary-difference.ts';

const [spm, bpe] = [1, 2];

function vocabulary(changes: Partial<Vocabulary> = {}, others: Readonly<Record<number, string>> = {}): Vocabulary {
  return {
    kind: bpe,
    size: 300,
    bos: 1,
    eos: 2,
    addsBos: true,
    addsEos: false,
    tokenText: (token) => others[token] ?? `t${token}`,
    ...changes,
  };
}

describe('vocabularyDifference', () => {
  it.each([
    ['the same', {}, {}],
    ['more padding', { size: 428 }, {}],
    ['another end that is not added', { eos: 9 }, {}],
    ['another name of a special token', {}, { 4: '<pad>' }],
  ])('finds none: %s', (_, changes, others) => {
    expect(vocabularyDifference(vocabulary(), vocabulary(changes, others))).toBeUndefined();
  });

  it.each([
    [{ kind: spm }, {}, 'SPM instead of BPE'],
    [{ kind: 99 }, {}, 'kind 99 instead of BPE'],
    [{ size: 429 }, {}, '429 tokens instead of 300'],
    [{ bos: 3 }, {}, 'it begins texts otherwise'],
    [{ addsBos: false }, {}, 'it begins texts otherwise'],
    [{ addsEos: true }, {}, 'it ends texts otherwise'],
    [{}, { 299: 'ä"' }, 'token 299 is "ä\\"" instead of "t299"'],
    [{}, { 5: 'x'.repeat(50) }, `token 5 is "${'x'.repeat(40)}…" instead of "t5"`],
  ])('says which: %o %o', (changes, others, difference) => {
    expect(vocabularyDifference(vocabulary(), vocabulary(changes, others))).toBe(difference);
  });
});
