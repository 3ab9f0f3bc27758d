import { describe, expect, it } from 'vitest';
import { labelKey, labelSpellings, matchLabel } from './label-spelling.ts';

describe('labelKey', () => {
  it.each(['Billing', 'billing ', 'BILLING\r', '\uFEFFbilling', 'billing.', 'billing\u00A0'])(
    'reads %j as billing',
    (text) => {
      expect(labelKey(text)).toBe('billing');
    },
  );

  it('makes single spaces of those inside', () => {
    expect(labelKey('Feature \t request')).toBe('feature request');
  });

  it('keeps what is nothing but a full stop', () => {
    expect(labelKey('.')).toBe('.');
  });
});

describe('labelSpellings', () => {
  it('counts labels over their spellings, commonest first, then by name', () => {
    expect(labelSpellings(['bug', 'Bug\r', 'bug', 'feature', 'billing', ''])).toEqual([
      {
        label: 'bug',
        count: 3,
        spellings: [
          { text: 'bug', count: 2 },
          { text: 'Bug\r', count: 1 },
        ],
      },
      { label: 'billing', count: 1, spellings: [{ text: 'billing', count: 1 }] },
      { label: 'feature', count: 1, spellings: [{ text: 'feature', count: 1 }] },
    ]);
  });

  it('leaves out the spaces around a label though every row has them', () => {
    expect(labelSpellings(['bug\r', 'bug\r']).map(({ label }) => label)).toEqual(['bug']);
  });
});

describe('matchLabel', () => {
  it('takes the label that is spelled so before one that is only alike', () => {
    expect(matchLabel('IT', ['it', 'IT'])).toBe('IT');
  });

  it('takes another spelling of exactly one label', () => {
    expect(matchLabel(' Bug.\r', ['bug', 'feature'])).toBe('bug');
    expect(matchLabel('It', ['it', 'IT'])).toBeUndefined();
    expect(matchLabel('billing', ['bug', 'feature'])).toBeUndefined();
  });
});
