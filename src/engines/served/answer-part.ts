/** What is read of an answer, or of a piece of one. Servers differ in shapes, and change them: what doesn't fit is not there. */
import { readFinish } from '../../core/finish-reason.ts';

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const fieldsOf = (value: unknown): Fields => (isObject(value) ? value : {});

/** Thoughts and answer of a message, as far as the server tells them apart. */
interface Pieces {
  readonly thoughts: string;
  readonly content: string;
  /** Said instead of an answer. */
  readonly refusal: string;
}

export interface TokenCounts {
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly cachedTokens: number;
  /** Of the output; undefined where the server doesn't tell. */
  readonly reasoningTokens: number | undefined;
}

/** A whole answer, or what an event adds to it. */
export interface AnswerPart extends Pieces {
  /** A choice came, with or without a message. */
  readonly hasChoice: boolean;
  /** A message, an empty one included. */
  readonly hasMessage: boolean;
  /** In the protocol's words, an unknown one as it was said; undefined where the answer hasn't ended. */
  readonly finishReason: string | undefined;
  readonly logprobs: readonly number[] | undefined;
  /** So far or in all; undefined where nothing is counted, or nothing that can be. */
  readonly counts: TokenCounts | undefined;
  /** The model that the server says it is from. */
  readonly model: string | undefined;
}

/** Nothing nests texts deeper. */
const deepest = 8;

/** Text in whatever shape a field has it: itself, a list of parts, or a part. */
function textOf(value: unknown, depth = 0): string {
  if (typeof value === 'string') return value;
  if (!isObject(value) || depth > deepest) return '';
  if (Array.isArray(value)) return value.map((each) => textOf(each, depth + 1)).join('');
  const { text, output_text: output, thinking, reasoning, refusal, content, summary, value: own } = value;
  return textOf(text ?? output ?? thinking ?? reasoning ?? refusal ?? content ?? summary ?? own, depth + 1);
}

const thoughtTypes = new Set([
  'thinking',
  'reasoning',
  'reasoning_text',
  'reasoning_content',
  'thought',
  'summary_text',
]);

/** What a part of a content is; Google marks thoughts beside their text. */
function kindOf(part: unknown): keyof Pieces {
  const { type, thought, refusal } = fieldsOf(part);
  if (thought === true || (typeof type === 'string' && thoughtTypes.has(type))) return 'thoughts';
  return type === 'refusal' || (type === undefined && typeof refusal === 'string') ? 'refusal' : 'content';
}

function contentPieces(content: unknown): Pieces {
  if (typeof content === 'string') return { thoughts: '', content, refusal: '' };
  const parts: readonly unknown[] = Array.isArray(content) ? content : [content];
  const ofKind = (kind: keyof Pieces): string => textOf(parts.filter((part) => kindOf(part) === kind));
  return { thoughts: ofKind('thoughts'), content: ofKind('content'), refusal: ofKind('refusal') };
}

/** @param said a message, what an event adds to one, or its text alone */
function piecesOf(text: unknown, said: unknown): Pieces {
  const fields = fieldsOf(said);
  const {
    content = typeof said === 'string' ? said : undefined,
    reasoning_content: long,
    reasoning,
    thinking,
  } = fields;
  // Some servers send the same thoughts under two names.
  const apart = textOf(long) || textOf(reasoning) || textOf(thinking);
  const pieces = contentPieces(text ?? content);
  return {
    thoughts: apart + pieces.thoughts,
    content: pieces.content,
    refusal: textOf(fields['refusal']) || pieces.refusal,
  };
}

/** No context holds so many. */
const mostTokens = 100_000_000;

const countIn = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= mostTokens ? value : undefined;

/** What the server counted; nothing of it where one of the two counts is missing or none. */
function countsOf(usage: unknown, timings: unknown): TokenCounts | undefined {
  if (!isObject(usage) && !isObject(timings)) return undefined;
  // llama-server's own account; with `timings_per_token` in every event.
  const { cache_n: kept, prompt_n: decoded, predicted_n: predicted } = fieldsOf(timings);
  const counted = fieldsOf(usage);
  const cached = countIn(fieldsOf(counted['prompt_tokens_details'])['cached_tokens']) ?? countIn(kept) ?? 0;
  const [prompt, output] = [countIn(counted['prompt_tokens']), countIn(counted['completion_tokens'])];
  if (prompt !== undefined && output !== undefined) {
    const reasoningTokens = countIn(fieldsOf(counted['completion_tokens_details'])['reasoning_tokens']);
    return { promptTokens: prompt, outputTokens: output, cachedTokens: Math.min(cached, prompt), reasoningTokens };
  }
  const [own, made] = [countIn(decoded), countIn(predicted)];
  if (own === undefined || made === undefined) return undefined;
  return { promptTokens: own + cached, outputTokens: made, cachedTokens: cached, reasoningTokens: undefined };
}

const isNumber = (value: unknown): value is number => typeof value === 'number';

/** Log-probabilities in whichever of the two shapes they come: of chats, and llama-server everywhere; of completions. */
function logprobsOf(given: unknown): readonly number[] | undefined {
  const { content, token_logprobs: plain } = fieldsOf(given);
  if (Array.isArray(content)) return content.map((each) => fieldsOf(each)['logprob']).filter(isNumber);
  return Array.isArray(plain) ? plain.filter(isNumber) : undefined;
}

/** Whether a filter kept the prompt from the model, as Azure and Google say beside an empty list of choices. */
function isPromptFiltered(value: unknown): boolean {
  const { prompt_filter_results: results, prompt_annotations: older, promptFeedback: feedback } = fieldsOf(value);
  if (typeof fieldsOf(feedback)['blockReason'] === 'string') return true;
  const all: readonly unknown[] = [results, older].flat();
  return all
    .flatMap((each) => Object.values(fieldsOf(fieldsOf(each)['content_filter_results'])))
    .some((each) => fieldsOf(each)['filtered'] === true);
}

/** Reads JSON that came as an answer, or as an event of one. */
export function readPart(value: unknown): AnswerPart {
  const { choices, usage, timings, model } = fieldsOf(value);
  const choice: unknown = Array.isArray(choices) ? choices.find(isObject) : undefined;
  const { text, delta, message, finish_reason: finish, logprobs } = fieldsOf(choice);
  const said = delta ?? message;
  return {
    ...piecesOf(text, said),
    hasChoice: choice !== undefined,
    hasMessage: (text ?? said ?? undefined) !== undefined,
    finishReason:
      readFinish(finish) ?? (choice === undefined && isPromptFiltered(value) ? 'content_filter' : undefined),
    logprobs: logprobsOf(logprobs),
    counts: countsOf(usage, timings),
    model: typeof model === 'string' && model.trim() !== '' ? model : undefined,
  };
}
