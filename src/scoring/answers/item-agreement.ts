import type { ItemAgreement, ItemList, ListedAnswer, ListedItem } from './board-answers.ts';

/** What one model answered, by place of the item; a hole where it wasn't asked. */
export interface AnswerColumn {
  readonly model: string;
  readonly scores: number[];
  readonly kinds: ListedAnswer['kind'][];
  /** Number of the answer's text; -1 where none could be read. */
  readonly answers: number[];
}

export interface AgreementTexts {
  readonly itemIds: readonly string[];
  readonly expectedOf: (place: number) => string;
  readonly textOf: (answer: number) => string;
}

/** Of each sort as many are told; the viewer lists all. */
const maxListed = 50;

/** One item, as far as it matters for the order of a list. */
interface Ranked {
  readonly place: number;
  /** The most first. */
  readonly weight: number;
}

/** How many of the answers are the same, at most. */
function mostAlike(answers: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const answer of answers) if (answer !== -1) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  return Math.max(0, ...counts.values());
}

/** Variance of the scores: largest where half of the models are right. */
function spread(scores: readonly number[]): number {
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  return scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / scores.length;
}

/**
 * Items that no model gets right, where errors of the data hide, and items that models disagree about: of those that at
 * least two models answered.
 *
 * @returns undefined below two models, or without such an item
 */
export function itemAgreement(columns: readonly AnswerColumn[], texts: AgreementTexts): ItemAgreement | undefined {
  if (columns.length < 2) return undefined;
  const [missed, disputed]: [Ranked[], Ranked[]] = [[], []];
  let [items, missedAlike, isComplete, isGraded] = [0, 0, true, false];
  for (const place of texts.itemIds.keys()) {
    const own = columns.filter(({ scores }) => scores[place] !== undefined);
    if (own.length < columns.length) isComplete = false;
    if (own.length < 2) continue;
    items += 1;
    const scores = own.map((column) => column.scores[place] as number);
    if (scores.some((score) => score > 0 && score < 1)) isGraded = true;
    if (scores.every((score) => score === 0)) {
      const alike = mostAlike(own.map(({ answers }) => answers[place] ?? -1));
      if (alike > 1) missedAlike += 1;
      missed.push({ place, weight: alike > 1 ? alike : 0 });
    } else if (scores.some((score) => score !== scores[0])) disputed.push({ place, weight: spread(scores) });
  }
  if (items === 0) return undefined;
  const listed = (ranked: readonly Ranked[]): ItemList => ({
    count: ranked.length,
    first: ranked
      .toSorted((left, right) => right.weight - left.weight || left.place - right.place)
      .slice(0, maxListed)
      .map(({ place }) => listedItem(place, columns, texts)),
  });
  return {
    models: columns.map(({ model }) => model),
    items,
    isComplete,
    isGraded,
    missed: listed(missed),
    missedAlike,
    disputed: listed(disputed),
  };
}

function listedItem(place: number, columns: readonly AnswerColumn[], texts: AgreementTexts): ListedItem {
  return {
    itemId: texts.itemIds[place] ?? '',
    expected: texts.expectedOf(place),
    answers: columns.map(({ scores, kinds, answers }) => {
      const [score, kind] = [scores[place], kinds[place]];
      if (score === undefined || kind === undefined) return null;
      return { kind, text: texts.textOf(answers[place] ?? -1), score };
    }),
  };
}
