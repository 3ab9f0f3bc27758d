import type { ClientProcesses } from './load.ts';
import type { LossPositions } from './loss.ts';
import type { MemoryReading, ServerWindow } from './meter.ts';

/** Which model to load, resolved: weights are on disk or at a server. */
export interface ModelSpec {
  /** Name shown in tables; unique within a suite. */
  readonly name: string;
  /** Key into the engine registry: `llama`, `openai`, `mock`. */
  readonly engine: string;
  /** GGUF file, for engines that read one. */
  readonly file: string | undefined;
  /** Where a served model is: `http://host:8000/v1#name`. For engines that read no file. */
  readonly source: string | undefined;
  /** sha256 of the weights, hex; part of every cache key. */
  readonly sha256: string | undefined;
  /** `instruct` takes its chat template in generation tasks, `base` gets plain prompts; `auto`: by name and template. */
  readonly promptStyle: PromptStyleChoice;
  /** Options that only the engine understands, such as the mock engine's speed. */
  readonly engineOptions: Readonly<Record<string, unknown>>;
  /** By default `auto`. */
  readonly thinking?: ThinkingChoice | undefined;
  /** Variables for the chat template beside the messages, such as `{"enable_thinking": false}`. */
  readonly templateArgs?: Readonly<Record<string, unknown>> | undefined;
  /** Answers with a JSON schema are held to it while they are decoded. */
  readonly structuredOutput?: boolean | undefined;
}

/** How hard a model should think, in words that its template or server knows, such as `low`. */
export interface ThinkingDetail {
  /** Tokens of thoughts, after which they are closed by force. */
  readonly budget?: number | undefined;
  readonly effort?: string | undefined;
}

/** `auto`: off where the model's template has a switch, else on with a budget. */
export type ThinkingChoice = 'auto' | 'off' | 'on' | ThinkingDetail;

/** What became of a choice with one model. `none`: the model isn't known to think. */
export interface Thinking extends ThinkingDetail {
  readonly mode: 'none' | 'off' | 'on';
  /** Why, in a few words, as said at the start: `the template has enable_thinking`. */
  readonly because: string;
  /** False where thoughts can't be closed by force: those over the budget are cut, and no answer comes. By default true. */
  readonly canForce?: boolean | undefined;
}

export type PromptStyle = 'chat' | 'plain';
export type PromptStyleChoice = 'auto' | 'instruct' | 'base';

export interface EngineOptions {
  /** CPU threads of one decode; the engine's own choice when absent. */
  readonly threads?: number;
  /** Tokens that one sequence may hold, prompt and answer; the model's own limit when absent. */
  readonly contextTokens?: number;
  /** A request, or a load, without progress for this long is a hang: the engine is killed. */
  readonly hangMs?: number;
  /** Concurrent requests of the passes; servers are started with room for as many. */
  readonly concurrency?: number;
  /** Client processes that send requests to a server; perbench's own alone when absent. */
  readonly clientProcesses?: number;
  /** Folder for logs of servers that an engine starts; a new one below the system's temporary folder when absent. */
  readonly logFolder?: string;
  /** Hears what a slow start is doing, such as the newest line of a server's log. */
  readonly onStatus?: (line: string) => void;
}

/** What runs a model. Knows no tasks. */
export interface Engine {
  readonly kind: string;
  /** Most concurrent requests of a pass. */
  readonly maxConcurrency: number;
  /**
   * Loads the model in a process of its own.
   *
   * @throws {ModelError} if the weights can't be loaded
   * @throws {EnvironmentError} if the machine lacks a library or memory
   */
  open(model: ModelSpec, options: EngineOptions, signal: AbortSignal): Promise<LoadedModel>;
  /**
   * Loads two models side by side to compare their distributions; undefined where an engine doesn't give whole ones.
   *
   * @throws as `open`; {ModelError} if the two have not the same vocabulary, or can't be loaded into one process
   */
  readonly openPair?:
    | ((base: ModelSpec, model: ModelSpec, options: EngineOptions, signal: AbortSignal) => Promise<ModelPair>)
    | undefined;
}

/** The model that drafts tokens for another. */
export interface DraftFacts {
  /** Of its file. */
  readonly name: string;
  readonly parameters: number;
  readonly weightsBytes: number;
  readonly quantisation: string;
  /** Proposed at once for an answer, at most. */
  readonly tokens: number;
}

