import type { ContinuationScore, PromptStyle } from '../../core/engine.ts';
import { ServerError } from '../../core/errors.ts';
import { createEchoScorer } from './echo-scorer.ts';
import { createBiasScorer, createGrammarScorer } from './forced-scorer.ts';
import { askHarmless, generateOne, type ServedTarget } from './generate-request.ts';
import { learnChanges, withChanges } from './probe-fields.ts';
import { createPromptScorer, type PromptWay } from './prompt-scorer.ts';
import { type PromptValues, sglangValues, vllmValues } from './prompt-values.ts';
import type { OpenAiOptions } from './served-options.ts';
import type { ServerFacts, ServerFlavour } from './server-facts.ts';
import { RequestFault } from './request-fault.ts';
import type { CreateTokenScorer, TokenScorer } from './token-scorer.ts';

/** Ways to ask for values of prompts, those that take the fewest requests and tokens first. */
const promptWays = {
  next: { sends: 'texts', together: true, asksNext: true },
  texts: { sends: 'texts', together: true, asksNext: false },
  tokens: { sends: 'tokens', together: true, asksNext: false },
  single: { sends: 'tokens', together: false, asksNext: false },
} as const satisfies Record<string, PromptWay>;

function byPrompts(values: PromptValues, way: PromptWay): CreateTokenScorer {
  return (target) => createPromptScorer(values, way, target);
}

const scorers = {
  'vllm-next': byPrompts(vllmValues, promptWays.next),
  'vllm-texts': byPrompts(vllmValues, promptWays.texts),
  'vllm-tokens': byPrompts(vllmValues, promptWays.tokens),
  'vllm-single': byPrompts(vllmValues, promptWays.single),
  'sglang-next': byPrompts(sglangValues, promptWays.next),
  'sglang-texts': byPrompts(sglangValues, promptWays.texts),
  'sglang-tokens': byPrompts(sglangValues, promptWays.tokens),
  'sglang-single': byPrompts(sglangValues, promptWays.single),
  echo: (target) => createEchoScorer(true, target),
  'echo-single': (target) => createEchoScorer(false, target),
  forced: createGrammarScorer,
  'forced-single': createBiasScorer,
} as const satisfies Record<string, CreateTokenScorer>;

/** One way to score, with how many requests it makes of an item. */
export type TokenScorerName = keyof typeof scorers;

type ScoringChoice = Exclude<OpenAiOptions['loglikelihood'], 'auto' | 'none'>;

/** The ways of each kind; the first that gives a known answer is taken. */
const ways: Readonly<Record<ScoringChoice, readonly TokenScorerName[]>> = {
  vllm: ['vllm-next', 'vllm-texts', 'vllm-tokens', 'vllm-single'],
  sglang: ['sglang-next', 'sglang-texts', 'sglang-tokens', 'sglang-single'],
  echo: ['echo', 'echo-single'],
  forced: ['forced', 'forced-single'],
};

/** One way to score continuations, for requests of one process. */
export function createTokenScorer(name: TokenScorerName, target: ServedTarget): TokenScorer {
  return scorers[name](target);
}

/** What is worth trying at each kind of server. llama-server takes `echo` and answers something else. */
const candidates: Readonly<Record<ServerFlavour, readonly ScoringChoice[]>> = {
  'llama-server': ['forced'],
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

/** Where the model is surer, a probability among few tokens looks like one among all. */
const sureLogprob = -0.5;

/**
 * Lets the model say one token, so that its log-probability is known without any trust in how prompts are scored: one
 * that it isn't sure of, or the least sure.
 *
 * @returns or why it can't be known
 */
async function findKnownAnswer(target: ServedTarget, signal: AbortSignal): Promise<KnownAnswer | string> {
  let known: KnownAnswer | undefined;
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
    if (!/\w/.test(result.text) || result.text.includes('\uFFFD')) continue;
    if (known === undefined || logprob < known.logprob) known = { prompt, token: result.text, logprob };
    if (logprob < sureLogprob) break;
  }
  return known ?? 'the server gave no text with a log-probability';
}

/** What can be wrong with two scores of which the first is known. */
function faultOf(scores: readonly ContinuationScore[], { logprob }: KnownAnswer): string | undefined {
  const [said, other] = scores;
  if (said === undefined || other === undefined) return 'no scores';
  if (!(Math.abs(said.logprob - logprob) <= tolerance))
    return `a token with a known log-probability of ${logprob.toFixed(3)} was scored ${said.logprob.toFixed(3)}`;
  if (!said.isGreedy) return 'the most likely token was not scored as the most likely';
  if (other.isGreedy) return 'an unlikely word was scored as the most likely';
  return other.logprob < said.logprob ? undefined : 'an unlikely word was scored above the most likely one';
}

/**
 * Unlikely words of several tokens and of one, for each way that is tried: a text that was scored before may be wrong
 * from the first time on.
 */
const unlikelyWords = [
  [' zygote', ' in'],
  [' quinces', ' of'],
  [' walruses', ' on'],
  [' yonder', ' at'],
  [' pickled', ' by'],
  [' zenith', ' to'],
] as const;

/**
 * Why a way to score gives wrong answers; undefined where it gives the known one. Each continuation is scored more than
 * once: a server's cache, and tokens that are known from before, must not change a score.
 *
 * @param tried how many ways were
 */
async function findFault(
  scorer: TokenScorer,
  known: KnownAnswer,
  tried: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const words = unlikelyWords[tried % unlikelyWords.length] ?? unlikelyWords[0];
  const [long, short] = words.map((word) => (word === known.token ? ' xylem' : word)) as [string, string];
  const before = new Map<string, number>();
  try {
    for (const unlikely of [long, long, short, short, short]) {
      const request = { context: known.prompt, continuations: [known.token, unlikely] };
      const { continuations } = await scorer.score(request, { reuse: 'none', isProbe: true }, { place: 0, signal });
      const fault = faultOf(continuations, known);
      if (fault !== undefined) return fault;
      const logprob = continuations[1]?.logprob ?? 0;
      const first = before.get(unlikely) ?? logprob;
      if (Math.abs(logprob - first) > tolerance)
        return `the same words were scored ${first.toFixed(3)}, then ${logprob.toFixed(3)}`;
      before.set(unlikely, first);
    }
    return undefined;
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
  const choices = choice === 'auto' ? candidates[target.facts.flavour] : [choice];
  const names = choices.flatMap((one) => ways[one]);
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
  for (const [tried, name] of names.entries()) {
    const scorer = createTokenScorer(name, target);
    const fault = await findFault(scorer, known, tried, signal);
    if (fault === undefined) return { way: name, scorer, facts: target.facts };
    reasons.push(`${scorer.name}: ${fault}`);
  }
  return { reason: reasons.join('; ') };
}
