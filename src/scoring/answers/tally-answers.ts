import { itemLabels } from '../../core/item-labels.ts';
import type { StoredScore } from '../../core/store.ts';
import { wilsonInterval } from '../../stats/score-interval.ts';
import type { BoardAnswers, ConfusionRow, ListedAnswer, ModelFields } from './board-answers.ts';
import { itemAgreement, type AnswerColumn } from './item-agreement.ts';
import { modelLabels } from './label-figures.ts';

/** With more right labels than this, answers are no labels. */
const maxLabels = 200;
/** More characters of an answer nobody reads in a list. */
const maxText = 80;
/** What begins the names of metrics of single fields. */
const fieldPrefix = 'field:';

/** Counts the answers of one model after the other as their scores stream by. */
export interface AnswerTally {
  /** Begins with the answers of another model. */
  begin(model: string): (score: StoredScore) => void;
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
  readonly model: string;
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

  return {
    begin(model) {
      const column: Column = { model, scores: [], kinds: [], answers: [], given: [], fields: new Map() };
      columns.push(column);
      return (score) => {
        const place = placeOf(score);
        const labels = itemLabels(score);
        if (labels !== undefined) right[place] = texts.numberOf(labels.right);
        const kind = kindOf(score);
        const numberOf = (text: string | undefined): number => (text === undefined ? -1 : texts.numberOf(text));
        column.scores[place] = score.value;
        column.kinds[place] = kind;
        column.answers[place] = numberOf(kind === 'answer' ? (labels?.given ?? score.answer) : undefined);
        column.given[place] = numberOf(labels?.given);
        countFields(column.fields, score.metrics);
        if (columns.length === 1 && score.cluster !== undefined) {
          clusters.add(score.cluster);
          clustered += 1;
        }
      };
    },
    answers() {
      if (places.size === 0) return undefined;
      const labels = labelOrder({ right, expected, columns }, texts);
      const agreement = itemAgreement(columns, {
        itemIds: [...places.keys()],
        expectedOf: (place) => texts.textOf((right[place] === -1 ? expected : right)[place] ?? -1),
        textOf: (number) => texts.textOf(number),
      });
      const byField = columns.flatMap(fieldsOf);
      if (labels.length === 0 && agreement === undefined && byField.length === 0) return undefined;
      const labelled = labels.length === 0 ? [] : columns;
      return {
        labels,
        byLabel: labelled.map((column) => modelLabels(column.model, rowsOf(column, right, labels, texts), labels)),
        hasClusters: clustered > clusters.size,
        agreement,
        byField,
      };
    },
  };
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

function rowsOf(
  { given, kinds }: Column,
  right: readonly number[],
  labels: readonly string[],
  texts: Texts,
): readonly ConfusionRow[] {
  const rows = new Map<
    string,
    { items: number; given: Map<string, number> } & Record<'unread' | 'cut' | 'failed', number>
  >();
  for (const [place, kind] of kinds.entries()) {
    const number = right[place] ?? -1;
    // Holes: items that other models have.
    if (kind === undefined || number === -1) continue;
    const label = texts.textOf(number);
    const row = rows.get(label) ?? { items: 0, given: new Map<string, number>(), unread: 0, cut: 0, failed: 0 };
    rows.set(label, row);
    row.items += 1;
    const answer = given[place] ?? -1;
    if (kind === 'cut' || kind === 'failed') row[kind] += 1;
    else if (kind === 'unread' || answer === -1) row.unread += 1;
    else {
      const name = texts.textOf(answer);
      row.given.set(name, (row.given.get(name) ?? 0) + 1);
    }
  }
  return labels.flatMap((label) => {
    const row = rows.get(label);
    if (row === undefined) return [];
    const { given: counts, ...others } = row;
    return [
      {
        label,
        ...others,
        given: labels.flatMap((name): (readonly [string, number])[] => {
          const count = counts.get(name);
          return count === undefined ? [] : [[name, count]];
        }),
      },
    ];
  });
}
