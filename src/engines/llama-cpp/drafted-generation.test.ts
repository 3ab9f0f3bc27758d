import { describe, expect, it } from 'vitest';
import { plainRequest } from '../../../test/conformance/engine-requests.ts';
import { toyEnd, type ToyChoice, type ToySource, toySource } from '../../../test/setup/toy-context.ts';
import type { GenerateRequest, Generation, GenerationResult, Thinking } from '../../core/engine.ts';
import { createRandom } from '../../stats/random.ts';
import type { PassSettings } from './engine-pass.ts';
import { GenerationPass } from './generation-pass.ts';

const letters = 'abcdefghij. ';

/** A number that the last tokens and their count decide. */
function hashOf(tokens: readonly number[]): number {
  let hash = tokens.length;
  for (const token of tokens.slice(-4)) hash = (hash * 31 + token) % 1_000_003;
  return (hash * 7919) % 1_000_003;
}

const choose: ToyChoice = (tokens) => {
  const hash = hashOf(tokens);
  const token = hash % 23 === 0 ? toyEnd : letters.charCodeAt(hash % letters.length);
  return { token, lead: 12 };
};
/** Right but for every third place. */
const sometimesWrong: ToyChoice = (tokens) =>
  hashOf(tokens) % 3 === 0 ? { token: 'z'.charCodeAt(0), lead: 12 } : choose(tokens);
const alwaysWrong: ToyChoice = () => ({ token: 'z'.charCodeAt(0), lead: 12 });
const neverSure: ToyChoice = (tokens) => ({ ...choose(tokens), lead: 1 });

const quiet: Thinking = { mode: 'none', because: '' };

function requestsOf(count: number, seed: number): readonly GenerateRequest[] {
  const random = createRandom(seed);
  const shared = 'the same start of many prompts, long enough to be reused. ';
  return Array.from({ length: count }, (_, index) =>
    plainRequest(String(index), (index % 2 === 0 ? shared : '') + 'word '.repeat(random.below(9)) + String(index), {
      maxTokens: 1 + random.below(24),
      stop: index % 3 === 0 ? ['. ', 'ab'] : [],
      logprobs: true,
    }),
  );
}

function run({ source }: ToySource, requests: readonly GenerateRequest[], settings: PassSettings): GenerationResult[] {
  const pass = new GenerationPass(source, settings);
  const results: Generation[] = [];
  const waiting = [...requests];
  while (waiting.length > 0 || !pass.isIdle) {
    for (const request of waiting.splice(0, 3)) pass.add(request);
    results.push(...pass.step());
  }
  return results.map((result) => {
    if (result.status === 'failed') throw new Error(result.message);
    return result;
  });
}

/** What must be the same however it was found. */
function answersOf(results: readonly GenerationResult[]): readonly object[] {
  return results
    .map(({ id, text, thoughts, thinkingTokens, finishReason, promptTokens, outputTokens, tokenLogprobs }) => ({
      id,
      text,
      thoughts,
      thinkingTokens,
      finishReason,
      promptTokens,
      outputTokens,
      tokenLogprobs,
    }))
    .toSorted((left, right) => Number(left.id) - Number(right.id));
}

function counts(results: readonly GenerationResult[]): { readonly drafted: number; readonly accepted: number } {
  const sum = (name: 'draftedTokens' | 'acceptedTokens'): number =>
    results.reduce((total, result) => total + (result[name] ?? 0), 0);
  return { drafted: sum('draftedTokens'), accepted: sum('acceptedTokens') };
}

const drafts = { right: choose, sometimesWrong, alwaysWrong, neverSure };

