import { itemLabels } from '../../core/item-labels.ts';
import type { Measurement } from '../../core/measurement.ts';
import type { StoredScore } from '../../core/store.ts';
import { fieldPrefix } from '../../core/task.ts';
import { wilsonInterval } from '../../stats/score-interval.ts';
import type { BoardAnswers, ConfusionRow, CountedShare, ListedAnswer, ModelFields } from './board-answers.ts';
import { itemAgreement, type AnswerColumn } from './item-agreement.ts';
import { modelLabels } from './label-figures.ts';

/** With more right labels than this, answers are no labels. */
const maxLabels = 200;
/** More characters of an answer nobody reads in a list. */
const maxText = 80;

/** Counts the answers of one model after the other as their scores stream by. */
export interface AnswerTally {
  /** Begins with the answers of another model, of which macro F1 may have been measured already. */
  begin(model: string, macroF1?: Measurement): (score: StoredScore) => void;
  /** Undefined where nothing is to be said. */
  answers(): BoardAnswers | undefined;
}

/** Texts by number: most answers are the same few. */
interface Texts {
  numberOf(text: string): number;
  textOf(number: number): string;
}

function createTexts(): Texts {
  const numbers = new Map<string, number>();
  const texts: string[] = [];
  return {
    numberOf(text) {
      // Two answers that differ only behind that are taken for the same.
      const short = text.length > maxText ? `${text.slice(0, maxText - 1)}…` : text;
      const known = numbers.get(short);
      if (known !== undefined) return known;
      texts.push(short);
      numbers.set(short, texts.length - 1);
      return texts.length - 1;
    },
    textOf: (number) => texts[number] ?? '',
  };
}

type Kind = ListedAnswer['kind'];

function kindOf({ cut, isUnparsed, answer, detail }: StoredScore): Kind {
  if (cut !== undefined) return 'cut';
  if (isUnparsed) return 'unread';
  return answer === undefined && detail?.['predicted'] === undefined ? 'failed' : 'answer';
}

/** What one model answered, item by item, with texts by their numbers. */
interface Column extends AnswerColumn {
  readonly macroF1: Measurement | undefined;
  /** Right label, -1 where the answer doesn't say it; of several right ones the one that was given. */
  readonly right: number[];
  /** Label that was given, else -1. */
  readonly given: number[];
  readonly fields: Map<string, { right: number; items: number }>;
}

/**
 * A tally of the answers to one task. What it keeps is a few numbers per item and model, and each different answer once,
 * shortened.
 */
export function createAnswerTally(): AnswerTally {
  const places = new Map<string, number>();
  const texts = createTexts();
  const expected: number[] = [];
  /** Right label by item, -1 where it isn't known yet. */
  const right: number[] = [];
  const columns: Column[] = [];
  const clusters = new Set<string>();
  let clustered = 0;

  function placeOf({ itemId, expected: text }: StoredScore): number {
    const known = places.get(itemId);
    if (known !== undefined) return known;
    const place = places.size;
    places.set(itemId, place);
    expected.push(texts.numberOf(text));
    right.push(-1);
    return place;
  }

  function count(column: Column, score: StoredScore): void {
    const place = placeOf(score);
    const labels = itemLabels(score);
    const kind = kindOf(score);
    const numberOf = (text: string | undefined): number => (text === undefined ? -1 : texts.numberOf(text));
    const label = numberOf(labels?.right);
    if (right[place] === -1) right[place] = label;
    column.right[place] = label;
    column.scores[place] = score.value;
    column.kinds[place] = kind;
    column.answers[place] = numberOf(kind === 'answer' ? (labels?.given ?? score.answer) : undefined);
    column.given[place] = numberOf(labels?.given);
    countFields(column.fields, score.metrics);
    if (columns.length === 1 && score.cluster !== undefined) {
      clusters.add(score.cluster);
      clustered += 1;
    }
  }

  return {
    begin(model, macroF1) {
      const column = emptyColumn(model, macroF1);
      columns.push(column);
      return (score) => count(column, score);
    },
    answers() {
      if (places.size === 0) return undefined;
      const items = { itemIds: [...places.keys()], expected, right, columns, hasClusters: clustered > clusters.size };
      return boardAnswers(items, texts);
    },
  };
}

function emptyColumn(model: string, macroF1: Measurement | undefined): Column {
  return { model, macroF1, scores: [], kinds: [], answers: [], right: [], given: [], fields: new Map() };
}

/** Everything that was counted. */
interface CountedItems extends LabelledItems {
  readonly itemIds: readonly string[];
  readonly hasClusters: boolean;
}

