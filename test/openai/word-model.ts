import { createToyModel } from './toy-model.ts';

const words = [
  ' The',
  ' sun',
  ' is',
  ' hot',
  ' in',
  ' of',
  ' A',
  ' B',
  ' C',
  ' D',
  ' four',
  'Answer',
  ':\n',
  'ow',
  ' s',
];

/** Of short words, letters and a token over the end of a line. */
export const wordModel = createToyModel(words);
