import type { ChatMessage, PromptStyle } from '../../core/engine.ts';
import { nearestName } from '../../core/nearest-name.ts';
import type { OwnRecord, ResolvedTask } from '../../core/task-definition.ts';
import type { GenerationPrompt } from '../../core/task.ts';
import { choiceLetter } from '../read-letter.ts';
import { promptAfter } from '../task-parts.ts';
import { plainValue } from './column-value.ts';
import { rowError } from './row-error.ts';
import { type RowFacts, rowFacts } from './row-facts.ts';
import { settingError, type SettingSource } from './setting-error.ts';
import { type PromptTemplate, promptTemplate, trailingBreaks, trailingSpace } from './template.ts';

export interface OwnPrompts {
  /**
   * Checks that the templates can be rendered for a row.
   *
   * @throws {z.ZodError} if the row lacks what they name
   * @throws {ConfigError} if they name what no row has, or can't be rendered
   */
  check(record: OwnRecord): void;
  /** @param shots examples that each style shows, of those that are given */
  prompt(
    record: OwnRecord,
    examples: readonly OwnRecord[],
    shots: Readonly<Record<PromptStyle, number>>,
  ): GenerationPrompt;
}

interface Templates {
  readonly plain: PromptTemplate;
  readonly chat: PromptTemplate;
  readonly system: PromptTemplate | undefined;
}

/** Names that templates have beside the columns; a column of the same name comes first, except where `wins` says so. */
function ownNames({ answer, score, unanswerable }: ResolvedTask): {
  readonly wins: readonly string[];
  readonly others: readonly string[];
} {
  return {
    wins: ['row', ...(answer === 'label' ? ['labels'] : []), ...(answer === 'choice' ? ['choices'] : [])],
    others: [
      'input',
      'transcript',
      ...(answer === 'choice' ? ['letters'] : []),
      ...(score.kind === 'json' && score.schema !== undefined ? ['schema'] : []),
      ...(unanswerable === undefined ? [] : ['unanswerable']),
    ],
  };
}

/**
 * Prompts of a task from its templates.
 *
 * @param columns of the data, where they are known already
 * @throws {ConfigError} if a template can't be read, shows the right answer, or names what there is not
 */
export function ownPrompts(
  definition: ResolvedTask,
  file: SettingSource,
  columns: readonly string[] | undefined,
): OwnPrompts {
  const { system, prompt } = definition;
  const templates: Templates = {
    plain: promptTemplate(prompt.plain, { file, key: 'prompt.plain', trailing: trailingSpace }),
    chat: promptTemplate(prompt.chat, { file, key: 'prompt.chat', trailing: trailingBreaks }),
    system:
      system === undefined ? undefined : promptTemplate(system, { file, key: 'system', trailing: trailingBreaks }),
  };
  // Plain prompts alone are shown where continuations are scored.
  const { plain, chat, system: said } = templates;
  const used = [plain, ...(definition.by === 'likelihood' ? [] : [chat]), ...(said === undefined ? [] : [said])];
  for (const template of used) {
    refuseTarget(definition, file, template);
    if (columns !== undefined)
      for (const path of template.names) checkName(definition, file, template.key, path, columns);
  }
  const takesTranscript = chat.names.some(([name]) => name === 'transcript');
  const ask = (record: OwnRecord, facts: RowFacts, style: PromptStyle): string =>
    templates[style].render(variables(definition, record, facts, inputOf(facts, style, takesTranscript)), record.id);
  const saying = (record: OwnRecord, facts: RowFacts): string | undefined =>
    said?.render(variables(definition, record, facts, facts.input.text), record.id);
  const turns = (record: OwnRecord, facts: RowFacts): readonly ChatMessage[] => {
    const before = takesTranscript ? [] : (facts.input.messages ?? []).slice(0, -1);
    return [...before, { role: 'user', content: ask(record, facts, 'chat') }];
  };
  const chatOf = (record: OwnRecord, examples: readonly OwnRecord[]): readonly ChatMessage[] => {
    const facts = rowFacts(definition, record);
    const own = turns(record, facts);
    const content = own.some(({ role }) => role === 'system') ? undefined : saying(record, facts);
    const shown = examples.flatMap((example): readonly ChatMessage[] => {
      const known = rowFacts(definition, example);
      const asked = turns(example, known).filter(({ role }) => role !== 'system');
      return [...asked, { role: 'assistant', content: known.right.shown }];
    });
    const front =
      content === undefined ? own.filter(({ role }) => role === 'system') : [{ role: 'system' as const, content }];
    return [...front, ...shown, ...own.filter(({ role }) => role !== 'system')];
  };
  const plainOf = (record: OwnRecord, examples: readonly OwnRecord[]): string => {
    const { plain: text } = promptAfter(record, examples, {
      plain: (each) => ask(each, rowFacts(definition, each), 'plain'),
      chat: () => '',
      answer: (each) => rowFacts(definition, each).right.shown,
    });
    const facts = rowFacts(definition, record);
    const own =
      facts.input.messages?.some(({ role }) => role === 'system') === true ? undefined : saying(record, facts);
    return own === undefined ? text : `${own}\n\n${text}`;
  };
  return {
    check(record) {
      const known = columns ?? Object.keys(record.values);
      for (const template of used) {
        for (const path of template.names) {
          checkName(definition, file, template.key, path, known);
          checkValue(definition, record, path);
        }
      }
      const facts = rowFacts(definition, record);
      if (
        !takesTranscript &&
        definition.by === 'generate' &&
        (facts.input.messages?.at(-1)?.role ?? 'user') !== 'user'
      ) {
        throw rowError(
          definition.input,
          'chat messages that end with one of the user (a prompt with {{ transcript }} takes any)',
        );
      }
      for (const template of used) template.render(variables(definition, record, facts, facts.input.text), record.id);
    },
    prompt: (record, examples, shots) => ({
      plain: plainOf(record, examples.slice(0, shots.plain)),
      chat: definition.by === 'likelihood' ? [] : chatOf(record, examples.slice(0, shots.chat)),
    }),
  };
}