function boardAnswers({ itemIds, hasClusters, ...items }: CountedItems, texts: Texts): BoardAnswers | undefined {
  const { columns, right, expected } = items;
  const labels = labelOrder(items, texts);
  // The right label; where several are right, whatever the task expects.
  const expectedAt = (place: number): number | undefined => {
    const label = right[place];
    const isOne = columns.every((column) => (column.right[place] ?? -1) === -1 || column.right[place] === label);
    return label === -1 || !isOne ? expected[place] : label;
  };
  const agreement = itemAgreement(columns, {
    itemIds,
    expectedOf: (place) => texts.textOf(expectedAt(place) ?? -1),
    textOf: (number) => texts.textOf(number),
  });
  const byField = columns.flatMap(fieldsOf);
  if (labels.length === 0 && agreement === undefined && byField.length === 0) return undefined;
  const byLabel = (labels.length === 0 ? [] : columns).map((column) => {
    const answered = labelledAnswers(column, right, texts);
    const known = knownShare(column.macroF1);
    return modelLabels(column.model, rowsOf(answered, labels), labels, { ...answered, known });
  });
  return { labels, byLabel, hasClusters, agreement, byField };
}

function countFields(fields: Column['fields'], metrics: StoredScore['metrics']): void {
  for (const [name, value] of Object.entries(metrics)) {
    if (!name.startsWith(fieldPrefix)) continue;
    const path = name.slice(fieldPrefix.length);
    const own = fields.get(path) ?? { right: 0, items: 0 };
    own.right += value;
    own.items += 1;
    fields.set(path, own);
  }
}

function fieldsOf({ model, fields }: Column): readonly ModelFields[] {
  if (fields.size === 0) return [];
  return [
    {
      model,
      fields: Array.from(fields, ([path, { right, items }]) => ({
        path,
        right,
        items,
        interval: wilsonInterval(right, items),
      })),
    },
  ];
}

interface LabelledItems {
  /** Completed here: an answer that was cut or failed may not say which label was the right one. */
  readonly right: number[];
  readonly expected: readonly number[];
  readonly columns: readonly Column[];
}

/** Right labels by how often, then those that were only given; none where answers are no labels. */
function labelOrder({ right, expected, columns }: LabelledItems, texts: Texts): readonly string[] {
  const labels = new Set(right.filter((number) => number !== -1));
  if (labels.size === 0 || labels.size > maxLabels) return [];
  const counts = new Map<number, number>();
  for (const [place, number] of right.entries()) {
    const text = expected[place] ?? -1;
    const label = number === -1 && labels.has(text) ? text : number;
    right[place] = label;
    if (label !== -1) counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  const given = new Set(columns.flatMap((column) => [...new Set(column.given)]));
  const byText = (numbers: Iterable<number>): readonly string[] =>
    Array.from(numbers, (number) => texts.textOf(number)).toSorted();
  const rightOnes = Array.from(counts, ([number, count]) => ({ text: texts.textOf(number), count }))
    .toSorted((left, other) => other.count - left.count || (left.text < other.text ? -1 : 1))
    .map(({ text }) => text);
  return [...rightOnes, ...byText([...given].filter((number) => number !== -1 && !counts.has(number)))];
}

/** The answers of a model with a right label, item by item. */
interface Labelled {
  readonly gold: string[];
  readonly predicted: (string | undefined)[];
  /** Why none was given; `answer` where one was. */
  readonly kinds: Kind[];
}

function labelledAnswers({ right: own, given, kinds }: Column, right: readonly number[], texts: Texts): Labelled {
  const labelled: Labelled = { gold: [], predicted: [], kinds: [] };
  for (const [place, kind] of kinds.entries()) {
    const label = own[place] === undefined || own[place] === -1 ? (right[place] ?? -1) : own[place];
    // Holes: items that other models have.
    if (kind === undefined || label === -1) continue;
    const answer = kind === 'answer' ? (given[place] ?? -1) : -1;
    labelled.gold.push(texts.textOf(label));
    labelled.predicted.push(answer === -1 ? undefined : texts.textOf(answer));
    labelled.kinds.push(kind === 'answer' && answer === -1 ? 'unread' : kind);
  }
  return labelled;
}

function knownShare(macroF1: Measurement | undefined): CountedShare | undefined {
  if (macroF1 === undefined || macroF1.status === 'unavailable' || macroF1.interval === undefined) return undefined;
  return { value: macroF1.value, interval: macroF1.interval };
}

function rowsOf({ gold, predicted, kinds }: Labelled, labels: readonly string[]): readonly ConfusionRow[] {
  const rows = new Map(
    labels.map((label) => [label, { given: new Map<string, number>(), items: 0, unread: 0, cut: 0, failed: 0 }]),
  );
  for (const [index, kind] of kinds.entries()) {
    const row = rows.get(gold[index] ?? '');
    if (row === undefined) continue;
    row.items += 1;
    const name = predicted[index];
    if (kind !== 'answer') row[kind] += 1;
    else if (name !== undefined) row.given.set(name, (row.given.get(name) ?? 0) + 1);
  }
  return Array.from(rows, ([label, row]) => ({
    label,
    ...row,
    given: labels.flatMap((name): (readonly [string, number])[] => {
      const count = row.given.get(name);
      return count === undefined ? [] : [[name, count]];
    }),
  })).filter(({ items }) => items > 0);
}
