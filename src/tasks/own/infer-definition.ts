import type { AnswerKind, TaskDefinition } from '../../core/task-definition.ts';
import { placesText, shortList } from '../../core/row-places.ts';
import { visible } from './check-targets.ts';
import { columnFacts, type ColumnFacts, nameWords } from './column-facts.ts';
import { valueText } from './column-value.ts';
import { inferAnswer, type InferredAnswer, labelsOf } from './infer-answer.ts';
import {
  choiceTargets,
  findChoices,
  type InferredChoices,
  type UnreadChoices,
  unreadChoices,
} from './infer-choices.ts';
import { contextColumn } from './infer-context.ts';
import { inferDecimal } from './infer-decimal.ts';
import { chooseInput, chooseTarget, hasTellingName } from './infer-columns.ts';
import type { LabelSpelling } from './label-spelling.ts';

interface InferredRow {
  readonly values: Readonly<Record<string, unknown>>;
  /** Where it is, if it is in a file. */
  readonly file?: string | undefined;
  readonly line?: number | undefined;
}

/** A table without its files. */
export interface InferredFrom {
  readonly columns: readonly string[];
  readonly rows: readonly InferredRow[];
  /** Why the names of the columns may be a first row, as a clause; undefined where they are no row. */
  readonly headingDoubt?: string | undefined;
}

/** What the data say of what a definition leaves out. */
export interface InferredTask {
  readonly input: string;
  /** Undefined only for `free` answers, which a scorer of the user's own may judge without one. */
  readonly target: string | undefined;
  readonly answer: AnswerKind;
  readonly labels: readonly string[] | undefined;
  readonly choices: string | readonly string[] | undefined;
  /** Number of the first choice, where the targets are such numbers. */
  readonly firstChoice?: 0 | 1 | undefined;
  /** The column whose values tell all rows apart and whose name says so; undefined where there is none, or several. */
  readonly id?: string | undefined;
  /** Sign before the fraction of numbers in the target, where that is no point. */
  readonly decimal?: ',' | undefined;
  /** The column of texts that the inputs are about, which the default prompt shows before them. */
  readonly context?: string | undefined;
  /** What was inferred and from what, one sentence each. */
  readonly notes: readonly string[];
}

/** A doubt that only the user can settle. */
export interface InferenceDoubt {
  readonly key: 'input' | 'target' | 'answer' | 'choices' | 'firstChoice';
  readonly question: string;
  /** Empty where no column could be it. */
  readonly candidates: readonly string[];
  /** What to do, where that is to change the data; where there are no candidates, the question says what is wrong. */
  readonly remedy?: string | undefined;
}

const quoted = (name: string): string => `\`${name}\``;

interface Target {
  readonly column: ColumnFacts;
  /** Undefined where the user named it. */
  readonly because: string | undefined;
}

/** Infers columns, kind of answer and labels; a doubt is returned, not guessed. */
export function inferDefinition(written: TaskDefinition, table: InferredFrom): InferredTask | InferenceDoubt {
  const all = table.columns.map((name) => columnFacts(name, table.rows));
  const { headingDoubt } = table;
  const areNamed = written.input !== undefined && written.target !== undefined;
  if (headingDoubt !== undefined && !areNamed && !hasTellingName(all)) return noHeading(headingDoubt);
  const choices = writtenChoices(written) ?? findChoices(all);
  const taken = new Set([...(choices?.columns ?? []), written.id, written.cluster]);
  const open = all.filter(({ name }) => !taken.has(name));
  const context = contextColumn(written, open);
  const free = open.filter((column) => column !== context);
  const unread = choices === undefined && written.answer === undefined ? unreadChoices(free) : undefined;
  if (unread !== undefined && ![written.input, written.target].includes(unread.column)) return unreadDoubt(unread);
  const input = inputOf(written, free, all);
  if ('question' in input) return input;
  const target = targetOf(
    written,
    free.filter((column) => column !== input.column),
    all,
    takenAs(written, choices),
  );
  if (target !== undefined && 'question' in target) return target;
  const kind = answerOf(written, target?.column, choices, table.rows);
  if ('question' in kind) return kind;
  const { answer } = kind;
  const others = free.filter((column) => column !== input.column && column !== target?.column);
  const id = written.id === undefined ? idColumn(others, table.rows.length) : undefined;
  const labels = answer === 'label' && target !== undefined ? labelsOf(target.column) : [];
  const numbers = answer === 'number' && target !== undefined ? inferDecimal(written, target.column) : undefined;
  return {
    input: input.column.name,
    target: target?.column.name,
    answer,
    labels: answer === 'label' ? (written.labels ?? labels.map(({ label }) => label)) : undefined,
    choices: answer === 'choice' ? choices?.choices : undefined,
    ...(kind.firstChoice !== undefined && { firstChoice: kind.firstChoice }),
    ...(id !== undefined && { id }),
    ...(numbers?.decimal === ',' && { decimal: ',' as const }),
    ...(context !== undefined && { context: context.name }),
    notes: [
      ...(input.because === undefined ? [] : [`input: column ${quoted(input.column.name)} (${input.because})`]),
      ...(target === undefined ? [] : targetNotes(written, target, kind, labels)),
      ...(answer === 'choice' && written.choices === undefined && choices !== undefined ? [choices.because] : []),
      ...(id === undefined ? [] : [`id: column ${quoted(id)} (its name, and no two rows share a value)`]),
      ...(numbers?.notes ?? []),
      ...(context === undefined
        ? []
        : [`prompt: column ${quoted(context.name)} (its name) stands before the question`]),
    ],
  };
}

