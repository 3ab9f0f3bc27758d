import { describe, expect, it } from 'vitest';
import { cleanedQuery, cleanHellaswagText, officialQuery } from './normalize-record.ts';

describe('cleanHellaswagText', () => {
  it.each([
    ['[substeps] Follow the x.', ' Follow the x.'],
    ['Foo bar. [title] Next.', 'Foo bar.. Next.'],
    ['[header] How to x [title] Do y. [step] Then z.', ' How to x. Do y. Then z.'],
    ['  spaces around  ', 'spaces around'],
    ['a   b', 'a  b'],
    ['ends with [tag]', 'ends with '],
    ['open [bracket', 'open [bracket'],
  ])('turns %j into %j', (text, cleaned) => {
    expect(cleanHellaswagText(text)).toBe(cleaned);
  });
});

describe('officialQuery', () => {
  it('capitalises the second sentence as Python does: the rest in lower case', () => {
    expect(officialQuery('Surfing', 'A man stands.', 'he sees NASA')).toBe('Surfing: A man stands. He sees nasa');
  });

  it('has no trailing space where there is no second sentence', () => {
    expect(officialQuery('Cooking', '[header] How to cook [title] Boil.', '')).toBe('Cooking: How to cook. Boil.');
  });
});

describe('cleanedQuery', () => {
  it.each([
    ['A man is sitting on a roof. he', 'A man is sitting on a roof. He'],
    ['the lady', 'The lady'],
    ['She said "stop!" they', 'She said "stop!" They'],
    ['It works (see above.) then', 'It works (see above.) Then'],
    ['One. two. three is 3.5 m and', 'One. two. Three is 3.5 m and'],
    ['A sentence. 3 men', 'A sentence. 3 men'],
    ['A sentence. "he', 'A sentence. "he'],
    ['Finished sentence.', 'Finished sentence.'],
    ['citizens of the u.s. or u.s. nationals.', 'citizens of the u.s. or u.s. nationals.'],
    ['Stop. élan', 'Stop. Élan'],
  ])('turns %j into %j', (context, query) => {
    expect(cleanedQuery('Label', context)).toBe(`Label: ${query}`);
  });
});
