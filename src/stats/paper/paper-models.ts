/** The one name in the paper that states no size; its publisher gives 3.8 billion. */
const sizes: Readonly<Record<string, number>> = { 'Phi-3.5': 3.8 };

/** Family whose seven sizes the paper has, so that steps in size compare like with like. */
export const ladderFamily = 'Qwen2.5-';

/**
 * Nominal size of a model of the paper, in billions of parameters.
 *
 * @throws {RangeError} if the name states none
 */
export function billionsOf(model: string): number {
  const stated = /-(\d+(?:\.\d+)?)B$/u.exec(model)?.[1];
  const billions = sizes[model] ?? (stated === undefined ? undefined : Number(stated));
  if (billions === undefined) throw new RangeError(`"${model}" states no size such as -7B`);
  return billions;
}

/** Titles of the paper's tasks. */
const paperTaskTitles: Readonly<Record<string, string>> = {
  gsm8k: 'GSM8K',
  squad2: 'SQuAD 2.0',
  hellaswag: 'HellaSwag',
  imdb: 'IMDB',
  arc_easy: 'ARC-Easy',
};

/** Items in the public split that the paper names, and the number that it says it used where that differs. */
export const publicItems: Readonly<Record<string, number>> = {
  gsm8k: 1319,
  squad2: 11_873,
  hellaswag: 10_042,
  imdb: 25_000,
  arc_easy: 2376,
};

/** `GSM8K` for `gsm8k`. */
export function taskTitle(task: string): string {
  return paperTaskTitles[task] ?? task;
}
