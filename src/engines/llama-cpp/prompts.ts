import type { GenerateRequest, RequestFailure, Thinking } from '../../core/engine.ts';
import type { ChatRenderer } from '../chat-template.ts';
import { requestFailure, textSha256 } from '../prompt-tokens.ts';
import { defaultThinkingBudget } from '../../core/model-setting.ts';
import { openedShape, type ThoughtShape, thoughtShapes } from '../../core/thought-shapes.ts';
import type { Tokenizer } from './native/tokenizer.ts';

/** What the engine needs of a model to turn requests into tokens. */
export interface PromptReader {
  readonly tokenizer: Tokenizer;
  /** Undefined where the model has no chat template. */
  readonly renderChat: ChatRenderer | undefined;
  /** Tokens that one sequence may hold. */
  readonly contextTokens: number;
  readonly thinking: Thinking;
  /** Tokens that close a block of thoughts by force. */
  readonly closing: (shape: ThoughtShape) => Int32Array;
}

export interface PromptTokens {
  readonly tokens: Int32Array;
  readonly sha256: string;
  /** Only where the request wants it. */
  readonly text?: string | undefined;
  /** The block of thoughts that the prompt ends inside of. */
  readonly opened: ThoughtShape | undefined;
  /** Tokens of thoughts; 0 where the model isn't to think. */
  readonly budget: number;
  /** Tokens that may come behind the prompt: thoughts, what closes them, and the answer. */
  readonly room: number;
}

/** The rest of a character that the budget would cut. */
const characterTokens = 3;

/** Tokens of thoughts and of what closes them; an opened block is closed by its own mark, else nobody knows by which. */
function thinkingRoom(budget: number, opened: ThoughtShape | undefined, { closing }: PromptReader): number {
  if (budget === 0) return 0;
  const shapes = opened === undefined ? thoughtShapes : [opened];
  return budget + characterTokens + Math.max(...shapes.map((shape) => closing(shape).length));
}

interface RenderedPrompt {
  readonly text: string;
  readonly opened: ThoughtShape | undefined;
}

/** A prompt that ends inside thoughts; where there are to be none they are closed at once, as templates do it. */
function withThoughts(text: string, prefill: string, { mode }: Thinking): RenderedPrompt {
  if (mode === 'off') return { text: text + (openedShape(text)?.forcedClose ?? '') + prefill, opened: undefined };
  // The answer that a prefill begins comes behind the thoughts.
  const whole = mode === 'on' ? text : text + prefill;
  return { text: whole, opened: openedShape(whole) };
}

function renderPrompt(request: GenerateRequest, reader: PromptReader): RenderedPrompt | RequestFailure {
  const { prompt } = request;
  if (prompt.style === 'plain') return { text: prompt.text, opened: undefined };
  if (reader.renderChat === undefined) return requestFailure(request.id, 'template', 'the model has no chat template');
  try {
    return withThoughts(reader.renderChat(prompt.messages), prompt.prefill ?? '', reader.thinking);
  } catch (error) {
    // Templates refuse roles and orders of messages by throwing: that concerns this request alone.
    return requestFailure(
      request.id,
      'template',
      `the chat template failed: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** Tokens that a request may think. */
function thinkingBudget(
  { maxThinkingTokens = Infinity }: GenerateRequest,
  { budget = defaultThinkingBudget }: Thinking,
) {
  return Math.min(budget, maxThinkingTokens);
}

/** Renders and tokenises a request, or says why it can't run. */
export function readPrompt(request: GenerateRequest, reader: PromptReader): PromptTokens | RequestFailure {
  const rendered = renderPrompt(request, reader);
  if ('status' in rendered) return rendered;
  const { text, opened } = rendered;
  const { tokenizer, contextTokens } = reader;
  const isChat = request.prompt.style === 'chat';
  let tokens = isChat ? tokenizer.encodeTemplate(text) : tokenizer.encode(text);
  if (tokens.length === 0) {
    if (tokenizer.prefixToken === undefined) return requestFailure(request.id, 'engine', 'the prompt has no tokens', 0);
    tokens = Int32Array.of(tokenizer.prefixToken);
  }
  const budget = isChat && reader.thinking.mode === 'on' ? thinkingBudget(request, reader.thinking) : 0;
  const thinkingTokens = thinkingRoom(budget, opened, reader);
  const room = thinkingTokens + request.maxTokens;
  if (tokens.length + room > contextTokens) {
    const thoughts = budget === 0 ? '' : `${thinkingTokens} for thoughts and `;
    const needed = `${tokens.length} prompt tokens and ${thoughts}${request.maxTokens} to generate`;
    return requestFailure(
      request.id,
      'prompt_too_long',
      `${needed} don't fit into a context of ${contextTokens}`,
      tokens.length,
    );
  }
  const shown = request.wantsPrompt === true && { text };
  return { tokens, sha256: textSha256(text), opened, budget, room, ...shown };
}