const idNames: ReadonlySet<string> = new Set(['id', 'uid', 'uuid', 'guid']);

/** Ids of the user's own outlast edits of the rows, which a hash of a row doesn't. */
function idColumn(columns: readonly ColumnFacts[], rows: number): string | undefined {
  const found = columns.filter(
    ({ name, values }) =>
      idNames.has(nameWords(name).at(-1) ?? '') &&
      values.length === rows &&
      values.every((value) => typeof value !== 'object') &&
      new Set(values.map((value) => valueText(value).trim())).size === rows,
  );
  const [first, ...others] = found;
  const whole = found.find(({ name }) => idNames.has(name.toLowerCase()));
  return (others.length === 0 ? first : whole)?.name;
}

function writtenChoices({ choices }: TaskDefinition): InferredChoices | undefined {
  if (choices === undefined) return undefined;
  return { choices, columns: [choices].flat(), because: 'named' };
}

function noHeading(doubt: string): InferenceDoubt {
  return {
    key: 'input',
    question: doubt,
    candidates: [],
    remedy:
      'Add a line with names of the columns above it, such as text,label; where these are names, say --input and --target.',
  };
}

/** What columns are that can be neither input nor target. */
function takenAs({ id, cluster }: TaskDefinition, choices: InferredChoices | undefined): readonly string[] {
  return [
    ...(choices === undefined ? [] : ['a choice']),
    ...(id === undefined ? [] : ['an id']),
    ...(cluster === undefined ? [] : ['the cluster']),
  ];
}

function unreadDoubt({ column, because }: UnreadChoices): InferenceDoubt {
  return {
    key: 'choices',
    question: `column ${quoted(column)} looks like the choices of each row (${because}), which can't be read so`,
    candidates: [],
    remedy:
      'Write each cell as a JSON list, such as ["red", "blue"], or give each choice a column of its own; if these are no choices, say what the answer is with --answer.',
  };
}

function factsOf(name: string | undefined, all: readonly ColumnFacts[]): Target | undefined {
  const column = all.find((each) => each.name === name);
  return column && { column, because: undefined };
}

function inputOf(
  written: TaskDefinition,
  free: readonly ColumnFacts[],
  all: readonly ColumnFacts[],
): Target | InferenceDoubt {
  const given = factsOf(written.input, all);
  if (given !== undefined) return given;
  const chosen = chooseInput(
    written,
    free.filter(({ name }) => name !== written.target),
  );
  if ('column' in chosen) return chosen;
  return { key: 'input', question: 'Which column is the input?', candidates: chosen.candidates };
}

function targetOf(
  written: TaskDefinition,
  free: readonly ColumnFacts[],
  all: readonly ColumnFacts[],
  taken: readonly string[],
): Target | InferenceDoubt | undefined {
  const given = factsOf(written.target, all);
  if (given !== undefined) return given;
  const chosen = chooseTarget(free, taken);
  if ('column' in chosen) return chosen;
  if (written.answer === 'free') return undefined;
  return { key: 'target', question: 'Which column is the right answer?', candidates: chosen.candidates };
}

interface Kind {
  readonly answer: AnswerKind;
  /** Undefined where the user said it. */
  readonly because: string | undefined;
  readonly firstChoice?: 0 | 1 | undefined;
}

function answerOf(
  written: TaskDefinition,
  target: ColumnFacts | undefined,
  choices: InferredChoices | undefined,
  rows: InferredFrom['rows'],
): Kind | InferenceDoubt {
  const { answer, labels } = written;
  if (target !== undefined && choices !== undefined && (answer === 'choice' || written.choices !== undefined))
    return asChoice(written, target, choices, rows);
  if (answer !== undefined) return { answer, because: undefined };
  if (labels !== undefined) return { answer: 'label', because: undefined };
  if (target === undefined) return { answer: 'free', because: undefined };
  const inferred = inferAnswer(target);
  if (choices !== undefined) return choiceOrOther(written, target, choices, rows, inferred);
  return settled(target, inferred);
}

