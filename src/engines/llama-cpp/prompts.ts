import type { GenerateRequest, RequestFailure } from '../../core/engine.ts';
import type { ChatRenderer } from '../chat-template.ts';
import { requestFailure, textSha256 } from '../prompt-tokens.ts';
import type { Tokenizer } from './native/tokenizer.ts';

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
  return { tokens, sha256: textSha256(text) };
}