export interface ModelInfo {
  readonly architecture: string;
  readonly parameters: number | undefined;
  readonly weightsBytes: number | undefined;
  readonly quantisation: string | undefined;
  /** Tokens that the model was trained to hold. */
  readonly trainedContextTokens: number | undefined;
  /** Tokens that one sequence may hold here. */
  readonly contextTokens: number;
  readonly vocabularySize: number | undefined;
  /** sha256 of the chat template's text; undefined where the model has none. */
  readonly chatTemplateSha256: string | undefined;
  /** Undefined in engines that know nothing of it. */
  readonly thinking?: Thinking | undefined;
  /** Whether prompts are rendered by the chat template in generation tasks (`promptStyle`, resolved). */
  readonly promptStyle: PromptStyle;
  /** Answers with a JSON schema are to be held to it (`ModelSpec.structuredOutput`). */
  readonly structuredOutput?: boolean | undefined;
  /** sha256 over vocabulary, types and merges, or what comes near; identifies the tokenizer. */
  readonly tokenizerSha256: string | undefined;
  /** Name and version of the engine and its native library, such as `llama.cpp v0.5.0 (node-llama-cpp 3.22.1 zen4)`. */
  readonly engineBuild: string;
  /** Kernel variant or device back-ends in use, such as `CPU haswell`. */
  readonly devices: readonly string[];
  /** Where it computes and why, as a predicate such as `computes on NVIDIA A10 (cuda)`, where that tells something. */
  readonly computesOn?: string | undefined;
  readonly threads: number | undefined;
  /** Process ids whose memory and CPU time are the engine's. */
  readonly processIds: readonly number[];
  /** GPUs of this machine that it may use, by index or UUID: none where it computes on the CPU; undefined if unknown. */
  readonly gpus: readonly string[] | undefined;
  /** GPUs that the model is spread over, or copied to; undefined where it is one, or the host. */
  readonly deviceCount: number | undefined;
  /** Command line of the server that perbench started for it. */
  readonly serverCommand: string | undefined;
  /** How a server scores continuations, in a few words; undefined where it doesn't, and of engines of perbench's own. */
  readonly scoredBy?: string | undefined;
  /** What drafts tokens for it (speculative decoding). */
  readonly draft?: DraftFacts | undefined;
  /** How requests differ here from what they usually are, in one line each: said at the start, kept in the manifest. */
  readonly notes?: readonly string[] | undefined;
}

export interface Capabilities {
  readonly generate: boolean;
  readonly loglikelihood: boolean;
  /** `prefix` reuse in passes. */
  readonly prefixReuse: boolean;
  /** Token counts of the engine itself; without them, figures in tokens are unavailable. */
  readonly usage: boolean;
  /** False where nothing tells how much memory the engine takes: `memory()` throws then. */
  readonly memory: boolean;
  /** Times are taken in perbench's own process, so that a busy client can distort them. */
  readonly isTimedByClient: boolean;
  /** Why log-likelihoods can't be had, in a few words, where they can't. */
  readonly whyNoLoglikelihood: string | undefined;
  /** Log-likelihoods come by a detour that costs more than the model needs: scores are exact, times are not its own. */
  readonly isLoglikelihoodDetour: boolean;
  /** Answers can be held to a JSON schema; undefined is no. */
  readonly structuredOutput?: boolean | undefined;
}

/** A model that is loaded; disposing it stops its process and all children. */
export interface LoadedModel extends AsyncDisposable {
  readonly info: ModelInfo;
  readonly capabilities: Capabilities;
  /** Results come in completion order. Ends early, without error, when `pass.signal` aborts. */
  generate(requests: AsyncIterable<GenerateRequest>, pass: PassOptions): AsyncIterable<Generation>;
  loglikelihood(requests: AsyncIterable<LoglikelihoodRequest>, pass: PassOptions): AsyncIterable<Loglikelihood>;
  /** Compute threads from the next decode on; undefined where the engine can't change them. */
  readonly setThreads?: ((threads: number) => void) | undefined;
  /** Starts a new peak: what `memory()` reports as peak is the highest since this call. */
  resetMemoryPeak(): Promise<void>;
  memory(): Promise<MemoryReading>;
  /** Starts to watch the engine's own metrics, where it has some: what is asked after that is in the window. */
  readonly watch: (() => Promise<{ stop(): Promise<ServerWindow> }>) | undefined;
  /** Client processes beside perbench's own; undefined where that sends the requests itself. */
  readonly clients: ClientProcesses | undefined;
}