function settled({ name }: ColumnFacts, { kinds, because }: InferredAnswer): Kind | InferenceDoubt {
  const [first, ...others] = kinds;
  if (others.length === 0) return { answer: first, because };
  const question = `What does a model answer with, as in column ${quoted(name)} (${because})?`;
  return { key: 'answer', question, candidates: kinds };
}

/** Choices that the user named, or agreed to: only from where they are counted may be open. */
function asChoice(
  { firstChoice: given }: TaskDefinition,
  { name }: ColumnFacts,
  { choices }: InferredChoices,
  rows: InferredFrom['rows'],
): Kind | InferenceDoubt {
  const firstChoice = given ?? choiceTargets(rows, name, choices).firstChoice;
  if (firstChoice !== 'unknown') return { answer: 'choice', because: undefined, firstChoice };
  const question = `Is the first choice number 0 or 1 in column ${quoted(name)}?`;
  return { key: 'firstChoice', question, candidates: ['0', '1'] };
}

/** Columns that look like choices are some only if every target is one of them. */
function choiceOrOther(
  written: TaskDefinition,
  target: ColumnFacts,
  choices: InferredChoices,
  rows: InferredFrom['rows'],
  inferred: InferredAnswer,
): Kind | InferenceDoubt {
  const { areChoices, odd } = choiceTargets(rows, target.name, choices.choices);
  if (areChoices) {
    const found = asChoice(written, target, choices, rows);
    if ('question' in found) return found;
    const counted = found.firstChoice === undefined ? 'the text or letter' : `the number from ${found.firstChoice} on`;
    return { ...found, because: `${counted} of one of the choices` };
  }
  return {
    key: 'answer',
    question: `Column ${quoted(target.name)} isn't always one of the choices${oddText(odd, target.name)}. What does a model answer with?`,
    candidates: ['choice', ...inferred.kinds],
    remedy:
      'Repair these rows; or say it with --answer, or with `answer:` in a task file: with choice they are errors, which --skip-invalid leaves out.',
  };
}

const shownRows = 3;

/** Where odd values are, and what they are: ` (t.csv:7 and 9: "E", "F")`. */
function oddText(rows: readonly InferredRow[], column: string): string {
  const places = rows.flatMap(({ file, line }) => (file === undefined || line === undefined ? [] : [{ file, line }]));
  const values = rows.map((row) => valueText(row.values[column]));
  if (places.length === 0) return '';
  const shown = shortList(
    [...new Set(values)].map((value) => visible(value)),
    shownRows,
  );
  return ` (${placesText(places, shownRows)}: ${shown})`;
}

/** Labels that a note names; the rest are counted. */
const shownLabels = 10;

function targetNotes(
  written: TaskDefinition,
  { column, because }: Target,
  kind: Kind,
  labels: readonly LabelSpelling[],
): readonly string[] {
  const isInferred = kind.because !== undefined || (kind.answer === 'label' && written.labels === undefined);
  if (because === undefined && !isInferred) return [];
  const from = because === undefined ? '' : ` (${because})`;
  return [
    `target: column ${quoted(column.name)}${from}, ${answerText(written, kind, labels)}`,
    ...(kind.answer === 'label' && written.labels === undefined ? spellingNotes(labels) : []),
  ];
}

function answerText(
  { labels: given }: TaskDefinition,
  { answer, because }: Kind,
  labels: readonly LabelSpelling[],
): string {
  const reason = because === undefined ? '' : ` (${because})`;
  if (answer !== 'label') return `${answerNames[answer]}${reason}`;
  if (given !== undefined) return `${given.length} labels`;
  const shown = labels.slice(0, shownLabels).map(({ label, count }) => `${label} (${count})`);
  const left = labels.length - shown.length;
  const counted = `${labels.length} label${labels.length === 1 ? '' : 's'}`;
  return `${counted}: ${shown.join(', ')}${left > 0 ? ` and ${left} more` : ''}`;
}

const answerNames: Readonly<Record<Exclude<AnswerKind, 'label'>, string>> = {
  choice: 'one of the choices',
  text: 'a text',
  number: 'a number',
  json: 'JSON',
  free: 'any text',
};

/** Other spellings of a label are the label, which must be said. */
function spellingNotes(labels: readonly LabelSpelling[]): readonly string[] {
  return labels.flatMap(({ label, spellings }) => {
    // The spaces around a text are seen by nobody; only what is written in another way is.
    const others = spellings.filter(({ text }) => text !== label);
    if (others.length === 0) return [];
    const listed = others.slice(0, shownLabels).map(({ text, count }) => `${JSON.stringify(text)} (${count})`);
    return [`label ${JSON.stringify(label)} is also spelled ${listed.join(', ')}: they count as one`];
  });
}
