import { describe, expect, it } from 'vitest';
import { infer, numbered } from '../../../test/setup/inferred.ts';

describe('values of which most are there once', () => {
  it.each<[string, (at: number) => unknown, readonly string[]]>([
    ['texts', (at) => `label ${at}`, ['label', 'text']],
    ['codes', (at) => String(at % 20), ['number', 'label']],
    ['numbers but for one', (at) => (at === 7 ? 'unknown' : at * 100), ['number', 'text']],
  ])('of nearly as many %s as rows are left to the user, whatever the column is called', (_, value, candidates) => {
    const label = numbered(20).map((_row, at) => value(at));
    expect(infer({ text: numbered(20), label })).toMatchObject({ key: 'answer', candidates });
  });

  it('are labels where their column is called so and a quarter comes again', () => {
    const label = numbered(40).map((_, at) => `label ${at % 30}`);
    expect(infer({ text: numbered(40), label })).toMatchObject({ answer: 'label' });
  });
});

describe('numbers', () => {
  const number = (label: readonly unknown[], change = {}) =>
    infer({ text: numbered(label.length), label }, { answer: 'number', ...change });

  it('with decimal commas are told by those that can be nothing else', () => {
    const found = number(['0,5', '1.234', '1.100,10']);
    expect(found).toMatchObject({ decimal: ',' });
    expect('notes' in found && found.notes.at(-1)).toBe(
      'target: the numbers of `label` are read with a decimal comma, as those show that can be read in one way only',
    );
    expect(number([0.5, 1.234, 7])).not.toHaveProperty('decimal');
  });

  it('that may be read in two ways are noted with the way that was taken', () => {
    const found = number(['1,234', '5,678']);
    expect(found).not.toHaveProperty('decimal');
    expect('notes' in found && found.notes.at(-1)).toContain(
      'such as "1,234"; the comma as one of thousands was taken',
    );
    expect(number(['1,234', '5,678'], { decimal: ',' })).toMatchObject({ decimal: ',' });
    const points = number(['1.234', '5.678']);
    expect('notes' in points && points.notes.at(-1)).toContain(
      'such as "1.234"; the point as a decimal point was taken',
    );
    expect(number(['1.5', '5.678'])).toMatchObject({
      notes: ['input: column `text` (its name)', 'target: column `label` (the only other column), a number'],
    });
  });
});
