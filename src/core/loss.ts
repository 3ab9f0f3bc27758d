/** An estimate with its 95 % interval. */
export interface BoundedEstimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** What loss was taken on: the prompts of a task with the base's answers, or a text. */
export type LossSource =
  | { readonly kind: 'task'; readonly taskId: string }
  | { readonly kind: 'text'; readonly name: string; readonly sha256: string };

/** How far next-token distributions are from those of a base over the same tokens; docs/loss.md. */
export interface LossFigures {
  /** Positions whose distributions were compared, and the prompts or chunks that they are of. */
  readonly tokens: number;
  readonly texts: number;
  /** Kullback-Leibler divergence from the base, in nats, mean over positions. */
  readonly klDivergence: BoundedEstimate;
  /** Percentiles of the divergence of single positions, in nats. */
  readonly klMedian: number;
  readonly klP99: number;
  readonly klMax: number;
  /** Share of positions at which both have the same likeliest token, 0 to 1. */
  readonly topAgreement: BoundedEstimate;
  /** Perplexity of the tokens under the base and under the configuration, and their ratio. */
  readonly basePerplexity: number;
  readonly perplexity: number;
  readonly perplexityRatio: BoundedEstimate;
}

/** The loss of a configuration against a base. Definitions are those of llama.cpp's `llama-perplexity --kl-divergence`. */
export interface LossRecord extends LossFigures {
  readonly model: string;
  readonly base: string;
  readonly source: LossSource;
}

/** What is compared at the counted tokens of one text, in their order. */
export interface LossPositions {
  /** In nats, never below 0. */
  readonly divergences: Float64Array;
  /** Natural log-probabilities of the token that follows, under the base and under the configuration. */
  readonly baseLogprobs: Float64Array;
  readonly logprobs: Float64Array;
  /** 1 where both have the same likeliest token, else 0. */
  readonly sameTop: Uint8Array;
}

/** Tokens of a chunk of plain text, by default those of `llama-perplexity`. */
export const usualChunkTokens = 512;

/** Prompts of a task, or chunks of a text, by default. */
export const usualLossItems = 100;
