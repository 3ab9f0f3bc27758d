/** An estimate with its 95 % interval. */
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** What loss was taken on: the prompts of a task with the base's answers, or a text. */
export type LossSource =
  | { readonly kind: 'task'; readonly taskId: string }
  | { readonly kind: 'text'; readonly name: string; readonly sha256: string };

/**
 * How far a configuration's next-token distributions are from those of the base model, over the same tokens.
 * Definitions are those of llama.cpp's `llama-perplexity --kl-divergence`.
 */
export interface LossRecord {
  readonly model: string;
  readonly base: string;
  readonly source: LossSource;
  /** Positions whose distributions were compared, and the prompts or chunks that they are of. */
  readonly tokens: number;
  readonly texts: number;
  /** Kullback-Leibler divergence from the base, in nats, mean over positions. */
  readonly klDivergence: Interval;
  /** Percentiles of the divergence of single positions, in nats. */
  readonly klMedian: number;
  readonly klP99: number;
  readonly klMax: number;
  /** Share of positions at which both have the same likeliest token, 0 to 1. */
  readonly topAgreement: Interval;
  /** Perplexity of the tokens under the base and under the configuration, and their ratio. */
  readonly basePerplexity: number;
  readonly perplexity: number;
  readonly perplexityRatio: Interval;
}
