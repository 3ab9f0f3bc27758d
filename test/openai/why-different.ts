/*
 * Why two runs of the same weights answered an item differently: how far apart the two answers are, in nats, where they
 * part. Builds of llama.cpp and kernels of a CPU add numbers up in another order and round activations otherwise; where
 * two tokens are about as likely, that decides.
 */
import * as z from 'zod';
import type { Sample } from '../../src/core/sample.ts';

export interface Parting {
  /** What the two say next, after the part that they share. */
  readonly own: string;
  readonly served: string;
  /** How much likelier the server's is than the llama engine's, by the server: nats. Undefined if it doesn't say. */
  readonly servedNats: number | undefined;
  /** The same from the other side, where the llama engine's scores are known: how much likelier its own is. */
  readonly ownNats: number | undefined;
}

const likelihoods = z.object({ continuations: z.array(z.object({ logprob: z.number() })) });
const tokenList = z.object({ tokens: z.array(z.number()) });
const rendered = z.object({ prompt: z.string() });
const properties = z.looseObject({ eos_token: z.string() });
const nextToken = z.object({
  completion_probabilities: z
    .array(z.object({ top_logprobs: z.array(z.object({ id: z.number(), token: z.string(), logprob: z.number() })) }))
    .min(1),
});

/** Tokens that the server is asked to list; a choice that isn't among them is no near tie. */
const listed = 2000;

export function sumsOf(sample: Sample): readonly number[] | undefined {
  const parsed = likelihoods.safeParse(JSON.parse(sample.raw));
  return parsed.success ? parsed.data.continuations.map(({ logprob }) => logprob) : undefined;
}

async function post<Answer>(root: string, path: string, body: object, schema: z.ZodType<Answer>): Promise<Answer> {
  const response = await fetch(root + path, { method: 'POST', body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  return schema.parse(await response.json());
}

async function tokensOf(root: string, content: string, isPrompt: boolean): Promise<readonly number[]> {
  const body = { content, add_special: isPrompt, parse_special: isPrompt };
  return (await post(root, '/tokenize', body, tokenList)).tokens;
}

async function promptTokens(root: string, prompt: string): Promise<readonly number[]> {
  if (!prompt.startsWith('[{"role"')) return tokensOf(root, prompt, true);
  const { prompt: text } = await post(root, '/apply-template', { messages: JSON.parse(prompt) }, rendered);
  return tokensOf(root, text, true);
}

/** Two answers in words: the server is asked again for what it would say where they part. */
async function partInWords(root: string, own: Sample, served: Sample): Promise<Parting> {
  const [left, right] = [await tokensOf(root, own.output, false), await tokensOf(root, served.output, false)];
  let shared = 0;
  while (shared < left.length && left[shared] === right[shared]) shared += 1;
  const { eos_token: end } = properties.parse(await (await fetch(`${root}/props`)).json());
  const [endToken] = (await post(root, '/tokenize', { content: end, parse_special: true }, tokenList)).tokens;
  const before = [...(await promptTokens(root, served.prompt)), ...left.slice(0, shared)];
  const body = { prompt: before, n_predict: 1, temperature: 0, n_probs: listed, post_sampling_probs: false };
  const [step] = (await post(root, '/completion', body, nextToken)).completion_probabilities;
  const find = (token: number | undefined) => step?.top_logprobs.find(({ id }) => id === (token ?? endToken));
  const [ownNext, servedNext] = [find(left[shared]), find(right[shared])];
  const isKnown = ownNext !== undefined && servedNext !== undefined;
  return {
    own: left[shared] === undefined ? 'the end' : JSON.stringify(ownNext?.token ?? '?'),
    served: right[shared] === undefined ? 'the end' : JSON.stringify(servedNext?.token ?? '?'),
    servedNats: isKnown ? servedNext.logprob - ownNext.logprob : undefined,
    ownNats: undefined,
  };
}

/** Two picks among the same choices, by the sums that both have. */
function partByChoice(own: Sample, served: Sample, ownSums: readonly number[], servedSums: readonly number[]): Parting {
  const [left, right] = [Number(own.detail['predicted']), Number(served.detail['predicted'])];
  const margin = (sums: readonly number[], for_: number, against: number): number =>
    (sums[for_] ?? Number.NaN) - (sums[against] ?? Number.NaN);
  return {
    own: `choice ${left + 1}`,
    served: `choice ${right + 1}`,
    servedNats: margin(servedSums, right, left),
    ownNats: margin(ownSums, left, right),
  };
}

/** @param baseUrl - the server that gave `served`; ends with `/v1` */
export async function findParting(baseUrl: string, own: Sample, served: Sample): Promise<Parting> {
  const [ownSums, servedSums] = [sumsOf(own), sumsOf(served)];
  if (ownSums !== undefined && servedSums !== undefined) return partByChoice(own, served, ownSums, servedSums);
  return partInWords(baseUrl.replace(/\/v1$/, ''), own, served);
}
