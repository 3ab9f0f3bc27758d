import type { FinishReason, RequestFailure, RequestTimes } from './engine.ts';

/** The record of one item answered by one model. */
export interface Sample {
  readonly itemId: string;
  /** Position in the task's own order, from 0. */
  readonly position: number;
  /** Prompt as text: the plain prompt, the chat messages as JSON, or context and continuations as JSON. */
  readonly prompt: string;
  /** sha256 of what the engine decoded: the rendered prompt. */
  readonly promptSha256: string;
  /** Text generated; for log-likelihood tasks, JSON of sums and token counts by continuation. */
  readonly output: string;
  /** What `rescore` needs to score again: the engine's result without times. */
  readonly raw: string;
  readonly expected: string;
  readonly answer: string | undefined;
  /** In [0, 1]; a failed item has 0. */
  readonly score: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly detail: Readonly<Record<string, string | number | boolean>>;
  readonly isUnparsed: boolean;
  /** The token limit ended the answer. */
  readonly isTruncated: boolean;
  /** Why there is no answer that could be scored; it counts as wrong, apart from wrong answers. */
  readonly cut?: Extract<FinishReason, 'budget_cut' | 'content_filter'> | undefined;
  /** What the model thought; undefined where it didn't. Never scored. */
  readonly thoughts?: string | undefined;
  /** Of `outputTokens`; undefined where it didn't think. */
  readonly thinkingTokens?: number | undefined;
  /** Why the item has no score. `scorer`: the answer is there, but a scorer of the user's own failed on it. */
  readonly failure: { readonly reason: RequestFailure['reason'] | 'scorer'; readonly message: string } | undefined;
  readonly cluster: string | undefined;
  /** Undefined where nobody counted them. */
  readonly promptTokens: number | undefined;
  readonly reusedTokens: number;
  /** Undefined where nobody counted them. */
  readonly outputTokens: number | undefined;
  readonly times: RequestTimes | undefined;
}
