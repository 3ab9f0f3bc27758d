import { createHash } from 'node:crypto';
import * as z from 'zod';
import type {
  GenerateRequest,
  Generation,
  Loglikelihood,
  LoglikelihoodRequest,
  Prompt,
  RequestFailure,
} from '../../core/engine.ts';
import { mockBudget, mockThoughtsSchema, thinkMock } from './mock-thoughts.ts';
import type { ThinkingPlan } from '../thinking/resolve-thinking.ts';
import { promptHead, requestFailure, scoreOf, textSha256 } from '../prompt-tokens.ts';

/** Options of the mock engine, under `engineOptions` of a model. */
export const mockOptionsSchema = z.strictObject({
  /** What it says, chosen by a hash of the prompt; words after it are filler. */
  answers: z
    .array(z.string())
    .min(1)
    .default(['A', 'B', 'C', 'D', 'Positive', 'Negative', 'unanswerable', 'The answer is 18.\n#### 18']),
  /** Time per decoded token; 0 answers at once. */
  tokenMs: z.number().min(0).default(0),
  /** Time to load. */
  loadMs: z.number().min(0).default(0),
  contextTokens: z.int().positive().default(4096),
  memoryBytes: z
    .int()
    .positive()
    .default(100 * 1024 * 1024),
  loglikelihood: z.boolean().default(true),
  structuredOutput: z.boolean().default(true),
  /** What it says where it is held to a JSON schema, whatever that is, chosen in the same way; nothing comes after it. */
  jsonAnswers: z.array(z.string()).min(1).default(['{}']),
  /** It thinks before it answers. */
  thoughts: mockThoughtsSchema.optional(),
  /** The engine dies when it starts the request of this number (from 1, over all passes of a launch). */
  crashAtRequest: z.int().positive().optional(),
  /** The engine never answers from this request on. */
  hangAtRequest: z.int().positive().optional(),
});

export type MockOptions = z.output<typeof mockOptionsSchema>;

/** Tokens of the mock engine: a word or a run of spaces and punctuation with it, so that text joins back exactly. */
export function mockTokens(text: string): readonly string[] {
  return text.match(/\s*\S+|\s+$/g) ?? [];
}

/** A stable number in [0, 1) for any text. */
export function hashFraction(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32LE(0) / 2 ** 32;
}

/** What a token stands for in `promptHead` and `tokenIds`: the same word, the same number. */
export function mockTokenId(token: string): number {
  return Math.floor(hashFraction(`id ${token}`) * 50_000);
}

/** What answering needs of the model it belongs to. */
export interface MockWorld {
  readonly options: MockOptions;
  readonly plan: ThinkingPlan;
  /** Counts a request that starts; plays the faults that the options ask for. */
  readonly begin: (signal: AbortSignal) => Promise<void>;
  /** Takes the time that so many tokens take. */
  readonly work: (tokens: number, signal: AbortSignal) => Promise<void>;
  readonly nowMs: () => number;
}

function promptText(prompt: Prompt): string {
  if (prompt.style === 'plain') return prompt.text;
  const turns = prompt.messages.map(({ role, content }) => `<${role}> ${content}`);
  return `${turns.join('\n')}\n<assistant> ${prompt.prefill ?? ''}`;
}

function tooLong(id: string, promptTokens: number, room: number, contextTokens: number): RequestFailure {
  const message = `a prompt of ${promptTokens} tokens and an answer of ${room} don't fit into a context of ${contextTokens}`;
  return requestFailure(id, 'prompt_too_long', message, promptTokens);
}

function chosen(prompt: string, answers: readonly string[]): readonly string[] {
  return mockTokens(answers[Math.floor(hashFraction(prompt) * answers.length)] ?? '');
}

/** One of the options' answers by a hash of the prompt, then some filler words: as many as fit for a request without end. */
function answerTokens(
  prompt: string,
  { answers }: MockOptions,
  { ignoresEnd = false, maxTokens }: GenerateRequest,
): readonly string[] {
  const fillers = ignoresEnd ? maxTokens : Math.floor(hashFraction(`${prompt} length`) * 8);
  return [...chosen(prompt, answers), ...Array.from({ length: fillers }, (_, index) => ` word${index}`)];
}