/** What a template sees as the input: the whole of it, or, where the messages before are sent as such, the last one. */
function inputOf({ input }: RowFacts, style: PromptStyle, takesTranscript: boolean): string {
  return style === 'plain' || takesTranscript ? input.text : (input.messages?.at(-1)?.content ?? input.text);
}

function variables(
  definition: ResolvedTask,
  { values }: OwnRecord,
  { input, choices }: RowFacts,
  shownInput: string,
): Readonly<Record<string, unknown>> {
  const { labels, score, unanswerable } = definition;
  const row = plainValue(values) as Readonly<Record<string, unknown>>;
  return {
    input: shownInput,
    transcript: input.text,
    ...(choices !== undefined && { letters: choices.texts.map((_, position) => choiceLetter(position)) }),
    ...(score.kind === 'json' && score.schema !== undefined && { schema: JSON.stringify(score.schema) }),
    ...(unanswerable !== undefined && { unanswerable }),
    ...row,
    ...(Object.hasOwn(values, definition.input) && { [definition.input]: shownInput }),
    row,
    ...(labels !== undefined && { labels }),
    ...(choices !== undefined && { choices: choices.texts }),
  };
}

const isName = (column: string): boolean => /^[\p{L}_][\p{L}\p{N}_]*$/u.test(column);

/** A prompt that shows the right answer measures nothing. */
function refuseTarget(
  { target, input, answer }: ResolvedTask,
  file: SettingSource,
  { key, names }: PromptTemplate,
): void {
  if (target === undefined || target === input) return;
  const shadowed = (answer === 'label' && target === 'labels') || (answer === 'choice' && target === 'choices');
  const shows = names.some(
    ([root, part]) => (root === target && !shadowed) || (root === 'row' && (part === target || part === undefined)),
  );
  if (!shows) return;
  throw settingError(
    file,
    key,
    `it shows \`${target}\`, the column with the right answer, to the model`,
    'End the prompt where the answer begins; answers of examples are added by themselves.',
  );
}

function checkName(
  definition: ResolvedTask,
  file: SettingSource,
  key: string,
  [root = '', part]: readonly string[],
  columns: readonly string[],
): void {
  const { wins, others } = ownNames(definition);
  const isRow = root === 'row';
  const name = isRow ? part : root;
  const known = isRow ? columns : [...wins, ...columns.filter(isName), ...others];
  if (name === undefined || known.includes(name)) return;
  const near = nearestName(name, known);
  const shown = isRow ? `row["${name}"]` : name;
  throw settingError(
    file,
    key,
    `there is no \`${shown}\`; columns: ${columns.join(', ')}${isRow ? '' : `; also: ${[...wins, ...others].join(', ')}`}`,
    near === undefined ? 'Name a column, or give a default: {{ name | default("") }}.' : `Did you mean "${near}"?`,
  );
}

/** Rows of JSON may lack what others have, which a template would silently leave out. */
function checkValue(definition: ResolvedTask, { values }: OwnRecord, [root = '', ...parts]: readonly string[]): void {
  const { wins } = ownNames(definition);
  const path = root === 'row' ? parts : wins.includes(root) ? [] : [root, ...parts];
  const [column] = path;
  if (
    column === undefined ||
    (root !== 'row' && !Object.hasOwn(values, column) && ownNames(definition).others.includes(column))
  )
    return;
  let current: unknown = values;
  for (const key of path) {
    if (typeof current !== 'object' || current === null || Array.isArray(current)) return;
    if (!Object.hasOwn(current, key)) {
      const missing = path.length === 1 ? 'there' : `an object with \`${path.slice(1).join('.')}\``;
      throw rowError(column, `${missing}, since the prompt names it without a default`);
    }
    current = (current as Readonly<Record<string, unknown>>)[key];
  }
}
