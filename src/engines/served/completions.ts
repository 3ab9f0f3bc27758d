import type { GenerateRequest, PassOptions, Prompt } from '../../core/engine.ts';
import { changeFields } from './field-changes.ts';
import type { ServedThinking } from './served-thinking.ts';
import type { ServerFacts, ServerFlavour } from './server-facts.ts';
import { schemaFields, type SchemaWay } from './structured-output.ts';

/** Endpoint and body of one generation. */
export interface CompletionCall {
  readonly path: '/completions' | '/chat/completions';
  readonly body: Readonly<Record<string, unknown>>;
  /** Start of the answer that the server may repeat. */
  readonly prefill: string;
}

/** OpenAI's own API takes four. */
const maxStops = 4;

/** Keeps a server from reusing what it computed for another request, as far as it can be told to. */
function cacheFields(
  facts: ServerFacts,
  reuse: PassOptions['reuse'],
  salt: () => string,
): Readonly<Record<string, unknown>> {
  if (facts.flavour === 'llama-server') return { cache_prompt: reuse === 'prefix' };
  // Prefixes are shared between requests with the same salt only.
  return facts.flavour === 'vllm' && reuse === 'none' ? { cache_salt: salt() } : {};
}

const noPenalties = { presence_penalty: 0, frequency_penalty: 0 };

/**
 * Greedy, whatever defaults a model's repository or a server's command line brings along, as far as each can be told. At a
 * temperature of 0 vLLM and SGLang cut no tokens off (top_k, min_p).
 */
export const greedyFields: Readonly<Record<ServerFlavour, Readonly<Record<string, unknown>>>> = {
  vllm: { temperature: 0, top_p: 1, ...noPenalties, repetition_penalty: 1 },
  sglang: { temperature: 0, top_p: 1, ...noPenalties, repetition_penalty: 1 },
  'llama-server': {
    temperature: 0,
    dynatemp_range: 0,
    ...noPenalties,
    repeat_penalty: 1,
    dry_multiplier: 0,
    xtc_probability: 0,
    mirostat: 0,
  },
  // Its route of the OpenAI protocol takes no penalty on repetition, nor top_k.
  ollama: { temperature: 0, top_p: 1, ...noPenalties },
  // Some refuse fields that they don't know.
  unknown: { temperature: 0 },
};

/**
 * llama-server would take thoughts out of the text. They are left in it: only what the model wrote, marks and white space
 * included, can be given back to it to go on from when its budget is spent.
 */
function chatFields({ flavour }: ServerFacts): Readonly<Record<string, unknown>> {
  return flavour === 'llama-server' ? { reasoning_format: 'none' } : {};
}

function prefillFields({ flavour }: ServerFacts): Readonly<Record<string, unknown>> {
  // llama-server goes on with a last message of the assistant by itself.
  return flavour === 'vllm' || flavour === 'sglang'
    ? { add_generation_prompt: false, continue_final_message: true }
    : {};
}

/** What goes on to the limit of tokens; other servers would refuse the field, or don't look at it. */
function endFields({ flavour }: ServerFacts, ignoresEnd = false): Readonly<Record<string, unknown>> {
  const isKnown = flavour === 'vllm' || flavour === 'sglang' || flavour === 'llama-server';
  return ignoresEnd && isKnown ? { ignore_eos: true } : {};
}

function stopFields({ flavour }: ServerFacts, stop: readonly string[]): Readonly<Record<string, unknown>> {
  if (stop.length === 0) return {};
  // The engine cuts at the others itself.
  return { stop: flavour === 'unknown' ? stop.slice(0, maxStops) : stop };
}

/**
 * The call as a stream with a count of tokens in every event, where a server can: an event may bring several tokens, and a
 * stream that is ended from here has no count at its end.
 */
export function countingStream(call: CompletionCall, { flavour, changes }: ServerFacts): CompletionCall {
  const isTold = flavour === 'vllm' || flavour === 'sglang';
  const fields = {
    stream: true,
    stream_options: { include_usage: true, ...(isTold && { continuous_usage_stats: true }) },
    ...(flavour === 'llama-server' && { timings_per_token: true }),
  };
  const taken = changeFields(fields, changes?.[call.path === '/completions' ? 'plain' : 'chat']);
  return { ...call, body: { ...call.body, ...taken } };
}