describe('drafted answers', () => {
  const requests = requestsOf(60, 1);
  it.each([
    { concurrency: 1, reuse: 'none', tokens: 8 },
    { concurrency: 4, reuse: 'none', tokens: 8 },
    { concurrency: 4, reuse: 'prefix', tokens: 3 },
    { concurrency: 7, reuse: 'prefix', tokens: 64 },
  ] as const)('are those without a draft: %o', ({ tokens, ...settings }) => {
    const plain = answersOf(run(toySource(choose, undefined, { thinking: quiet }), requests, settings));
    for (const draft of Object.values(drafts)) {
      const source = toySource(choose, { choose: draft, tokens }, { thinking: quiet });
      expect(answersOf(run(source, requests, settings))).toEqual(plain);
    }
  });

  it('count what was proposed and what came true', () => {
    const settings = { concurrency: 1, reuse: 'none' } as const;
    const unstopped = requests.map((request) => ({ ...request, stop: [] }));
    const countsOf = (draft: ToyChoice) =>
      counts(run(toySource(choose, { choose: draft, tokens: 4 }, { thinking: quiet }), unstopped, settings));
    const right = countsOf(drafts.right);
    expect(right.drafted).toBeGreaterThan(300);
    expect(right.accepted).toBe(right.drafted);
    expect(countsOf(drafts.alwaysWrong)).toEqual({ drafted: expect.any(Number), accepted: 0 });
    const { drafted, accepted } = countsOf(drafts.sometimesWrong);
    expect(accepted / drafted).toBeGreaterThan(0.2);
    expect(accepted / drafted).toBeLessThan(0.8);
    expect(countsOf(drafts.neverSure)).toEqual({ drafted: 0, accepted: 0 });
  });

  it('take fewer decodes of the model, as many as the draft is right', () => {
    const decodesWith = (draft: ToyChoice | undefined): number => {
      const toy = toySource(choose, draft && { choose: draft, tokens: 8 }, { thinking: quiet });
      run(toy, requests, { concurrency: 1, reuse: 'none' });
      return toy.contexts.reduce((sum, { decodes }) => sum + decodes, 0);
    };
    const [plain, wrong, half, right] = [undefined, alwaysWrong, sometimesWrong, choose].map(decodesWith);
    expect(wrong).toBe(plain);
    expect(half).toBeLessThan(plain ?? 0);
    expect(right).toBeLessThan((plain ?? 0) / 2);
  });

  it('know their first token by the model alone, and those accepted together at one time', () => {
    const toy = toySource(choose, { choose, tokens: 16 }, { thinking: quiet });
    const [result] = run(toy, [plainRequest('0', 'abc', { maxTokens: 6 })], { concurrency: 1, reuse: 'none' });
    const { firstTokenMs = 0, lastTokenMs = 0 } = result?.times ?? {};
    expect(result).toMatchObject({ outputTokens: 6, draftedTokens: 4, acceptedTokens: 4 });
    // The toy clock goes on by one each time that it is read.
    expect(lastTokenMs).toBe(firstTokenMs + 1);
  });

  it('do not reuse what the draft knows of earlier requests where nothing may be reused', () => {
    const same = ['0', '1'].map((id) => plainRequest(id, 'a prompt that is asked twice', { maxTokens: 4 }));
    const decoded = (reuse: 'none' | 'prefix'): number => {
      const toy = toySource(choose, { choose, tokens: 4 }, { thinking: quiet });
      let tokens = 0;
      const { draft } = toy.source;
      const counting = draft && {
        ...draft,
        open: (...[shape]: Parameters<typeof draft.open>) => {
          const context = draft.open(shape);
          const decode = context.decode.bind(context);
          context.decode = () => {
            tokens += context.batch.length;
            decode();
          };
          return context;
        },
      };
      run({ ...toy, source: { ...toy.source, draft: counting } }, same, { concurrency: 1, reuse });
      return tokens;
    };
    expect(decoded('none')).toBeGreaterThan(2 * 28);
    expect(decoded('prefix')).toBeLessThan(2 * 28);
  });

  it.each([1, 4])('hold for thoughts, their budgets and forced closings: concurrency %d', (concurrency) => {
    const thinking: Thinking = { mode: 'on', budget: 9, because: '' };
    const reader = {
      thinking,
      renderChat: (messages: readonly { content: string }[]) => `${messages[0]?.content}<think>`,
    };
    const chats = Array.from({ length: 30 }, (_, index): GenerateRequest => {
      const messages = [{ role: 'user', content: `question ${index * 7} ` }] as const;
      return { id: String(index), prompt: { style: 'chat', messages }, maxTokens: 1 + (index % 9), stop: ['.'] };
    });
    const settings = { concurrency, reuse: 'none' } as const;
    const plain = answersOf(run(toySource(choose, undefined, reader), chats, settings));
    expect(plain.filter((answer) => 'thoughts' in answer && answer.thoughts !== undefined)).toHaveLength(30);
    for (const draft of Object.values(drafts)) {
      const results = run(toySource(choose, { choose: draft, tokens: 8 }, reader), chats, settings);
      expect(answersOf(results)).toEqual(plain);
    }
  });

  it('wait until the draft has caught up with a long prompt, a batch at a time', () => {
    const toy = toySource(choose, { choose, tokens: 8 }, { thinking: quiet });
    const long = plainRequest('0', 'word '.repeat(300), { maxTokens: 40 });
    const plain = run(toySource(choose, undefined, { thinking: quiet }), [long], { concurrency: 2, reuse: 'none' });
    const results = run(toy, [long], { concurrency: 2, reuse: 'none' });
    expect(answersOf(results)).toEqual(answersOf(plain));
    expect(counts(results).drafted).toBeGreaterThan(0);
  });
});