export async function answerMock(world: MockWorld, request: GenerateRequest, signal: AbortSignal): Promise<Generation> {
  const { options, plan, begin, work, nowMs } = world;
  const scheduledMs = nowMs();
  const prompt = promptText(request.prompt);
  const promptTokens = mockTokens(prompt);
  const budget = mockBudget(plan, request);
  const room = budget + request.maxTokens;
  if (promptTokens.length + room > options.contextTokens) {
    return tooLong(request.id, promptTokens.length, room, options.contextTokens);
  }
  await begin(signal);
  const startedMs = nowMs();
  const isHeld = request.jsonSchema !== undefined;
  const tokens = isHeld ? chosen(prompt, options.jsonAnswers) : answerTokens(prompt, options, request);
  const kept = tokens.slice(0, request.maxTokens);
  await work(promptTokens.length / 10 + 1, signal);
  const firstTokenMs = nowMs();
  const { thoughts } = options;
  const words = mockTokens(` ${thoughts?.text ?? ''}`);
  const thinking = thoughts && budget > 0 ? thinkMock(thoughts, budget, request, kept.join(''), words) : undefined;
  const thinkingTokens = thinking?.tokens ?? 0;
  await work(thinkingTokens + kept.length - 1, signal);
  const text = thinking?.answer ?? kept.join('');
  const cut = Math.min(...request.stop.map((stop) => text.indexOf(stop)).filter((at) => at !== -1), Infinity);
  const isStopped = cut !== Infinity;
  const output = isStopped ? text.slice(0, cut) : text;
  return {
    id: request.id,
    status: 'done',
    text: output,
    ...(thinking !== undefined && { thoughts: thinking.thoughts, thinkingTokens }),
    finishReason: thinking?.isOpen ? 'budget_cut' : isStopped || kept.length === tokens.length ? 'stop' : 'length',
    promptTokens: promptTokens.length,
    reusedTokens: 0,
    outputTokens: thinkingTokens + (isStopped || thinking?.isOpen ? mockTokens(output).length : kept.length),
    tokenLogprobs: request.logprobs === true ? kept.map((token) => -hashFraction(token)) : undefined,
    promptHead: promptHead(promptTokens.map(mockTokenId)),
    promptSha256: textSha256(prompt),
    ...(request.wantsPrompt === true && { renderedPrompt: prompt }),
    retries: 0,
    times: { scheduledMs, startedMs, firstTokenMs, lastTokenMs: nowMs() },
  };
}

export async function weighMock(
  world: MockWorld,
  request: LoglikelihoodRequest,
  signal: AbortSignal,
): Promise<Loglikelihood> {
  const { options, begin, work, nowMs } = world;
  const scheduledMs = nowMs();
  const context = mockTokens(request.context);
  const parts = request.continuations.map(mockTokens);
  const longest = Math.max(...parts.map((part) => part.length));
  if (context.length + longest > options.contextTokens) {
    return tooLong(request.id, context.length, longest, options.contextTokens);
  }
  await begin(signal);
  const startedMs = nowMs();
  await work((context.length + parts.flat().length) / 10, signal);
  const doneMs = nowMs();
  return {
    id: request.id,
    status: 'done',
    continuations: parts.map((part) => {
      // A letter costs one nat, and the context moves it a little: shorter is likelier, ties are rare.
      const tokenLogprobs = part.map((token) => -token.length - hashFraction(`${request.context}|${token}`) / 10);
      return scoreOf(part.map(mockTokenId), tokenLogprobs, false);
    }),
    contextTokens: context.length,
    reusedTokens: 0,
    decodedTokens: context.length + parts.flat().length,
    boundaryShift: false,
    promptHead: promptHead(context.map(mockTokenId)),
    promptSha256: textSha256(request.context),
    retries: 0,
    exchanges: undefined,
    times: { scheduledMs, startedMs, firstTokenMs: doneMs, lastTokenMs: doneMs },
  };
}
