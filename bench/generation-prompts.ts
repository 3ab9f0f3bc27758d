/** Prompts of several lengths, put together from words of our own by a counter: the same every time. */
const subjects = [
  'A farmer',
  'The old bridge',
  'My neighbour',
  'A young engineer',
  'The village school',
  'An honest judge',
];
const verbs = ['remembers', 'repairs', 'describes', 'visits', 'counts', 'paints'];
const objects = [
  'the long winter',
  'a broken clock',
  'seven green bottles',
  'the river at night',
  'a letter',
  'the market',
];

export function generationPrompts(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => {
    const sentences = Array.from({ length: 1 + (index % 7) * 2 }, (__, at) => {
      const pick = (words: readonly string[], step: number): string => words[(index * step + at) % words.length] ?? '';
      return `${pick(subjects, 1)} ${pick(verbs, 5)} ${pick(objects, 7)}.`;
    });
    return `Continue this story. ${sentences.join(' ')} Then`;
  });
}
