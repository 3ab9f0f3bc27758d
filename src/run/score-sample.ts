import {
  type Generation,
  type GenerateRequest,
  isUncounted,
  type Loglikelihood,
  type LoglikelihoodRequest,
  type RequestFailure,
} from '../core/engine.ts';
import { ScorerError } from '../core/errors.ts';
import type { Sample } from '../core/sample.ts';
import type { GenerateTask, ItemScore, LikelihoodTask, Task } from '../core/task.ts';
import * as z from 'zod';

/** The prompt as a person reads it in a sample. */
export function promptText(
  request: Omit<GenerateRequest, 'id'> | Pick<LoglikelihoodRequest, 'context' | 'continuations'>,
): string {
  if ('continuations' in request)
    return JSON.stringify({ context: request.context, continuations: request.continuations });
  return request.prompt.style === 'plain' ? request.prompt.text : JSON.stringify(request.prompt.messages);
}

const rawGeneration = z.object({
  text: z.string(),
  finishReason: z.enum(['stop', 'length', 'budget_cut', 'content_filter']),
  /** Absent where the model didn't think. */
  hasThoughts: z.boolean().optional(),
});
type RawGeneration = z.output<typeof rawGeneration>;
const rawLikelihood = z.object({
  continuations: z.array(
    z.object({
      logprob: z.number(),
      tokenIds: z.array(z.number()),
      tokenLogprobs: z.array(z.number()),
      isGreedy: z.boolean(),
    }),
  ),
});

/** A failed item counts as wrong: score 0, and 0 in every metric that its task reports. */
const failedScore: ItemScore = { value: 0, answer: undefined, isUnparsed: false, metrics: {} };

function cutOf(finishReason: RawGeneration['finishReason']): Sample['cut'] {
  return finishReason === 'budget_cut' || finishReason === 'content_filter' ? finishReason : undefined;
}

/**
 * The score of a generation. What never came is read by no scorer: some take an empty text for "there is no answer".
 */
function generationScore(task: GenerateTask, item: unknown, raw: RawGeneration): ItemScore {
  const { text, finishReason, hasThoughts = false } = raw;
  if (cutOf(finishReason) !== undefined) return failedScore;
  // Blank up to the limit: where thoughts are hidden, they took all of it.
  if ((hasThoughts || finishReason === 'length') && text.trim() === '') return { ...failedScore, isUnparsed: true };
  return task.score(item, { text, finishReason });
}

interface Verdict {
  readonly score: ItemScore;
  readonly failure: Sample['failure'];
}

/** A scorer of the user's own that fails on one answer fails its item; the run goes on. */
function judged(score: () => ItemScore): Verdict {
  try {
    return { score: score(), failure: undefined };
  } catch (error) {
    if (!(error instanceof ScorerError)) throw error;
    return { score: failedScore, failure: { reason: 'scorer', message: error.message } };
  }
}

function baseSample(task: Task, item: unknown, position: number, prompt: string) {
  return { itemId: task.itemId(item), position, prompt, expected: task.expected(item), cluster: task.cluster?.(item) };
}

function failedSample(base: ReturnType<typeof baseSample>, failure: RequestFailure): Sample {
  const { reason, message, promptTokens = 0 } = failure;
  return {
    ...base,
    promptSha256: '',
    output: '',
    raw: '',
    answer: undefined,
    score: 0,
    metrics: {},
    detail: {},
    isUnparsed: false,
    isTruncated: false,
    failure: { reason, message },
    promptTokens,
    reusedTokens: 0,
    outputTokens: 0,
    times: undefined,
  };
}

function scored({ value, answer, metrics, detail = {}, isUnparsed }: ItemScore) {
  return { score: value, answer, metrics, detail, isUnparsed };
}

export function generationSample(
  task: GenerateTask,
  item: unknown,
  position: number,
  request: GenerateRequest,
  result: Generation,
): Sample {
  const base = baseSample(task, item, position, promptText(request));
  if (result.status === 'failed') return failedSample(base, result);
  const { text, finishReason, promptTokens, reusedTokens, outputTokens, promptSha256, times } = result;
  const { thoughts, thinkingTokens } = result;
  const hasThoughts = thoughts !== undefined || thinkingTokens !== undefined;
  const raw: RawGeneration = { text, finishReason, ...(hasThoughts && { hasThoughts }) };
  const { score, failure } = judged(() => generationScore(task, item, raw));
  return {
    ...base,
    ...scored(score),
    promptSha256,
    output: text,
    raw: JSON.stringify(raw),
    // A label asked for in a few tokens always ends at the limit: only one that can't be read was cut.
    isTruncated: finishReason === 'length' && (task.category === 'generation' || score.isUnparsed),
    cut: cutOf(finishReason),
    thoughts,
    thinkingTokens,
    failure,
    promptTokens: isUncounted(result) ? undefined : promptTokens,
    reusedTokens,
    outputTokens: isUncounted(result) ? undefined : outputTokens,
    times,
  };
}

export function likelihoodSample(
  task: LikelihoodTask,
  item: unknown,
  position: number,
  request: LoglikelihoodRequest,
  result: Loglikelihood,
): Sample {
  const base = baseSample(task, item, position, promptText(request));
  if (result.status === 'failed') return failedSample(base, result);
  const { continuations, contextTokens, decodedTokens, reusedTokens, promptSha256, times } = result;
  return {
    ...base,
    ...scored(task.score(item, { continuations })),
    promptSha256,
    output: JSON.stringify(continuations.map(({ logprob }) => Number(logprob.toFixed(4)))),
    raw: JSON.stringify({ continuations }),
    isTruncated: false,
    failure: undefined,
    promptTokens: Math.max(decodedTokens + reusedTokens, contextTokens),
    reusedTokens,
    outputTokens: 0,
    times,
  };
}

/**
 * Scores a stored output again, by the task's present scorer; one that only its scorer failed on may be right now.
 *
 * @throws {ScorerError} if a scorer of the user's own fails
 * @throws {z.ZodError} if what is stored isn't what the engine gave
 */
export function rescoreSample(task: Task, item: unknown, sample: Sample): ItemScore {
  if (sample.failure !== undefined && sample.failure.reason !== 'scorer') return failedScore;
  const raw: unknown = JSON.parse(sample.raw);
  return task.kind === 'generate'
    ? generationScore(task, item, rawGeneration.parse(raw))
    : task.score(item, rawLikelihood.parse(raw));
}
