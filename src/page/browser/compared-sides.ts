/** One side of a comparison, as the address names it: `run`, or `run:model`. */
export interface Side {
  /** Empty where none is chosen. */
  readonly run: string;
  /** Empty for all models of the run. */
  readonly model: string;
}

export interface ComparedSides {
  readonly a: Side;
  readonly b: Side;
  /** What has to be chosen first, as a sentence, empty where nothing is chosen yet; undefined where nothing is missing. */
  readonly missing: string | undefined;
}

/** Run ids hold no colon; names of models may. */
export function parseSide(text: string): Side {
  const [run = '', ...model] = text.split(':');
  return { run, model: model.join(':') };
}

export function sideText({ run, model }: Side): string {
  return model === '' ? run : `${run}:${model}`;
}

/**
 * What is compared: the run of A with itself where B has none, and two of its models, the first two until others are
 * chosen.
 *
 * @param models of A's run; undefined while they aren't known
 */
export function comparedSides(a: Side, b: Side, models: readonly string[] | undefined): ComparedSides {
  if (a.run === '') return { a, b, missing: '' };
  if (b.run !== '' && b.run !== a.run) return { a, b, missing: undefined };
  if (models === undefined) return { a, b: { ...b, run: a.run }, missing: '' };
  const other = (than: string): string => models.find((model) => model !== than) ?? '';
  const modelA = a.model === '' ? other(b.model) : a.model;
  const modelB = b.model === '' ? other(modelA) : b.model;
  const isAlone = models.length < 2;
  const sides = { a: { run: a.run, model: modelA }, b: { run: a.run, model: modelB } };
  if (isAlone) return { ...sides, missing: 'This run has one model. Choose another run for B.' };
  return {
    ...sides,
    missing: modelA === modelB ? 'A and B are the same. Choose another model, or another run.' : undefined,
  };
}

/** Settings after A was changed. Two models of one run stay that: B follows. */
export function withA({ a, b }: ComparedSides, next: Side): Readonly<Record<'a' | 'b', string>> {
  const isFollowed = a.run === b.run && next.run !== a.run;
  return { a: sideText(next), b: isFollowed ? '' : sideText(b) };
}

/**
 * Settings after B was changed.
 *
 * @param asked A without what it fell back to: against another run, that is the whole of it again
 */
export function withB({ a }: ComparedSides, next: Side, asked: Side): Readonly<Record<'a' | 'b', string>> {
  return { a: sideText(next.run === a.run ? a : asked), b: sideText(next) };
}
