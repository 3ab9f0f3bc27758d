import type { TaskDefinition } from '../../core/task-definition.ts';
import { type ColumnFacts, idWords, nameWords } from './column-facts.ts';

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));

/** Names of inputs; those of the second list count only where there is none of the first. */
const inputWords = [
  words(
    'text texts input inputs question prompt message messages document review ticket query sentence content body ' +
      'utterance instruction article comment email tweet conversation conversations problem post transcript sms statement',
  ),
  words('title subject context passage description headline note source request'),
] as const;

const targetWords = [
  words('label labels target targets answer answers category class expected output gold truth reference'),
  words(
    'intent sentiment topic type solution response completion tag rating correct result reply department priority ' +
      'stars translation summary',
  ),
] as const;

/** A column that was chosen, or those between which only the user can choose. */
export type ChosenColumn =
  | { readonly column: ColumnFacts; readonly because: string }
  | { readonly candidates: readonly string[] };

const isTargetName = (name: string): boolean => nameWords(name).some((word) => targetWords[0].has(word));

/** Columns whose names say what they are; of those with such a word the ones whose whole name it is come first. */
function named(columns: readonly ColumnFacts[], tiers: readonly ReadonlySet<string>[]): readonly ColumnFacts[] {
  for (const tier of tiers) {
    const found = columns.filter(({ name }) => nameWords(name).some((word) => tier.has(word)));
    const exact = found.filter(({ name }) => nameWords(name).length === 1);
    if (found.length > 0) return exact.length > 0 ? exact : found;
  }
  return [];
}

const neither: ReadonlySet<ColumnFacts['kind']> = new Set(['empty', 'id', 'date', 'url']);

/** What may be an input or a target at all; a right answer may well be a date, or look like a code. */
function usableColumns(columns: readonly ColumnFacts[]): readonly ColumnFacts[] {
  return columns.filter(({ name, kind }) => !neither.has(kind) || (isTargetName(name) && kind !== 'empty'));
}

/** Columns that the user's own prompts show. */
function inPrompt({ prompt }: TaskDefinition, columns: readonly ColumnFacts[]): readonly ColumnFacts[] {
  if (prompt === undefined) return [];
  const texts = typeof prompt === 'string' ? [prompt] : [prompt.plain, prompt.chat];
  const code = texts.flatMap((text) => text.match(/\{\{.*?\}\}|\{%.*?%\}/gs) ?? []).join(' ');
  const used = new Set(code.match(/[\p{L}_][\p{L}\p{N}_]*/gu) ?? []);
  return columns.filter(({ name }) => used.has(name) || code.includes(`'${name}'`) || code.includes(`"${name}"`));
}

function one(columns: readonly ColumnFacts[], because: string): ChosenColumn | undefined {
  const [column, ...others] = columns;
  if (column === undefined) return undefined;
  return others.length === 0 ? { column, because } : { candidates: columns.map(({ name }) => name) };
}

/** Texts that are both long and different in each row are what a model is to read. */
const weight = ({ meanLength, distinct, values }: ColumnFacts): number => meanLength * (distinct / values.length);

/** One column is the better text only where it is so by this much. */
const clearly = 1.5;

function longestText(columns: readonly ColumnFacts[]): ChosenColumn {
  const texts = columns.filter(({ kind }) => kind === 'text').toSorted((left, right) => weight(right) - weight(left));
  const [best, next] = texts;
  if (best === undefined) return { candidates: columns.map(({ name }) => name) };
  if (next === undefined || weight(best) >= clearly * weight(next)) {
    const because =
      next === undefined ? 'the only column of text that could be it' : 'the longest and most varied text';
    return { column: best, because };
  }
  const equal = texts.filter((column) => weight(best) < clearly * weight(column));
  return { candidates: equal.map(({ name }) => name) };
}

/**
 * The column with the input.
 *
 * @param columns without those that are taken, such as a target that was named
 */
export function chooseInput(written: TaskDefinition, columns: readonly ColumnFacts[]): ChosenColumn {
  const usable = usableColumns(columns);
  const free = usable.filter(({ name }) => !isTargetName(name));
  const chats = free.filter(({ kind }) => kind === 'messages');
  const [chat] = chats;
  if (chat !== undefined && chats.length === 1) return { column: chat, because: 'chat messages' };
  const shown = inPrompt(written, usable);
  const byPrompt = one(shown, 'the only column in the prompt');
  // A prompt of several columns says already what a model reads; the first stands for them all.
  const [first] = named(shown, inputWords).length > 0 ? named(shown, inputWords) : shown;
  if (byPrompt !== undefined && first !== undefined)
    return 'column' in byPrompt ? byPrompt : { column: first, because: 'one of the columns in the prompt' };
  const candidates = free.filter(({ kind }) => kind === 'text' || kind === 'number' || kind === 'object');
  return one(named(candidates, inputWords), 'its name') ?? longestText(free.length > 0 ? free : usable);
}

const excluded: Readonly<Partial<Record<ColumnFacts['kind'], string>>> = {
  empty: 'empty',
  id: 'an id',
  date: 'a date',
  url: 'a URL',
  messages: 'a chat',
};

/** Why a column is the target where no other could be: what the others are. */
function onlyOther(left: readonly ColumnFacts[], taken: readonly string[]): string {
  const kinds = left.flatMap(({ kind }) => excluded[kind] ?? []);
  const others = [...new Set([...kinds, ...taken])];
  return `the only other column${others.length === 0 ? '' : ` that isn't ${others.join(' or ')}`}`;
}

/**
 * The column with the right answer.
 *
 * @param columns without the input
 * @param taken what columns are that aren't among them, such as `a choice`
 */
export function chooseTarget(columns: readonly ColumnFacts[], taken: readonly string[] = []): ChosenColumn {
  const usable = usableColumns(columns).filter(({ kind }) => kind !== 'messages');
  const left = columns.filter((column) => !usable.includes(column));
  const alone = onlyOther(left, taken);
  return (
    one(named(usable, targetWords), usable.length === 1 ? alone : 'its name') ??
    one(usable, alone) ?? { candidates: [] }
  );
}

const rolesOfNames: readonly ReadonlySet<string>[] = [...inputWords, ...targetWords, idWords];

/** Whether any of the names says what its column is: then they are names, not a first row. */
export function hasTellingName(columns: readonly ColumnFacts[]): boolean {
  return columns.some(({ name }) => nameWords(name).some((word) => rolesOfNames.some((words_) => words_.has(word))));
}