export interface PassOptions {
  /** Requests in flight at once, at least 1. */
  readonly concurrency: number;
  /**
   * `prefix`: tokens shared with other requests may be decoded once. Results are the same within the stated tolerance.
   * `none` wherever time is measured.
   */
  readonly reuse: 'none' | 'prefix';
  /** Ask for tokens as they come: without it, an engine behind a network may know the first token's time only as the last's. */
  readonly isStreamed?: boolean;
  /**
   * So many requests can always be had beyond those that are answered, as long as there are any. An engine then waits for
   * them, so that what it answers together follows from their order and the answers, never from when requests arrive.
   * Undefined where requests come in their own time.
   */
  readonly ahead?: number | undefined;
  readonly signal: AbortSignal;
  /** Hears now and then what the engine is working on, also while no answer comes. */
  readonly onWork?: ((work: WorkInFlight) => void) | undefined;
}

/** Requests that have begun and aren't answered yet. */
export interface WorkInFlight {
  readonly requests: number;
  /** Done for them so far; undefined where the engine tells only with the answer. */
  readonly tokens: { readonly prompt: number; readonly output: number } | undefined;
}

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

export type Prompt =
  | { readonly style: 'plain'; readonly text: string }
  /** `prefill` is the start of the assistant's answer, appended after the rendered template. */
  | { readonly style: 'chat'; readonly messages: readonly ChatMessage[]; readonly prefill?: string };

export interface GenerateRequest {
  readonly id: string;
  readonly prompt: Prompt;
  /** Of the answer; thoughts have a budget of their own. */
  readonly maxTokens: number;
  /** Lowers the budget of thoughts for this request. */
  readonly maxThinkingTokens?: number | undefined;
  /** The answer is cut before the first of them; thoughts aren't. */
  readonly stop: readonly string[];
  /** Goes on to the limit of tokens though the model would end its answer, where the engine can: only the work matters. */
  readonly ignoresEnd?: boolean | undefined;
  /** Ask for the log-probability of each generated token. */
  readonly logprobs?: boolean;
  /** JSON Schema that the answer is held to, thoughts aside; an engine without the capability fails the request. */
  readonly jsonSchema?: Readonly<Record<string, unknown>> | undefined;
  /** Ask for the prompt as it was rendered. */
  readonly wantsPrompt?: boolean | undefined;
  /** When an open loop meant it to start, on the clock of `RequestTimes`; its latency counts from there. */
  readonly scheduledMs?: number;
}

/** Monotonic times in milliseconds on one clock (clock.ts). */
export interface RequestTimes {
  /** When the request could have started: for a closed loop, when a slot was free; for an open loop, when it was due. */
  readonly scheduledMs: number;
  /** When its first prompt token went into a decode. */
  readonly startedMs: number;
  /**
   * When its first output token was known; for log-likelihoods, when the first value was. Undefined where the answer came
   * in one piece.
   */
  readonly firstTokenMs?: number | undefined;
  readonly lastTokenMs: number;
}

/**
 * Why a request has no result. `prompt_too_long`: prompt and answer don't fit into the context, nothing was cut.
 * `template`: the chat template threw. `engine`: anything else that concerns this request alone.
 */
export interface RequestFailure {
  readonly id: string;
  readonly status: 'failed';
  readonly reason: 'prompt_too_long' | 'template' | 'engine';
  readonly message: string;
  readonly promptTokens: number | undefined;
}

/**
 * Why an answer ended. `stop`: a stop string or an end-of-generation token; `length`: the token limit of the answer;
 * `budget_cut`: it ended in thoughts, mostly by their budget, before any answer; `content_filter`: a server's filter.
 */
export type FinishReason = 'stop' | 'length' | 'budget_cut' | 'content_filter';

/** Of an answer whose tokens nobody counted: its counts are 0, and stand for nothing. */
export const uncountedRemark = 'have no token counts that can be used';

/** Whether the token counts of a result stand for nothing. */
export function isUncounted(result: { readonly remarks?: readonly string[] | undefined } | object): boolean {
  return 'remarks' in result && result.remarks?.includes(uncountedRemark) === true;
}

