import { countText, percentText } from '../../core/amount-text.ts';
import type { ResolvedTask } from '../../core/task-definition.ts';
import { wilsonInterval } from '../../stats/score-interval.ts';
import { type RowParts, rowParts, someOf, valueOf } from './checked-rows.ts';
import { visible } from './check-targets.ts';
import { type LabelledText, wordsRight } from './word-classifier.ts';

/** What answers the task without a language model. */
export interface OwnBaselines {
  /** Accuracy by name: `majority`, `longest`, `shortest`, `words`; those that the kind of answer has. */
  readonly accuracies: Readonly<Record<string, number>>;
  /** What they mean for the user, one sentence each. */
  readonly notes: readonly string[];
}

type Row = RowParts<{ readonly values: Readonly<Record<string, unknown>> }>;

/** Of more rows, so many are classified by their words. */
const mostClassified = 20_000;

/**
 * What answers without a language model score, each right or wrong:
 *
 * - `majority`: the answer that is right most often, always: label, position of a choice, text (to the letter), number, or
 *   that there is none.
 * - `longest`, `shortest`: of choices, that with most or fewest characters, the first of equals.
 * - `words`: naive Bayes over the input's words, cross-validated (`wordsRight`); labels only.
 *
 * None is an upper bound of what can be had without a language model. Rows that don't fit the task are left out.
 * Deterministic; linear in the data.
 */
export function ownBaselines(
  definition: ResolvedTask,
  rows: readonly { readonly values: Readonly<Record<string, unknown>> }[],
): OwnBaselines {
  const parts = rows
    .map((row) => rowParts(definition, row))
    .filter(({ input, right }) => valueOf(input) !== undefined && valueOf(right) !== undefined);
  const majority = parts.length === 0 ? undefined : majorityOf(definition, parts);
  if (majority === undefined) return { accuracies: {}, notes: [] };
  const others = [...lengthBaselines(definition, parts), ...wordBaseline(definition, parts, majority.accuracy)];
  return {
    accuracies: Object.fromEntries<number>([
      ['majority', majority.accuracy],
      ...others.map(({ name, accuracy }) => [name, accuracy] as const),
    ]),
    notes: [...majority.notes, ...others.flatMap(({ note }) => (note === undefined ? [] : [note]))],
  };
}

interface Baseline {
  readonly name: string;
  readonly accuracy: number;
  readonly note: string | undefined;
}

/** Answers that are right for a row, each once, as texts. */
function rightOf({ answer }: ResolvedTask, { right }: Row): readonly string[] {
  const known = valueOf(right);
  if (known === undefined) return [];
  if (answer === 'choice') return [...new Set(known.positions)].map(String);
  // A number's text is its value: 1.50 and 1.5 are one.
  if (answer === 'number') return [known.expected];
  return known.texts.length === 0 ? [known.expected] : [...new Set(known.texts)];
}

function majorityOf(
  definition: ResolvedTask,
  rows: readonly Row[],
): { readonly accuracy: number; readonly notes: readonly string[] } | undefined {
  const { answer, target } = definition;
  if (target === undefined || answer === 'json' || answer === 'free') return undefined;
  const counts = new Map<string, number>();
  for (const row of rows) for (const text of rightOf(definition, row)) counts.set(text, (counts.get(text) ?? 0) + 1);
  const [first] = [...counts].toSorted(([, left], [, right]) => right - left);
  if (first === undefined) return undefined;
  const [text, count] = first;
  const accuracy = count / rows.length;
  // Of answers that are all different, the commonest says nothing.
  if (count < 2) return { accuracy, notes: [] };
  const what = answer === 'choice' ? `choice ${Number(text) + 1}` : visible(text);
  return {
    accuracy,
    notes: [`always answering ${what} is right in ${percentText(accuracy)} of ${countText(rows.length)} rows`],
  };
}

function lengthBaselines({ answer }: ResolvedTask, rows: readonly Row[]): readonly Baseline[] {
  if (answer !== 'choice') return [];
  const chance = rows.reduce((sum, row) => sum + chanceOf(row), 0) / rows.length;
  return [
    { name: 'longest', sign: 1 },
    { name: 'shortest', sign: -1 },
  ].map(({ name, sign }) => {
    const right = rows.filter((row) => {
      const lengths = (valueOf(row.choices)?.texts ?? []).map((text) => sign * Array.from(text).length);
      return valueOf(row.right)?.positions.includes(lengths.indexOf(Math.max(...lengths))) === true;
    }).length;
    const accuracy = right / rows.length;
    const isTelling = wilsonInterval(right, rows.length).low > chance;
    return {
      name,
      accuracy,
      note: isTelling
        ? `the ${name} choice is right in ${percentText(accuracy)} of ${countText(rows.length)} rows, more often than chance (${percentText(chance)}): the choices give something away`
        : undefined,
    };
  });
}

function chanceOf(row: Row): number {
  const count = valueOf(row.choices)?.texts.length ?? 1;
  return new Set(valueOf(row.right)?.positions).size / count;
}

function wordBaseline({ answer }: ResolvedTask, rows: readonly Row[], majority: number): readonly Baseline[] {
  if (answer !== 'label') return [];
  const texts = someOf(rows, mostClassified).flatMap((row): readonly LabelledText[] => {
    const [label] = valueOf(row.right)?.texts ?? [];
    const text = valueOf(row.input);
    return label === undefined || text === undefined ? [] : [{ text, label }];
  });
  const right = wordsRight(texts);
  if (right === undefined) return [];
  const accuracy = right / texts.length;
  const isTelling = wilsonInterval(right, texts.length).low > majority;
  const note = `words alone reach ${accuracy.toFixed(2)} (naive Bayes, cross-validated on ${countText(texts.length)} rows): is a language model needed?`;
  return [{ name: 'words', accuracy, note: isTelling ? note : undefined }];
}
