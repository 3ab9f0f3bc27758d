import type { PromptStyle } from '../../core/engine.ts';
import { ServerError } from '../../core/errors.ts';
import { createEchoScorer } from './echo-scorer.ts';
import { createBiasScorer, createGrammarScorer } from './forced-scorer.ts';
import { askHarmless, generateOne, type ServedTarget } from './generate-request.ts';
import { createSglangScorer, createVllmScorer } from './prompt-scorer.ts';
import { learnChanges, withChanges } from './probe-fields.ts';
import type { OpenAiOptions } from './served-options.ts';
import type { ServerFacts, ServerFlavour } from './server-facts.ts';
import { RequestFault } from './request-fault.ts';
import type { CreateTokenScorer, TokenScorer } from './token-scorer.ts';

export type TokenScorerName = Exclude<OpenAiOptions['loglikelihood'], 'auto' | 'none'>;

const scorers: Readonly<Record<TokenScorerName, CreateTokenScorer>> = {
  vllm: createVllmScorer,
  sglang: createSglangScorer,
  echo: createEchoScorer,
  grammar: createGrammarScorer,
  forced: createBiasScorer,
};

/** One way to score continuations, for requests of one process. */
export function createTokenScorer(name: TokenScorerName, target: ServedTarget): TokenScorer {
  return scorers[name](target);
}

/** What is worth trying at each kind of server. llama-server takes `echo` and answers something else. */
const candidates: Readonly<Record<ServerFlavour, readonly TokenScorerName[]>> = {
  'llama-server': ['grammar', 'forced'],
  vllm: ['vllm', 'echo'],
  sglang: ['sglang', 'echo'],
  ollama: [],
  unknown: ['echo'],
};

const probePrompts = ['One, two, three, four,', 'The capital of France is', 'Once upon a time, there was a'];

/** Another way to compute may give slightly other numbers; a wrong one differs by nats. */
const tolerance = 0.2;

interface KnownAnswer {
  readonly prompt: string;
  /** What the model says next, and how likely it finds that. */
  readonly token: string;
  readonly logprob: number;
}

/**
 * Lets the model say one token, so that its log-probability is known without any trust in how prompts are scored.
 *
 * @returns or why it can't be known
 */
async function findKnownAnswer(target: ServedTarget, signal: AbortSignal): Promise<KnownAnswer | string> {
  for (const prompt of probePrompts) {
    const request = {
      id: 'probe',
      prompt: { style: 'plain', text: prompt },
      maxTokens: 1,
      stop: [],
      logprobs: true,
    } as const;
    const pass = { concurrency: 1, reuse: 'none', signal } as const;
    const result = await generateOne(target, request, pass, { place: 0, scheduledMs: 0, signal });
    if (result.status === 'failed') return `/completions: ${result.message}`;
    const [logprob] = result.tokenLogprobs ?? [];
    if (logprob === undefined) return 'the server provides no log-probabilities';
    if (/\w/.test(result.text) && !result.text.includes('\uFFFD')) return { prompt, token: result.text, logprob };
  }
  return 'the server gave no text with a log-probability';
}

/** Why a way to score gives wrong answers; undefined where it gives the known one. */
async function findFault(
  scorer: TokenScorer,
  { prompt, token, logprob }: KnownAnswer,
  signal: AbortSignal,
): Promise<string | undefined> {
  const unlikely = ' zygote';
  try {
    const request = { context: prompt, continuations: [token, unlikely] };
    const { continuations } = await scorer.score(request, { reuse: 'none' }, { place: 0, signal });
    const [said, other] = continuations;
    if (said === undefined || other === undefined) return 'no scores';
    const difference = Math.abs(said.logprob - logprob);
    if (!(difference <= tolerance))
      return `a token with a known log-probability of ${logprob.toFixed(3)} was scored ${said.logprob.toFixed(3)}`;
    if (!said.isGreedy) return 'the most likely token was not scored as the most likely';
    return other.logprob < said.logprob ? undefined : 'an unlikely word was scored above the most likely one';
  } catch (error) {
    if (error instanceof RequestFault || (error instanceof ServerError && error.at.statusCode !== undefined))
      return error.message;
    throw error;
  }
}

/**
 * Finds a way to score continuations that gives a known answer, or says why there is none: a server that generates may
 * do what it likes where it is asked for more.
 *
 * @param style that of the endpoint at which it generates
 * @throws {ServerError} if it doesn't generate any more
 */
export async function probeLikelihood(
  target: ServedTarget,
  { choice, style }: { readonly choice: OpenAiOptions['loglikelihood']; readonly style: PromptStyle },
  signal: AbortSignal,
): Promise<FoundScorer> {
  if (choice === 'none') return { reason: 'turned off by the option loglikelihood' };
  const names = choice === 'auto' ? candidates[target.facts.flavour] : [choice];
  if (names.length === 0)
    return { reason: `${target.facts.flavour} provides log-probabilities of generated tokens only` };
  try {
    const changes = style === 'plain' ? undefined : await learnChanges(target, 'plain', signal);
    return await findScorer(changes === undefined ? target : withChanges(target, 'plain', changes), names, signal);
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    await askHarmless(target, style, signal);
    return { reason: error.message };
  }
}

/** A way that was found, with what the server was learned to refuse on it. */
type FoundScorer =
  | { readonly way: TokenScorerName; readonly scorer: TokenScorer; readonly facts: ServerFacts }
  | { readonly reason: string };

async function findScorer(
  target: ServedTarget,
  names: readonly TokenScorerName[],
  signal: AbortSignal,
): Promise<FoundScorer> {
  const known = await findKnownAnswer(target, signal);
  if (typeof known === 'string') return { reason: known };
  const reasons: string[] = [];
  for (const name of names) {
    const scorer = createTokenScorer(name, target);
    const fault = await findFault(scorer, known, signal);
    if (fault === undefined) return { way: name, scorer, facts: target.facts };
    reasons.push(`${scorer.name}: ${fault}`);
  }
  return { reason: reasons.join('; ') };
}
