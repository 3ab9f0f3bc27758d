import type { ChatMessage } from '../../core/engine.ts';
import { type ChatTemplate, compileChatTemplate, type TemplateArguments } from '../chat-template.ts';
import { openedShape, type ThoughtShape } from '../../core/thought-shapes.ts';

/** A variable of a chat template that turns thinking on and off. */
export interface ThinkingSwitch {
  readonly variable: string;
  readonly on: TemplateArguments;
  readonly off: TemplateArguments;
}

/** A variable that takes a word for how hard the model thinks. */
export interface EffortSwitch {
  readonly variable: string;
  /** Whether the template knows a word: one that it ignores, or throws at, it doesn't. */
  readonly knows: (word: string) => boolean;
}

/** What a chat template says of thinking. */
export interface TemplateThinking {
  /** Undefined where nothing turns it off. */
  readonly toggle: ThinkingSwitch | undefined;
  readonly effort: EffortSwitch | undefined;
  /** Name of the variable that takes a budget in tokens. */
  readonly budget: string | undefined;
  /** Shape of the block that a prompt ends inside of, under these variables. */
  readonly opened: (templateArgs?: TemplateArguments) => ThoughtShape | undefined;
}

const toggleVariables = ['enable_thinking', 'thinking', 'enable_reasoning', 'add_thinking', 'reasoning', 'think'];
const effortVariables = ['reasoning_effort', 'thinking_effort', 'reasoning_mode', 'effort'];
const budgetVariables = ['thinking_budget', 'reasoning_budget'];
/** A word that no template has. */
const noWord = 'perbench-unknown';

const conversations: readonly (readonly ChatMessage[])[] = [
  [{ role: 'user', content: 'Hi' }],
  [
    { role: 'system', content: 'You help.' },
    { role: 'user', content: 'Hi' },
  ],
];

/** All conversations as rendered; what throws is part of the result. */
function renderings(template: ChatTemplate, templateArgs: TemplateArguments): readonly string[] {
  return conversations.map((messages) => {
    try {
      return template(messages, templateArgs);
    } catch (error) {
      return `threw: ${String(error)}`;
    }
  });
}

function mentions(source: string, variable: string): boolean {
  return new RegExp(`\\b${variable}\\b`).test(source);
}

function isSame(left: readonly string[], right: readonly string[]): boolean {
  return left.every((text, index) => text === right[index]);
}

function isWhole(texts: readonly string[]): boolean {
  return texts.some((text) => !text.startsWith('threw: '));
}

/** A variable counts where the source has it and two values of it give two texts. */
function decides(template: ChatTemplate, source: string, variable: string, values: readonly unknown[]): boolean {
  if (!mentions(source, variable)) return false;
  const [first = [], ...others] = values.map((value) => renderings(template, { [variable]: value }));
  return [first, ...others].every(isWhole) && others.some((texts) => !isSame(first, texts));
}

function findToggle(template: ChatTemplate, source: string): ThinkingSwitch | undefined {
  const variable = toggleVariables.find((name) => decides(template, source, name, [true, false]));
  if (variable !== undefined) return { variable, on: { [variable]: true }, off: { [variable]: false } };
  // Templates with words for it may have one for not at all.
  const byWord = effortVariables.find(
    (name) => hasWord(source, 'none') && decides(template, source, name, ['high', 'none']),
  );
  return byWord === undefined ? undefined : { variable: byWord, on: {}, off: { [byWord]: 'none' } };
}

function hasWord(source: string, word: string): boolean {
  return source.includes(`'${word}'`) || source.includes(`"${word}"`);
}

function findEffort(template: ChatTemplate, source: string): EffortSwitch | undefined {
  // Of the usual words a template may refuse some.
  const variable = effortVariables.find((name) => {
    if (!mentions(source, name)) return false;
    const texts = ['none', 'low', 'medium', 'high'].map((word) => renderings(template, { [name]: word }));
    return texts.some(isWhole) && new Set(texts.map((each) => JSON.stringify(each))).size > 1;
  });
  if (variable === undefined) return undefined;
  return {
    variable,
    knows(word) {
      const texts = renderings(template, { [variable]: word });
      if (!isWhole(texts)) return false;
      return hasWord(source, word) || !isSame(texts, renderings(template, { [variable]: noWord }));
    },
  };
}

/**
 * Finds out what a chat template's variables do to thinking, by looking for them in its source and by rendering it with
 * their values.
 *
 * @param source of the template; one that can't be compiled has no variables
 */
export function readTemplateThinking(source: string, special = { bos: '', eos: '' }): TemplateThinking {
  let template: ChatTemplate;
  try {
    template = compileChatTemplate(source, special);
  } catch {
    // The requests that need it say why.
    return { toggle: undefined, effort: undefined, budget: undefined, opened: () => undefined };
  }
  return {
    toggle: findToggle(template, source),
    effort: findEffort(template, source),
    budget: budgetVariables.find((name) => decides(template, source, name, [512, 4096])),
    opened: (templateArgs = {}) =>
      openedShape(renderings(template, templateArgs).find((text) => !text.startsWith('threw: ')) ?? ''),
  };
}

/** The variable that turns thinking on and off in a chat template. */
export function findThinkingSwitch(source: string): ThinkingSwitch | undefined {
  return readTemplateThinking(source).toggle;
}
