import type { LossText } from '../../core/engine.ts';
import { cutContinuation } from '../prompt-tokens.ts';
import { type PromptReader, readPrompt } from './prompts.ts';
import { readLikelihood, type ScoredTokens } from './waiting-likelihood.ts';

/** Why a text can't be compared, in a few words. */
type Refusal = string;

type AnswerText = Extract<LossText, { readonly kind: 'answer' }>;

/** Prompt and answer are tokenised jointly, as a log-likelihood's are; counted from the first token that isn't the prompt's. */
function readAnswer({ id, prompt, answer }: AnswerText, reader: PromptReader): ScoredTokens | Refusal {
  const read = readPrompt({ id, prompt, maxTokens: 0, stop: [], wantsPrompt: true }, reader);
  if ('status' in read) return read.message;
  const { tokenizer } = reader;
  const whole = (read.text ?? '') + answer;
  const tokens = prompt.style === 'chat' ? tokenizer.encodeTemplate(whole) : tokenizer.encode(whole);
  const cut = cutContinuation(read.tokens, tokens, tokenizer.prefixToken);
  if (cut === undefined || cut.start >= tokens.length) return 'the answer has no tokens of its own';
  return cut.before === undefined
    ? { tokens, start: cut.start }
    : { tokens: Int32Array.of(cut.before, ...tokens), start: cut.start };
}

function readContinuation(
  { id, context, continuation }: Extract<LossText, { readonly kind: 'continuation' }>,
  reader: PromptReader,
): ScoredTokens | Refusal {
  const read = readLikelihood({ id, context, continuations: [continuation] }, reader);
  if ('status' in read) return read.message;
  return read.continuations[0] ?? 'it has no tokens';
}

/**
 * Chunks as `llama-perplexity` takes them: the whole text is tokenised and cut into chunks of so many tokens, the first
 * token of each gives way to a BOS where the vocabulary has one, and the tokens behind the middle are counted.
 */
function readChunks(
  { text, chunkTokens, chunks = Infinity }: Extract<LossText, { readonly kind: 'plain' }>,
  { tokenizer, contextTokens }: PromptReader,
): readonly ScoredTokens[] | Refusal {
  if (chunkTokens > contextTokens) {
    return `a chunk of ${chunkTokens} tokens doesn't fit into a context of ${contextTokens}`;
  }
  const tokens = tokenizer.encode(text);
  const count = Math.min(chunks, Math.floor(tokens.length / chunkTokens));
  if (count === 0) return `it has ${tokens.length} tokens, and a chunk takes ${chunkTokens}`;
  return Array.from({ length: count }, (_, index) => {
    const chunk = tokens.slice(index * chunkTokens, (index + 1) * chunkTokens);
    if (tokenizer.addsBos) chunk[0] = tokenizer.bos;
    return { tokens: chunk, start: Math.floor(chunkTokens / 2) + 1 };
  });
}

/** What is to be compared of a text: once, or chunk by chunk; or why nothing can be. */
export function readLossText(text: LossText, reader: PromptReader): readonly ScoredTokens[] | Refusal {
  if (text.kind === 'plain') return readChunks(text, reader);
  const read = text.kind === 'answer' ? readAnswer(text, reader) : readContinuation(text, reader);
  if (typeof read === 'string') return read;
  const decoded = read.tokens.length - 1;
  return decoded > reader.contextTokens
    ? `its ${decoded} tokens don't fit into a context of ${reader.contextTokens}`
    : [read];
}
