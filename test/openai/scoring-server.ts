/**
 * Servers that answer as the documentation and the source of vLLM and SGLang say, and one that knows `echo` alone, with
 * a model whose probabilities are known. What is wrong with one is told beforehand; what it took is counted.
 */
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { PrefixCache } from './prefix-cache.ts';
import type { ToyModel } from './toy-model.ts';

export type ScoringFault =
  | 'no token ids'
  | 'no texts'
  | 'other order, told'
  | 'other order, not told'
  | 'other order from three on'
  | 'two at most'
  | 'values missing'
  | 'batches refused'
  | 'first prompt alone answered'
  | 'stale cache'
  | 'stale cache of next tokens'
  | 'softmax among the asked'
  | 'asked tokens ignored'
  | 'asked letters ignored'
  | 'penalty by default'
  | 'parts ignored'
  | 'parts told with the last'
  | 'nothing of prompts';

export interface ScoringServerOptions {
  readonly kind: 'vllm' | 'sglang' | 'echo';
  readonly model: ToyModel;
  readonly faults?: readonly ScoringFault[];
  /** What a request costs beside its tokens, and a token that is computed; the tokens of all requests come one after another. */
  readonly requestMs?: number;
  readonly tokenMs?: number;
  /** The cache that prompts without values are read from, and those of SGLang. */
  readonly caches?: boolean;
}

export interface ScoringServer extends AsyncDisposable {
  readonly baseUrl: string;
  /** Since the last call: requests by their path, tokens computed, and from the first request to the last answer. */
  readonly takeCounts: () => { readonly paths: readonly string[]; readonly tokens: number; readonly spanMs: number };
}

type Prompts = string | readonly string[] | readonly number[] | readonly (readonly number[])[];

interface Body {
  readonly prompt: Prompts;
  readonly text?: Prompts;
  readonly input_ids?: Prompts;
  readonly echo?: boolean;
  readonly logprobs?: number;
  readonly prompt_logprobs?: number;
  readonly return_token_ids?: boolean;
  readonly logprob_token_ids?: readonly number[];
  readonly token_ids_logprob?: readonly number[];
  readonly logprob_start_len?: number;
  readonly cache_salt?: string;
  readonly repetition_penalty?: number;
  readonly sampling_params?: { readonly repetition_penalty?: number };
}

class Refusal extends Error {}

const spaced = (text: string): string => text.replace(/^ /, '');

class ToyServer {
  readonly #options: ScoringServerOptions;
  readonly #asked = new Map<string, number>();
  readonly #cache = new PrefixCache();
  computedTokens = 0;

  constructor(options: ScoringServerOptions) {
    this.#options = options;
  }