export interface CallOptions {
  readonly facts: ServerFacts;
  readonly model: string;
  readonly extra: Readonly<Record<string, unknown>>;
  readonly pass: Pick<PassOptions, 'reuse' | 'isStreamed'>;
  /** Another text for every request. */
  readonly salt: () => string;
  readonly thinking?: ServedThinking | undefined;
  readonly schemaWay?: SchemaWay | undefined;
}

/** What a call asks for beside its prompt. */
type Asked = Pick<GenerateRequest, 'maxTokens' | 'stop' | 'ignoresEnd' | 'logprobs' | 'jsonSchema'>;

/** Fields that hold for every endpoint. */
function commonFields(asked: Asked, options: CallOptions): Readonly<Record<string, unknown>> {
  const { facts, model, pass, salt, schemaWay } = options;
  return {
    model,
    max_tokens: asked.maxTokens,
    ...greedyFields[facts.flavour],
    ...stopFields(facts, asked.stop),
    ...endFields(facts, asked.ignoresEnd),
    ...cacheFields(facts, pass.reuse, salt),
    ...(pass.isStreamed === true && { stream: true, stream_options: { include_usage: true } }),
    ...(asked.jsonSchema !== undefined && schemaWay !== undefined && schemaFields(schemaWay, asked.jsonSchema)),
  };
}

type Fields = Readonly<Record<string, unknown>>;

const fieldsIn = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});

/** The user's own fields come last; template arguments are put together. */
function chatBody(common: Fields, thinking: ServedThinking | undefined, extra: Fields): Fields {
  const own = thinking?.fields ?? {};
  const name = 'chat_template_kwargs';
  const both = { ...fieldsIn(own[name]), ...fieldsIn(extra[name]) };
  return { ...common, ...own, ...extra, ...(Object.keys(both).length > 0 && { [name]: both }) };
}

/** A prompt that is text, or tokens. */
export function textCall(prompt: string | readonly number[], asked: Asked, options: CallOptions): CompletionCall {
  const logprobs = asked.logprobs === true && { logprobs: 1 };
  const common = changeFields(commonFields(asked, options), options.facts.changes?.plain);
  const body = { ...common, prompt, ...logprobs, ...options.extra };
  return { path: '/completions', body, prefill: '' };
}

/** @param prefill the assistant's answer so far, which the server goes on with */
export function chatCall(
  { messages, prefill = '' }: Extract<Prompt, { readonly style: 'chat' }>,
  asked: Asked,
  options: CallOptions,
): CompletionCall {
  const { facts, thinking, extra } = options;
  const logprobs = asked.logprobs === true && { logprobs: true, top_logprobs: 1 };
  const all = prefill === '' ? messages : [...messages, { role: 'assistant', content: prefill }];
  const going = prefill === '' ? {} : prefillFields(facts);
  const common = changeFields({ ...commonFields(asked, options), ...chatFields(facts) }, facts.changes?.chat);
  const body = chatBody({ ...common, messages: all, ...going, ...logprobs }, thinking, extra);
  return { path: '/chat/completions', body, prefill };
}

export function completionCall(request: GenerateRequest, options: CallOptions): CompletionCall {
  const { prompt } = request;
  return prompt.style === 'plain' ? textCall(prompt.text, request, options) : chatCall(prompt, request, options);
}

/**
 * Asks for thoughts with room for an answer behind them, as a stream that is ended from here: stop strings would end the
 * thoughts, and the room that they leave isn't the answer's.
 *
 * @param budget tokens of thoughts
 */
export function thinkingCall(request: GenerateRequest, budget: number, options: CallOptions): CompletionCall {
  const { prompt } = request;
  if (prompt.style === 'plain') throw new TypeError('thoughts are asked for in chats');
  const asked = { ...request, maxTokens: budget + request.maxTokens, stop: [] };
  return countingStream(chatCall({ ...prompt, prefill: '' }, asked, options), options.facts);
}

/** The template's own part of a chat: what a server needs to render it. */
export function renderingFields(
  prompt: Extract<Prompt, { readonly style: 'chat' }>,
  { thinking, extra }: Pick<CallOptions, 'thinking' | 'extra'>,
): Fields {
  const { chat_template_kwargs: templateArgs, reasoning_effort: effort } = chatBody({}, thinking, extra);
  return {
    messages: prompt.messages,
    ...(templateArgs !== undefined && { chat_template_kwargs: templateArgs }),
    ...(effort !== undefined && { reasoning_effort: effort }),
  };
}
