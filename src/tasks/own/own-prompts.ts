import type { ChatMessage, PromptStyle } from '../../core/engine.ts';
import type { OwnRecord, ResolvedTask } from '../../core/task-definition.ts';
import type { GenerationPrompt } from '../../core/task.ts';
import { promptAfter } from '../task-parts.ts';
import { checkName, checkValue, promptVariables, refuseTarget, requireRow } from './prompt-names.ts';
import { rowError } from './row-error.ts';
import { type RowFacts, rowFacts } from './row-facts.ts';
import type { SettingSource } from './setting-error.ts';
import { type PromptTemplate, promptTemplate, trailingBreaks, trailingSpace } from './template.ts';

export interface OwnPrompts {
  /**
   * Checks that the templates can be rendered for a row.
   *
   * @throws {z.ZodError} if the row lacks what they name
   * @throws {ConfigError} if they name what no row has, or can't be rendered
   */
  check(record: OwnRecord): void;
  /** What the templates take from outside, and in which setting. */
  readonly named: readonly { readonly key: string; readonly path: readonly string[] }[];
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

/** A definition with its templates read. */
interface Prompting {
  readonly definition: ResolvedTask;
  readonly templates: Templates;
  /** Chats are shown to the model as a text, not sent as what was said before. */
  readonly takesTranscript: boolean;
}

function readTemplates({ prompt, system }: ResolvedTask, file: SettingSource): Templates {
  return {
    plain: promptTemplate(prompt.plain, { file, key: 'prompt.plain', trailing: trailingSpace }),
    chat: promptTemplate(prompt.chat, { file, key: 'prompt.chat', trailing: trailingBreaks }),
    system:
      system === undefined ? undefined : promptTemplate(system, { file, key: 'system', trailing: trailingBreaks }),
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
  const templates = readTemplates(definition, file);
  const { plain, chat, system } = templates;
  // Plain prompts alone are shown where continuations are scored.
  const used = [plain, ...(definition.by === 'likelihood' ? [] : [chat]), ...(system === undefined ? [] : [system])];
  for (const template of used) refuseTarget(definition, file, template);
  const named = used.flatMap(({ key, names }) => names.map((path) => ({ key, path })));
  if (columns !== undefined) for (const { key, path } of named) checkName(definition, file, key, path, columns);
  for (const style of definition.by === 'likelihood' ? (['plain'] as const) : (['plain', 'chat'] as const)) {
    const text = `${definition.prompt[style]}${definition.system ?? ''}`;
    requireRow(definition, { file, key: `prompt.${style}` }, text, columns);
  }
  const takesTranscript = chat.names.some(([name]) => name === 'transcript');
  const prompting: Prompting = { definition, templates, takesTranscript };
  return {
    named,
    check(record) {
      for (const { key, path } of named) {
        checkName(definition, file, key, path, columns ?? Object.keys(record.values));
        checkValue(definition, record, path);
      }
      const facts = rowFacts(definition, record);
      checkLastMessage(prompting, facts);
      const variables = promptVariables(definition, record, facts, facts.input.text);
      for (const template of used) {
        const isBlank = template.render(variables, record.id).trim() === '';
        if (isBlank && template !== system)
          throw rowError(definition.input, 'such that the prompt says something (it is nothing but white space)');
      }
    },
    prompt: (record, examples, shots) => ({
      plain: plainPrompt(prompting, record, examples.slice(0, shots.plain)),
      chat: definition.by === 'likelihood' ? [] : chatPrompt(prompting, record, examples.slice(0, shots.chat)),
    }),
  };
}

/** What a template sees as the input: all of it, or the last message where those before it are sent as such. */
function shownInput({ takesTranscript }: Prompting, { input }: RowFacts, style: PromptStyle): string {
  return style === 'plain' || takesTranscript ? input.text : (input.messages?.at(-1)?.content ?? input.text);
}

function asked(prompting: Prompting, record: OwnRecord, facts: RowFacts, style: PromptStyle): string {
  const { definition, templates } = prompting;
  const shown = shownInput(prompting, facts, style);
  return templates[style].render(promptVariables(definition, record, facts, shown), record.id);
}

/** The system message of the definition, where the chat of the row brings none of its own. */
function systemText(prompting: Prompting, record: OwnRecord, facts: RowFacts): string | undefined {
  const { definition, templates, takesTranscript } = prompting;
  if (!takesTranscript && facts.input.messages?.some(isSystem) === true) return undefined;
  return templates.system?.render(promptVariables(definition, record, facts, facts.input.text), record.id);
}

function turns(prompting: Prompting, record: OwnRecord, facts: RowFacts): readonly ChatMessage[] {
  const before = prompting.takesTranscript ? [] : (facts.input.messages ?? []).slice(0, -1);
  return [...before, { role: 'user', content: asked(prompting, record, facts, 'chat') }];
}

const isSystem = ({ role }: ChatMessage): boolean => role === 'system';

function chatPrompt(prompting: Prompting, record: OwnRecord, examples: readonly OwnRecord[]): readonly ChatMessage[] {
  const { definition } = prompting;
  const facts = rowFacts(definition, record);
  const own = turns(prompting, record, facts);
  const content = systemText(prompting, record, facts);
  const shown = examples.flatMap((example): readonly ChatMessage[] => {
    const known = rowFacts(definition, example);
    const said = turns(prompting, example, known).filter((message) => !isSystem(message));
    return [...said, { role: 'assistant', content: known.right.shown }];
  });
  const front: readonly ChatMessage[] = content === undefined ? own.filter(isSystem) : [{ role: 'system', content }];
  return [...front, ...shown, ...own.filter((message) => !isSystem(message))];
}

function plainPrompt(prompting: Prompting, record: OwnRecord, examples: readonly OwnRecord[]): string {
  const { definition } = prompting;
  const { plain } = promptAfter(record, examples, {
    plain: (each) => asked(prompting, each, rowFacts(definition, each), 'plain'),
    chat: () => '',
    answer: (each) => rowFacts(definition, each).right.shown,
  });
  const system = systemText(prompting, record, rowFacts(definition, record));
  return system === undefined ? plain : `${system}\n\n${plain}`;
}

function checkLastMessage({ definition, takesTranscript }: Prompting, { input }: RowFacts): void {
  if (takesTranscript || definition.by === 'likelihood' || input.messages === undefined) return;
  if (input.messages.at(-1)?.role === 'user') return;
  throw rowError(
    definition.input,
    'chat messages that end with one of the user (a prompt with {{ transcript }} takes any)',
  );
}
