/** How a model is asked, in words: in its name, at the start of a run, and among the differences of two runs. */
import { listParts } from './list-parts.ts';
import { countText } from './amount-text.ts';
import type { ModelSpec, Thinking, ThinkingChoice } from './engine.ts';

/** What is set of a model beside its weights and its engine. */
export type ModelSetting = Pick<ModelSpec, 'thinking' | 'templateArgs' | 'structuredOutput'>;

/** Tokens of thoughts where nobody sets a budget. */
export const defaultThinkingBudget = 1024;

/** Tokens of thoughts that a choice asks for by itself; what `auto` comes to depends on the model. */
export function askedBudget(choice: ThinkingChoice | undefined): number {
  if (choice === undefined || choice === 'auto' || choice === 'off') return 0;
  return (typeof choice === 'object' ? choice.budget : undefined) ?? defaultThinkingBudget;
}

const kibi = 1024;

/** `2k` of 2,048, as such budgets are called. */
function budgetText(tokens: number): string {
  return tokens % kibi === 0 ? `${tokens / kibi}k` : countText(tokens);
}

function thinkingWords(choice: ThinkingChoice): readonly string[] {
  if (choice === 'auto') return [];
  if (choice === 'off') return ['thinking off'];
  if (choice === 'on') return ['thinking'];
  const { budget, effort } = choice;
  return ['thinking', ...(budget === undefined ? [] : [budgetText(budget)]), ...(effort === undefined ? [] : [effort])];
}

/** A name with what is set beside it: `name (thinking, 2k)`; the name alone where nothing is. */
export function nameWith(name: string, words: readonly string[]): string {
  return words.length === 0 ? name : `${name} (${words.join(', ')})`;
}

/** What a model's name is followed by where something is set: ` (thinking, 2k)`; empty where nothing is. */
export function settingSuffix(setting: ModelSetting): string {
  return nameWith('', settingWords(setting));
}

/** What is set, as a name says it. */
export function settingWords({ thinking, templateArgs = {}, structuredOutput }: ModelSetting): readonly string[] {
  return [
    ...(thinking === undefined ? [] : thinkingWords(thinking)),
    ...Object.entries(templateArgs).map(
      ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
    ),
    ...(structuredOutput === undefined ? [] : [structuredOutput ? 'structured output' : 'no structured output']),
  ];
}

/** `on, 2,048 tokens, low` */
export function thinkingText({ mode, budget, effort }: Thinking): string {
  if (mode !== 'on') return mode;
  return [
    'on',
    ...(budget === undefined ? [] : [`${countText(budget)} tokens`]),
    ...(effort === undefined ? [] : [effort]),
  ].join(', ');
}

/**
 * What became of a setting with a model, said once at the start.
 *
 * @returns undefined where nobody asked and nothing is done
 */
export function thinkingSentence(
  { name, thinking: choice = 'auto' }: Pick<ModelSpec, 'name' | 'thinking'>,
  thinking: Thinking,
): string | undefined {
  const { mode, budget, effort, because, canForce = true } = thinking;
  if (mode === 'none') return choice === 'auto' ? undefined : `${name}: thinking is left as it is (${because})`;
  if (mode === 'off') return `${name}: thinking is off (${because})`;
  const end = canForce ? 'closed by force' : 'cut';
  const ended = budget === undefined ? '' : `, ${end} after ${countText(budget)} tokens`;
  return `${name}: thinks${effort === undefined ? '' : ` with the effort ${effort}`}${ended} (${because})`;
}

/** What a thinking setting is in flags, as part of a sentence. */
export const thinkingExpected = 'auto, off, on, tokens such as 2048, a word such as low, or budget=2048,effort=low';

/** Reads a thinking setting as flags have it: undefined where it is none. */
export function parseThinking(text: string): ThinkingChoice | undefined {
  if (text === 'auto' || text === 'off' || text === 'on') return text;
  const parts = listParts(text).map((part): readonly [string, string] | undefined => {
    const [, name, value] = /^(budget|effort)=(.+)$/.exec(part) ?? [];
    if (name !== undefined && value !== undefined) return [name, value];
    if (/^\d/.test(part)) return ['budget', part];
    return /^[a-z][\w-]*$/i.test(part) ? ['effort', part] : undefined;
  });
  const known = new Map(parts.filter((part) => part !== undefined));
  const budget = known.get('budget');
  const effort = known.get('effort');
  const tokens = budget === undefined ? undefined : readTokens(budget);
  if (known.size === 0 || known.size !== parts.length || (budget !== undefined && tokens === undefined))
    return undefined;
  return { ...(tokens !== undefined && { budget: tokens }), ...(effort !== undefined && { effort }) };
}

function readTokens(text: string): number | undefined {
  const [, digits, unit] = /^(\d{1,9})(k?)$/i.exec(text) ?? [];
  const tokens = Number(digits) * (unit === '' ? 1 : kibi);
  return digits === undefined || tokens < 1 ? undefined : tokens;
}
