import { expect, it } from 'vitest';
import { withRemedy } from './with-remedy.ts';

it.each([
  ['they count as one label', 'Spell it in one way.', 'they count as one label. Spell it in one way.'],
  ['The file is empty.', 'Use another.', 'The file is empty. Use another.'],
  ['Which one?', 'Name it.', 'Which one? Name it.'],
  ['It says "no."', 'Ask again.', 'It says "no." Ask again.'],
  ['no such file', undefined, 'no such file'],
])('%s and %s are sentences', (message, remedy, text) => {
  expect(withRemedy(message, remedy)).toBe(text);
});
