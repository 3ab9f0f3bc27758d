/** What prompts may name: columns, and a few names of the task's own. */
import { nearestName } from '../../core/nearest-name.ts';
import { namesText } from '../../core/row-places.ts';
import type { OwnRecord, ResolvedTask } from '../../core/task-definition.ts';
import { choiceLetter } from '../read-letter.ts';
import { plainValue } from './column-value.ts';
import { rowError } from './row-error.ts';
import type { RowFacts } from './row-facts.ts';
import { settingError, type SettingSource } from './setting-error.ts';
import type { PromptTemplate } from './template.ts';

/** Values that a prompt may name, by name. */
export interface PromptNames {
  /** Names of the task's own that come before columns. */
  readonly before: Readonly<Record<string, unknown>>;
  /** Those that a column of the same name hides: a data set may well have a column `input` that isn't the input. */
  readonly after: Readonly<Record<string, unknown>>;
}

/** @param shownInput the input as this prompt shows it */
function ownNames(
  { labels, score, unanswerable }: ResolvedTask,
  row: Readonly<Record<string, unknown>>,
  choices: readonly string[] | undefined,
  input: { readonly shown: string; readonly transcript: string },
): PromptNames {
  return {
    before: { row, ...(labels !== undefined && { labels }), ...(choices !== undefined && { choices }) },
    after: {
      input: input.shown,
      transcript: input.transcript,
      ...(choices !== undefined && { letters: choices.map((_, position) => choiceLetter(position)) }),
      ...(score.kind === 'json' && score.schema !== undefined && { schema: JSON.stringify(score.schema) }),
      ...(unanswerable !== undefined && { unanswerable }),
    },
  };
}

function namesOf(definition: ResolvedTask): { readonly before: readonly string[]; readonly after: readonly string[] } {
  const choices = definition.choices === undefined ? undefined : [];
  const { before, after } = ownNames(definition, {}, choices, { shown: '', transcript: '' });
  return { before: Object.keys(before), after: Object.keys(after) };
}

/** Everything that a prompt may name, for one row. */
export function promptVariables(
  definition: ResolvedTask,
  { values }: OwnRecord,
  { input, choices }: RowFacts,
  shown: string,
): Readonly<Record<string, unknown>> {
  const row = plainValue(values) as Readonly<Record<string, unknown>>;
  const { before, after } = ownNames(definition, row, choices?.texts, { shown, transcript: input.text });
  const isColumn = Object.hasOwn(values, definition.input);
  return { ...after, ...row, ...(isColumn && { [definition.input]: shown }), ...before };
}

const isName = (column: string): boolean => /^[\p{L}_][\p{L}\p{N}_]*$/u.test(column);

/**
 * Refuses a prompt that shows the right answer: it would measure nothing.
 *
 * @throws {ConfigError}
 */
export function refuseTarget(definition: ResolvedTask, file: SettingSource, { key, names }: PromptTemplate): void {
  const { target, input } = definition;
  if (target === undefined || target === input) return;
  const isHidden = namesOf(definition).before.includes(target);
  const shows = names.some(
    ([root, part]) => (root === target && !isHidden) || (root === 'row' && (part === target || part === undefined)),
  );
  if (!shows) return;
  throw settingError(
    file,
    key,
    `it shows \`${target}\`, the column with the right answer, to the model`,
    'End the prompt where the answer begins; answers of examples are added by themselves.',
  );
}

/**
 * Refuses a prompt that says the same of every row.
 *
 * @param text of the template, with that of the system message
 * @param columns of the data, where they are known already
 * @throws {ConfigError}
 */
export function requireRow(
  definition: ResolvedTask,
  { file, key }: { readonly file: SettingSource; readonly key: string },
  text: string,
  columns: readonly string[] | undefined,
): void {
  const code = text.match(/\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}/gu) ?? [];
  const words = new Set(code.join(' ').match(/[\p{L}_][\p{L}\p{N}_]*/gu));
  // Any name may be one of a column, as long as these aren't known.
  const isOpen = columns === undefined && words.size > 0;
  const ofRows = ['input', 'row', 'transcript', 'choices', definition.input, ...(columns ?? [])];
  if (isOpen || ofRows.some((name) => words.has(name))) return;
  throw settingError(
    file,
    key,
    'it shows nothing of a row: neither the input nor choices nor a column',
    'Use {{ input }}, or the name of a column.',
  );
}

/** Methods and properties of texts in templates. */
const ofTexts: ReadonlySet<string> = new Set(
  'upper lower strip rstrip lstrip title capitalize startswith endswith split replace length'.split(' '),
);

/** Whether a path takes a part of what is a text in a row, as far as it goes in rows at all. */
export function takesPartOfText(values: Readonly<Record<string, unknown>>, path: readonly string[]): boolean {
  const keys = path[0] === 'row' && !Object.hasOwn(values, 'row') ? path.slice(1) : path;
  let current: unknown = values;
  for (const key of keys) {
    if (typeof current === 'string') return !ofTexts.has(key);
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key)) return false;
    current = (current as Readonly<Record<string, unknown>>)[key];
  }
  return false;
}

/**
 * Refuses a name that is neither a column nor one of the task's own: a template would silently leave it out.
 *
 * @throws {ConfigError} with the nearest name
 */
export function checkName(
  definition: ResolvedTask,
  file: SettingSource,
  key: string,
  [root = '', part]: readonly string[],
  columns: readonly string[],
): void {
  const { before, after } = namesOf(definition);
  const isRow = root === 'row';
  const name = isRow ? part : root;
  const known = isRow ? columns : [...before, ...columns.filter(isName), ...after];
  if (name === undefined || known.includes(name)) return;
  const near = nearestName(name, known);
  const others = isRow ? '' : `; also: ${[...before, ...after].join(', ')}`;
  throw settingError(
    file,
    key,
    `there is no \`${isRow ? `row["${name}"]` : name}\`; columns: ${namesText(columns)}${others}`,
    near === undefined ? 'Name a column, or give a default: {{ name | default("") }}.' : `Did you mean "${near}"?`,
  );
}

/**
 * Refuses rows that lack what the prompt names and others may have: a template would silently leave it out.
 *
 * @throws {z.ZodError} at the column
 */
export function checkValue(definition: ResolvedTask, { values }: OwnRecord, path: readonly string[]): void {
  const [root = '', ...parts] = path;
  const { before, after } = namesOf(definition);
  const keys = root === 'row' ? parts : path;
  const [column] = keys;
  const isOwn = root !== 'row' && (before.includes(root) || (after.includes(root) && !Object.hasOwn(values, root)));
  if (column === undefined || isOwn) return;
  if (takesPartOfText(values, path))
    throw rowError(column, `an object, not a text, since the prompt takes \`${path.join('.')}\` of it`);
  let current: unknown = values;
  for (const key of keys) {
    if (typeof current !== 'object' || current === null || Array.isArray(current)) return;
    if (!Object.hasOwn(current, key)) {
      const missing = keys.length === 1 ? 'there' : `an object with \`${keys.slice(1).join('.')}\``;
      throw rowError(column, `${missing}, since the prompt names it without a default`);
    }
    current = (current as Readonly<Record<string, unknown>>)[key];
  }
}