  #has(fault: ScoringFault): boolean {
    return this.#options.faults?.includes(fault) === true;
  }

  /** A list of prompts as tokens. */
  #prompts(given: Prompts): readonly (readonly number[])[] {
    const { model } = this.#options;
    const isOne = typeof given === 'string' || typeof given[0] === 'number';
    const list = (isOne ? [given] : given) as readonly (string | readonly number[])[];
    if (list.length > 1 && this.#has('batches refused')) throw new Refusal('prompt must be a string');
    const all = list.map((prompt) => (typeof prompt === 'string' ? model.encode(prompt) : prompt));
    if (this.#has('two at most')) return all.slice(0, 2);
    return this.#has('first prompt alone answered') ? all.slice(0, 1) : all;
  }

  /** What is wrong with the values of a prompt that comes again: of unlikely texts in a stale cache, of what comes next. */
  #drift(tokens: readonly number[]): { readonly own: number; readonly next: number } {
    const key = tokens.join();
    const before = this.#asked.get(key) ?? 0;
    this.#asked.set(key, before + 1);
    const isLikely = tokens.at(-1) === this.#options.model.likeliest(tokens.at(-2) ?? 0);
    return {
      own: this.#has('stale cache') && before > 0 && !isLikely ? -3 : 0,
      next: this.#has('stale cache of next tokens') && before > 0 ? -3 : 0,
    };
  }

  /** What it says after a prompt: of a penalty on repetition, which no log-probability shows, the second likeliest is enough. */
  #said(
    last: number,
    { repetition_penalty: own, sampling_params: { repetition_penalty: other = own } = {} }: Body,
  ): number {
    const { model } = this.#options;
    const best = model.likeliest(last);
    if (!this.#has('penalty by default') || other === 1) return best;
    const rest = model.wordTokens.filter((token) => token !== best);
    return rest.toSorted((left, right) => model.logprob(last, right) - model.logprob(last, left))[0] ?? best;
  }

  /** Counts what a prompt takes; returns what was reused of it. */
  #compute(tokens: readonly number[], salt: string, mostReused: number): number {
    const reused = this.#options.caches === true ? this.#cache.reuse(tokens, salt, mostReused) : 0;
    this.computedTokens += tokens.length - reused;
    return reused;
  }

  /** Answers in the order of the prompts, or whatever a fault makes of it. */
  #ordered(answers: readonly object[]): readonly object[] {
    if (this.#has('other order, told')) return answers.map((answer, index) => ({ ...answer, index })).toReversed();
    const isMixedUp =
      this.#has('other order, not told') || (this.#has('other order from three on') && answers.length > 2);
    const order = isMixedUp ? answers.toReversed() : answers;
    return order.map((answer, index) => ({ ...answer, index }));
  }

  complete(body: Body): object {
    const { model } = this.#options;
    const choices = this.#prompts(body.prompt).map((tokens) => {
      const isEchoed = body.echo === true && !this.#has('nothing of prompts');
      const isValued = body.prompt_logprobs !== undefined && this.#options.kind === 'vllm';
      const reused = this.#compute(tokens, body.cache_salt ?? '', isValued || isEchoed ? 0 : tokens.length - 1);
      const drift = this.#drift(tokens);
      const last = tokens.at(-1) ?? 0;
      const said = this.#said(last, body);
      return {
        text: model.textOf(said),
        finish_reason: 'length',
        cached: reused,
        logprobs: isEchoed ? this.#echoed(tokens, said, drift.own) : this.#next(last, said, body, drift.next),
        ...(body.return_token_ids === true && !this.#has('no token ids') && { prompt_token_ids: tokens }),
        ...(isValued && !this.#has('nothing of prompts') && { prompt_logprobs: this.#vllmValues(tokens, drift.own) }),
      };
    });
    const details = { prompt_tokens_details: { cached_tokens: choices.at(-1)?.cached ?? 0 } };
    return { choices: this.#ordered(choices), usage: { prompt_tokens: 9, completion_tokens: 1, ...details } };
  }

  #value(before: number, token: number, drift: number): number {
    return this.#options.model.logprob(before, token) + drift;
  }

  #vllmValues(tokens: readonly number[], drift: number): readonly object[] {
    const { model } = this.#options;
    const entry = (before: number, token: number) => ({
      logprob: this.#has('values missing') ? null : this.#value(before, token, drift),
      // A token that is decoded alone loses its space, with some tokenizers.
      decoded_token: this.#has('no texts') ? null : spaced(model.textOf(token)),
    });
    return tokens.map((token, at) => {
      const before = tokens[at - 1];
      if (before === undefined) return null as unknown as object;
      const best = model.likeliest(before);
      return { [token]: entry(before, token), [best]: entry(before, best) };
    });
  }

  #next(last: number, said: number, body: Body, drift: number): object {
    const { model } = this.#options;
    const asked = this.#taken(body.logprob_token_ids);
    const name = (token: number) => (body.logprob_token_ids === undefined ? model.textOf(token) : `token_id:${token}`);
    const among = this.#amongAsked(last, asked ?? []);
    const listed = [said, ...(asked ?? [])].map((token) => [name(token), this.#value(last, token, drift) - among]);
    return {
      tokens: [name(said)],
      token_logprobs: [this.#value(last, said, 0)],
      top_logprobs: [Object.fromEntries(listed)],
      text_offset: [0],
    };
  }

  /** Of tokens that values are asked for. */
  #taken(asked: readonly number[] | undefined): readonly number[] | undefined {
    if (this.#has('asked tokens ignored')) return undefined;
    const isLetter = (token: number) => /^ [A-Z]$/.test(this.#options.model.textOf(token));
    return this.#has('asked letters ignored') ? asked?.filter((token) => !isLetter(token)) : asked;
  }

  /** What a softmax among few tokens makes of their log-probabilities, where it is wrongly applied. */
  #amongAsked(last: number, asked: readonly number[]): number {
    if (!this.#has('softmax among the asked') || asked.length === 0) return 0;
    return Math.log(asked.reduce((sum, token) => sum + Math.exp(this.#options.model.logprob(last, token)), 0));
  }

  #echoed(tokens: readonly number[], said: number, drift: number): object {
    const { model } = this.#options;
    // What begins every text isn't echoed.
    const shown = [...tokens.slice(1), said];
    const before = (at: number) => shown[at - 1] ?? model.bos;
    const texts = this.#echoedTexts(shown);
    let end = 0;
    const offsets = texts.map(({ length }) => (end += length) - length);
    return {
      tokens: texts,
      token_logprobs: shown.map((token, at) => (at === 0 ? null : this.#value(before(at), token, drift))),
      top_logprobs: shown.map((_, at) => ({ best: this.#value(before(at), model.likeliest(before(at)), drift) })),
      text_offset: offsets,
    };
  }

  #echoedTexts(shown: readonly number[]): readonly string[] {
    const texts = shown.map((token) => this.#options.model.textOf(token));
    if (this.#has('parts ignored')) return texts.map((text) => text.replace('\uFFFD', ''));
    if (!this.#has('parts told with the last')) return texts;
    let bytes: number[] = [];
    return texts.map((text, at) => {
      if (text !== '\uFFFD') return text;
      bytes.push(this.#options.model.byteOf(shown[at] ?? 0));
      const character = Buffer.from(bytes).toString();
      if (character.includes('\uFFFD')) return '';
      bytes = [];
      return character;
    });
  }

  generate(body: Body): object {
    const given = body.text ?? body.input_ids ?? '';
    const answers = this.#prompts(given).map((tokens) => this.#sglangAnswer(tokens, body));
    const isOne = typeof given === 'string' || typeof given[0] === 'number';
    return isOne ? (answers[0] ?? {}) : this.#ordered(answers);
  }

  #sglangAnswer(tokens: readonly number[], body: Body): object {
    const { model } = this.#options;
    const start = body.logprob_start_len ?? -1;
    const reused = this.#compute(tokens, '', start === -1 ? tokens.length - 1 : start);
    const drift = this.#drift(tokens);
    const text = (token: number) => (this.#has('no texts') ? null : spaced(model.textOf(token)));
    const triple = (before: number, token: number) => [this.#value(before, token, drift.own), token, text(token)];
    const from = start === -1 ? tokens.length : start;
    const own = tokens.slice(from).map((token, offset) => {
      const isEmpty = offset === 0 || this.#has('values missing');
      return isEmpty ? [null, token, text(token)] : triple(tokens[from + offset - 1] ?? 0, token);
    });
    const top = tokens.slice(from).map((_, offset) => {
      const before = tokens[from + offset - 1];
      return offset === 0 || before === undefined ? null : [triple(before, model.likeliest(before))];
    });
    const last = tokens.at(-1) ?? 0;
    const said = this.#said(last, body);
    const asked = this.#taken(body.token_ids_logprob);
    const among = this.#amongAsked(last, asked ?? []);
    const listed = asked?.map((token) => [this.#value(last, token, drift.next) - among, token, null]);
    return {
      text: model.textOf(said),
      meta_info: {
        prompt_tokens: tokens.length,
        cached_tokens: reused,
        output_token_logprobs: [[model.logprob(last, said), said, null]],
        ...(!this.#has('nothing of prompts') && { input_token_logprobs: own, input_top_logprobs: top }),
        ...(listed !== undefined && { output_token_ids_logprobs: [listed] }),
      },
    };
  }

  tokenize(prompt: Prompts): object {
    const { model, kind } = this.#options;
    if (typeof prompt === 'string') return { tokens: model.encode(prompt) };
    if (kind !== 'sglang') throw new Refusal('prompt must be a string');
    return { tokens: prompt.map((text) => model.encode(String(text))) };
  }
}

const owners = { vllm: 'vllm', sglang: 'sglang', echo: 'someone' } as const;

/** Listens on loopback. */
export async function startScoringServer(options: ScoringServerOptions): Promise<ScoringServer> {
  const { kind, requestMs = 0, tokenMs = 0 } = options;
  const toy = new ToyServer(options);
  let paths: string[] = [];
  let [free, counted] = [0, 0];
  let span: { readonly fromMs: number; toMs: number } | undefined;

  async function answer(path: string, text: string): Promise<object | undefined> {
    if (path === '/v1/models') return { data: [{ id: 'toy', owned_by: owners[kind], max_model_len: 65_536 }] };
    if (text === '') return undefined;
    const body = JSON.parse(text) as Body;
    span ??= { fromMs: performance.now(), toMs: 0 };
    const before = toy.computedTokens;
    const said = ((): object | undefined => {
      if (path === '/v1/completions') return toy.complete(body);
      if (path === '/generate' && kind === 'sglang') return toy.generate(body);
      if (path === '/tokenize' && kind !== 'echo') return toy.tokenize(body.prompt);
      return undefined;
    })();
    if (said === undefined) return undefined;
    paths.push(path);
    const now = performance.now();
    free = Math.max(now, free) + (toy.computedTokens - before) * tokenMs;
    const waitMs = requestMs + Math.max(0, free - now);
    if (waitMs > 0) await sleep(waitMs);
    span.toMs = performance.now();
    return said;
  }

  const server = createServer((request, response) => {
    void Array.fromAsync(request).then(async (chunks) => {
      response.setHeader('content-type', 'application/json');
      try {
        const said = await answer(request.url ?? '', Buffer.concat(chunks as Buffer[]).toString());
        if (said === undefined) response.writeHead(404).end('{}');
        else response.end(JSON.stringify(said));
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        response.writeHead(400).end(JSON.stringify({ error: { message: error.message } }));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    takeCounts() {
      const spanMs = span === undefined ? 0 : span.toMs - span.fromMs;
      const counts = { paths, tokens: toy.computedTokens - counted, spanMs };
      [paths, counted, span] = [[], toy.computedTokens, undefined];
      return counts;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