export interface GenerationResult {
  readonly id: string;
  readonly status: 'done';
  /** The answer, without thoughts. */
  readonly text: string;
  /** What the model thought before it answered; undefined where it didn't. */
  readonly thoughts?: string | undefined;
  /** Tokens of thoughts and their marks, counted in `outputTokens` as well; undefined where the model wasn't to think and didn't. */
  readonly thinkingTokens?: number | undefined;
  readonly finishReason: FinishReason;
  /** What is odd about the answer though it is one, such as another model than asked; phrases that follow "answers". */
  readonly remarks?: readonly string[] | undefined;
  /** As rendered, where it was asked for and the engine can tell. */
  readonly renderedPrompt?: string | undefined;
  readonly promptTokens: number;
  /** Prompt tokens that were not decoded for this request, thanks to prefix reuse. */
  readonly reusedTokens: number;
  /** Tokens that a draft model proposed, and how many of them the model chose itself; absent where none were. */
  readonly draftedTokens?: number | undefined;
  readonly acceptedTokens?: number | undefined;
  /** Tokens sampled, an end-of-generation token not counted. */
  readonly outputTokens: number;
  readonly tokenLogprobs: readonly number[] | undefined;
  /** First token ids of the prompt, at most 32: shows a missing or doubled BOS. */
  readonly promptHead: readonly number[];
  /** sha256 of the rendered prompt text. */
  readonly promptSha256: string;
  /** Times that it was asked again, after failures that could pass; its times then aren't the model's. */
  readonly retries: number;
  readonly times: RequestTimes;
}

export type Generation = GenerationResult | RequestFailure;

/** One context with all its continuations: they are scored against the same prefix. */
export interface LoglikelihoodRequest {
  readonly id: string;
  readonly context: string;
  readonly continuations: readonly string[];
  /** As in `GenerateRequest`. */
  readonly scheduledMs?: number;
}

export interface ContinuationScore {
  /** Natural-log probability of the continuation given the context, summed in float64. */
  readonly logprob: number;
  readonly tokenIds: readonly number[];
  readonly tokenLogprobs: readonly number[];
  /** Every token of the continuation was the most likely one. */
  readonly isGreedy: boolean;
}

export interface LoglikelihoodResult {
  readonly id: string;
  readonly status: 'done';
  readonly continuations: readonly ContinuationScore[];
  readonly contextTokens: number;
  /** Tokens not decoded for this request, thanks to prefix reuse between requests. */
  readonly reusedTokens: number;
  /** Tokens decoded for it. */
  readonly decodedTokens: number;
  /** The joint tokenisation doesn't start with the context's own: scored from the longest common prefix. */
  readonly boundaryShift: boolean;
  readonly promptHead: readonly number[];
  readonly promptSha256: string;
  /** As in `GenerationResult`. */
  readonly retries: number;
  /** Exchanges with a server that it took, tries that failed included; undefined where it took one for each try. */
  readonly exchanges: number | undefined;
  readonly times: RequestTimes;
}

export type Loglikelihood = LoglikelihoodResult | RequestFailure;

/** A text over whose tokens distributions are compared. */
export type LossText = { readonly id: string } & (
  | {
      /** Counted from the first token of the answer on; the prompt is rendered by the base's chat template. */
      readonly kind: 'answer';
      readonly prompt: Prompt;
      readonly answer: string;
    }
  | {
      /** Counted as its log-likelihood is: {@link LoglikelihoodRequest}. */
      readonly kind: 'continuation';
      readonly context: string;
      readonly continuation: string;
    }
  | {
      /** Chunks of so many tokens, each after a BOS where the vocabulary has one, counted in the second half. */
      readonly kind: 'plain';
      readonly text: string;
      readonly chunkTokens: number;
      /** Chunks from the start; all by default. */
      readonly chunks?: number | undefined;
    }
);

/** What a text gave: positions of its prompt, or of each chunk; or why it was left out. */
export type LossResult =
  | { readonly id: string; readonly status: 'done'; readonly positions: LossPositions }
  | { readonly id: string; readonly status: 'skipped'; readonly reason: string };

/** Two configurations loaded in one process. */
export interface ModelPair extends AsyncDisposable {
  /** Of the base, which also tokenises: whether prompts are rendered by the chat template in generation tasks. */
  readonly promptStyle: PromptStyle;
  /**
   * One text after the other, each fetched when the one before is done.
   *
   * @throws {EngineError} if the process fails, or logits are not numbers
   */
  compare(texts: AsyncIterable<LossText>, signal: AbortSignal): AsyncIterable<LossResult>;
}
