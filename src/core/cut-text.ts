import type { Sample } from './sample.ts';

type Cut = NonNullable<Sample['cut']>;

/** A cut answer in a word or two. */
export const cutWords: Readonly<Record<Cut, string>> = {
  budget_cut: 'cut while thinking',
  content_filter: 'filtered',
};

/** Why there is no answer. Whether the budget, or the model itself, ended the thoughts, nobody can tell from a sample. */
export const cutTexts: Readonly<Record<Cut, string>> = {
  budget_cut: 'no answer: the output ended while the model was thinking',
  content_filter: "no answer: the server's content filter held it back",
};
