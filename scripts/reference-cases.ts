/** Contexts with continuations whose log-likelihoods are golden values; our own sentences. */
export const referenceCases: readonly { readonly context: string; readonly continuations: readonly string[] }[] = [
  {
    context: 'The capital of France is',
    continuations: [' Paris', ' Berlin', ' banana', ' Paris, a city on the Seine.'],
  },
  {
    context: 'Question: Which of these melts first in the sun?\nAnswer:',
    continuations: [' a snowman', ' a stone', ' an iron nail', ' a glass bottle'],
  },
  {
    context: 'She poured flour into the bowl, cracked two eggs and began to stir. Then she',
    continuations: [
      ' added milk until the dough was smooth.',
      ' drove the bowl to the airport.',
      ' painted the eggs and left the room.',
    ],
  },
  {
    context: 'def add(left, right):\n    return',
    continuations: [' left + right', ' left - right'],
  },
  { context: 'Zürich liegt am', continuations: [' Zürichsee', ' Rhein 🏞️'] },
  { context: '', continuations: ['Once upon a time'] },
];
