import { Template } from '@huggingface/jinja';
import type { ChatMessage, GenerateRequest, RequestFailure } from '../../core/engine.ts';
import { requestFailure, textSha256 } from '../prompt-tokens.ts';
import type { Tokenizer } from './native/tokenizer.ts';

/**
 * Day that templates are told is today: with the real one, a prompt that carries a date would differ from day to day
 * and no run could be repeated.
 */
const fixedDate = new Date(Date.UTC(2024, 6, 26));
const fixedDateText = '26 Jul 2024';

const monthNames = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const dayNames = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** `strftime` for the fixed day at midnight; directives that no template is known to use stay as they are. */
function formatFixedDate(format: string): string {
  const month = monthNames[fixedDate.getUTCMonth()] ?? '';
  const day = dayNames[fixedDate.getUTCDay()] ?? '';
  const values: Readonly<Record<string, string>> = {
    d: String(fixedDate.getUTCDate()).padStart(2, '0'),
    m: String(fixedDate.getUTCMonth() + 1).padStart(2, '0'),
    Y: String(fixedDate.getUTCFullYear()),
    y: String(fixedDate.getUTCFullYear()).slice(2),
    B: month,
    b: month.slice(0, 3),
    A: day,
    a: day.slice(0, 3),
    H: '00',
    M: '00',
    S: '00',
    '%': '%',
  };
  return format.replaceAll(/%([a-zA-Z%])/g, (directive, letter: string) => values[letter] ?? directive);
}

export interface SpecialTexts {
  readonly bos: string;
  readonly eos: string;
}

/** Renders messages into one prompt, ready for the assistant's answer. */
export type ChatRenderer = (messages: readonly ChatMessage[], prefill?: string) => string;

/**
 * Compiles a model's chat template.
 *
 * @throws {Error} if the template has a syntax error; the renderer throws what the template raises
 */
export function createChatRenderer(source: string, special: SpecialTexts): ChatRenderer {
  // The interpreter declares `strftime_now` itself, with the real date, and refuses another of that name.
  const template = new Template(source.replaceAll(/\bstrftime_now\s*\(/g, 'perbench_strftime('));
  return (messages, prefill = '') => {
    const rendered = template.render({
      messages: messages.map(({ role, content }) => ({ role, content })),
      add_generation_prompt: true,
      bos_token: special.bos,
      eos_token: special.eos,
      date_string: fixedDateText,
      perbench_strftime: formatFixedDate,
    });
    return rendered + prefill;
  };
}

/** What the engine needs of a model to turn requests into tokens. */
export interface PromptReader {
  readonly tokenizer: Tokenizer;
  /** Undefined where the model has no chat template. */
  readonly renderChat: ChatRenderer | undefined;
  /** Tokens that one sequence may hold. */
  readonly contextTokens: number;
}

export interface PromptTokens {
  readonly tokens: Int32Array;
  readonly sha256: string;
  /** Only where the request wants it. */
  readonly text?: string | undefined;
}

function renderPrompt(request: GenerateRequest, reader: PromptReader): string | RequestFailure {
  const { prompt } = request;
  if (prompt.style === 'plain') return prompt.text;
  if (reader.renderChat === undefined) return requestFailure(request.id, 'template', 'the model has no chat template');
  try {
    return reader.renderChat(prompt.messages, prompt.prefill);
  } catch (error) {
    // Templates refuse roles and orders of messages by throwing: that concerns this request alone.
    return requestFailure(
      request.id,
      'template',
      `the chat template failed: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** Renders and tokenises a request, or says why it can't run. */
export function readPrompt(request: GenerateRequest, reader: PromptReader): PromptTokens | RequestFailure {
  const text = renderPrompt(request, reader);
  if (typeof text !== 'string') return text;
  const { tokenizer, contextTokens } = reader;
  const isChat = request.prompt.style === 'chat';
  let tokens = isChat ? tokenizer.encodeTemplate(text) : tokenizer.encode(text);
  if (tokens.length === 0) {
    if (tokenizer.prefixToken === undefined) return requestFailure(request.id, 'engine', 'the prompt has no tokens', 0);
    tokens = Int32Array.of(tokenizer.prefixToken);
  }
  if (tokens.length + request.maxTokens > contextTokens) {
    const needed = `${tokens.length} prompt tokens and ${request.maxTokens} to generate`;
    return requestFailure(
      request.id,
      'prompt_too_long',
      `${needed} don't fit into a context of ${contextTokens}`,
      tokens.length,
    );
  }
  return { tokens, sha256: textSha256(text), ...(request.wantsPrompt === true && { text }) };
}
