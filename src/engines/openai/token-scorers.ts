import { createEchoScorer } from './echo-scorer.ts';
import { createForcedScorer } from './forced-scorer.ts';
import type { ServedTarget } from './generate-request.ts';
import type { OpenAiOptions } from './openai-options.ts';
import { createSglangScorer, createVllmScorer } from './prompt-scorer.ts';
import type { CreateTokenScorer, TokenScorer } from './token-scorer.ts';

export type TokenScorerName = Exclude<OpenAiOptions['loglikelihood'], 'auto' | 'none'>;

const scorers: Readonly<Record<TokenScorerName, CreateTokenScorer>> = {
  vllm: createVllmScorer,
  sglang: createSglangScorer,
  echo: createEchoScorer,
  forced: createForcedScorer,
};

/** One way to score continuations, for requests of one process. */
export function createTokenScorer(name: TokenScorerName, target: ServedTarget): TokenScorer {
  return scorers[name](target);
}
