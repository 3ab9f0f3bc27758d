/**
 * The mini set: 40 short items for each task, written for perbench, with the prompts and scorers of the PER
 * protocols. It shows in minutes whether everything works and which model is far ahead.
 *
 * Not covered: it is no benchmark. Its items are easier and fewer, so scores carry the protocol name `mini` and are
 * never set beside published ones. Answers to word problems end after 160 tokens (plain) or 256 (chat).
 */
import type { DatasetName, Task } from '../core/task.ts';
import { arcLetters, lettersVersion } from './arc.ts';
import { gsm8kPer, numberVersion } from './gsm8k.ts';
import { hellaswagPer } from './hellaswag.ts';
import { imdbPer, perVersion as imdbVersion } from './imdb.ts';
import { squadPer, perVersion as squadVersion } from './squad.ts';
import type { TaskVariant } from './task-parts.ts';

function variant(name: DatasetName, title: string, version = 1): TaskVariant {
  return {
    name,
    protocol: 'mini',
    version,
    title: `${title}, mini set`,
    dataset: { name, split: 'test', fewShotSplit: 'examples', source: 'builtin' },
    items: 40,
  };
}

export const miniTasks = {
  imdb: () => imdbPer(variant('imdb', 'IMDB', imdbVersion)),
  hellaswag: () => hellaswagPer(variant('hellaswag', 'HellaSwag')),
  arc_easy: () => arcLetters(variant('arc_easy', 'ARC-Easy', lettersVersion)),
  squad2: () => squadPer(variant('squad2', 'SQuAD 2.0', squadVersion)),
  gsm8k: () => gsm8kPer(variant('gsm8k', 'GSM8K', numberVersion), { plain: 160, chat: 256 }),
} satisfies Record<DatasetName, () => Task>;
