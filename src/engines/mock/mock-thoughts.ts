import * as z from 'zod';
import type { GenerateRequest, ModelSpec } from '../../core/engine.ts';
import { defaultThinkingBudget } from '../../core/model-setting.ts';
import { resolveThinking, type ThinkingPlan } from '../thinking/resolve-thinking.ts';
import { type SplitText, splitThoughts } from '../../core/split-thoughts.ts';
import { type ThoughtShape, thoughtShapes } from '../../core/thought-shapes.ts';

/** How the mock engine thinks before it answers. */
export const mockThoughtsSchema = z.strictObject({
  /**
   * `tags`: <think> … </think>; `opened`: the prompt opened the block, only its end appears; `brackets`: [THINK];
   * `channels`: as gpt-oss; `apart`: outside the text, as servers with a field for it.
   */
  shape: z.enum(['tags', 'opened', 'brackets', 'channels', 'apart']).default('tags'),
  /** Said round and round. */
  text: z.string().min(1).default('Hm, the answer is 9? No.'),
  tokens: z.int().min(1).default(12),
  /** Without it a block ends only by force. */
  closes: z.boolean().default(true),
  /** Thoughts are closed by force at their budget; else they go on until the answer's tokens are used up, too. */
  canForce: z.boolean().default(true),
  /** Thinking can be turned off. */
  hasSwitch: z.boolean().default(false),
});

export type MockThoughts = z.output<typeof mockThoughtsSchema>;

const opens: Readonly<Record<MockThoughts['shape'], string>> = {
  tags: '<think>',
  opened: '<think>',
  apart: '<think>',
  brackets: '[THINK]',
  channels: '<|channel|>analysis<|message|>',
};

function shapeOf({ shape }: MockThoughts): ThoughtShape {
  const found = thoughtShapes.find(({ open }) => open === opens[shape]);
  if (found === undefined) throw new Error(`no shape of thoughts opens by ${opens[shape]}`);
  return found;
}

/** A chat template that says of thinking what the options say. */
function templateOf(thoughts: MockThoughts): string {
  const { open, close } = shapeOf(thoughts);
  const turns = '{{ messages[0].content }}';
  const opening = thoughts.shape === 'opened' ? open : '';
  if (!thoughts.hasSwitch) return `${turns}{# ${open} #}${opening}`;
  return `${turns}{% if enable_thinking is defined and not enable_thinking %}${open}${close}{% else %}${opening}{% endif %}`;
}

/** @throws {ModelError} if the setting can't be had */
export function planMockThoughts(model: ModelSpec, thoughts: MockThoughts | undefined): ThinkingPlan {
  const plan = resolveThinking(model.thinking, {
    model: model.name,
    names: [],
    promptStyle: thoughts === undefined ? 'plain' : 'chat',
    template: thoughts && templateOf(thoughts),
    templateArgs: model.templateArgs,
  });
  const isCut = plan.thinking.mode === 'on' && thoughts?.canForce === false;
  return isCut ? { ...plan, thinking: { ...plan.thinking, canForce: false } } : plan;
}

/** Tokens of thoughts before the answer to a request; none where the model doesn't think. */
export function mockBudget({ thinking }: ThinkingPlan, { maxThinkingTokens = Infinity }: GenerateRequest): number {
  return thinking.mode === 'on' ? Math.min(thinking.budget ?? defaultThinkingBudget, maxThinkingTokens) : 0;
}

export interface MockThinking extends SplitText {
  readonly tokens: number;
}

/** Thinks, then answers: the text as the model would write it, taken apart as engines do it. */
export function thinkMock(
  thoughts: MockThoughts,
  budget: number,
  request: GenerateRequest,
  answer: string,
  words: readonly string[],
): MockThinking {
  const { text, tokens, closes, canForce, shape } = thoughts;
  const isEnded = closes && tokens <= budget;
  const hasAnswer = isEnded || canForce;
  const count = isEnded ? tokens : budget + (canForce ? 0 : request.maxTokens);
  const own = Array.from({ length: count }, (_, index) => words[index % words.length] ?? text).join('');
  if (shape === 'apart') return { thoughts: own, answer: hasAnswer ? answer : '', isOpen: !hasAnswer, tokens: count };
  const marks = shapeOf(thoughts);
  const begin = shape === 'opened' ? '' : marks.open;
  const written = `${begin}${own}${hasAnswer ? marks.forcedClose + answer : ''}`;
  return { ...splitThoughts(written, { startsInside: shape === 'opened' && marks }), tokens: count };
}
