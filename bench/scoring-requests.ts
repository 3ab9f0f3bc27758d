/*
 * Requests, computed tokens and time of scoring given answers at doubles of vLLM and SGLang, whose requests and tokens
 * cost a fixed time: perbench's way now, its way of before (each text tokenised, each continuation a request; replayed), and
 * lm-evaluation-harness's (`local-completions` with its batch size of 1: an `echo` request for each continuation).
 *
 *   node bench/scoring-requests.ts [--items 24] [--rounds 3] [--seed 17] [--only 'vllm HellaSwag']
 *     [--lm-eval L/bin/lm_eval]   python3 -m venv L && L/bin/pip install 'lm_eval[api]' transformers
 *
 * Without --lm-eval its requests are replayed as version 0.4.13 sends them. One request is asked at a time; time is the
 * server's, from the first request to the last answer, so that what starts slowly loses nothing. perbench's
 * scores must be those of the double's model.
 *
 * Target: at least 3 times fewer requests than lm-evaluation-harness, and less time, for every kind of item and server.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { clockOffsetMs } from '../src/core/clock.ts';
import type { LoglikelihoodRequest } from '../src/core/engine.ts';
import { openRequestClient } from '../src/engines/served/request-client.ts';
import type { ServerFacts } from '../src/engines/served/server-facts.ts';
import type { TokenScorerName } from '../src/engines/served/token-scorers.ts';
import { createRandom, type Random } from '../src/stats/random.ts';
import { medianOf } from '../src/stats/means.ts';
import { type ScoringServer, type ScoringServerOptions, startScoringServer } from '../test/openai/scoring-server.ts';
import { createToyModel, type ToyModel } from '../test/openai/toy-model.ts';
import { writeLmEvalTask } from './lm-eval-task.ts';

const { values } = parseArgs({
  options: {
    items: { type: 'string', default: '24' },
    rounds: { type: 'string', default: '3' },
    seed: { type: 'string', default: '17' },
    'lm-eval': { type: 'string' },
    /** Part of the name of what is measured: server, items, profile. */
    only: { type: 'string', default: '' },
  },
});
const [itemCount, rounds, seed] = [values.items, values.rounds, values.seed].map(Number) as [number, number, number];

/** What a request and a computed token cost. */
const profiles = [
  { name: 'near and fast', requestMs: 2, tokenMs: 0.02 },
  { name: 'far', requestMs: 20, tokenMs: 0.02 },
  { name: 'slow', requestMs: 2, tokenMs: 0.2 },
] as const;

const syllables = ['ka', 'lo', 'mi', 'nu', 're', 'so', 'ta', 'vi'];
const words = syllables.flatMap((first) => syllables.map((second) => ` ${first}${second}`));
const model = createToyModel([...words, ...syllables, ' A', ' B', ' C', ' D', 'Question:', 'Answer:']);

function sentence(random: Random, count: number): string {
  return Array.from({ length: count }, () => words[random.below(words.length)]).join('');
}

type Item = Pick<LoglikelihoodRequest, 'id' | 'context' | 'continuations'>;

/** Items as long as those of the data sets, in tokens. */
const shapes: Readonly<Record<string, (random: Random) => Omit<Item, 'id'>>> = {
  HellaSwag: (random) => ({
    context: `Sun:${sentence(random, 60)}`,
    continuations: Array.from({ length: 4 }, () => sentence(random, 25)),
  }),
  'ARC-Easy': (random) => ({
    context: `Question:${sentence(random, 30)}\nAnswer:`,
    continuations: Array.from({ length: 4 }, () => sentence(random, 4)),
  }),
  'ARC-Easy, letters, 5 examples': (random) => ({
    context: Array.from({ length: 6 }, () => `Question:${sentence(random, 60)}\nAnswer:`).join(' A\n\n'),
    continuations: [' A', ' B', ' C', ' D'],
  }),
};

interface Cost {
  readonly requests: number;
  readonly tokens: number;
  readonly ms: number;
}

function costOf(server: ScoringServer): Cost {
  const { paths, tokens, spanMs } = server.takeCounts();
  return { requests: paths.length, tokens, ms: spanMs };
}

function knownScore({ context, continuations }: Item): readonly number[] {
  const start = model.encode(context.trimEnd()).length;
  return continuations.map((text) => {
    const tokens = model.encode(context + text);
    return tokens.reduce((sum, token, at) => (at < start ? sum : sum + model.logprob(tokens[at - 1] ?? 0, token)), 0);
  });
}

async function byPerbench(server: ScoringServer, scorer: TokenScorerName, items: readonly Item[]): Promise<Cost> {
  await using client = openRequestClient({
    baseUrl: server.baseUrl,
    apiKey: undefined,
    hangMs: 60_000,
    clockOffsetMs,
    retry: { retryMs: 0, backoffMs: 1, maxBackoffMs: 1 },
    facts: { servedName: 'toy' } as ServerFacts,
    extra: {},
    saltPrefix: 'bench',
    scorer,
    thinking: undefined,
    schemaWay: undefined,
  });
  const { signal } = new AbortController();
  for (const item of items) {
    const result = await client.score(item, { concurrency: 1, reuse: 'none' }, { place: 0, scheduledMs: 0, signal });
    if (result.status === 'failed') throw new Error(result.message);
    const isRight = knownScore(item).every(
      (score, at) => Math.abs(score - (result.continuations[at]?.logprob ?? 0)) < 1e-6,
    );
    if (!isRight) throw new Error(`${scorer} scored ${item.id} wrong`);
  }
  return costOf(server);
}

async function post(url: string, body: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  await (await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })).json();
}

/** perbench's way of before: all texts tokenised, then each continuation with its context from the first token on. */
async function replayBefore(kind: 'vllm' | 'sglang', server: ScoringServer, items: readonly Item[]): Promise<Cost> {
  const root = server.baseUrl.replace(/\/v1$/, '');
  for (const [index, { context, continuations }] of items.entries()) {
    const texts = continuations.map((text) => context + text);
    for (const prompt of [context, ...texts]) await post(`${root}/tokenize`, { model: 'toy', prompt });
    for (const [at, text] of texts.entries()) {
      const tokens = model.encode(text);
      await (kind === 'vllm'
        ? post(`${server.baseUrl}/completions`, {
            prompt: tokens,
            max_tokens: 1,
            temperature: 0,
            prompt_logprobs: 1,
            cache_salt: `${index} ${at}`,
          })
        : post(`${root}/generate`, {
            input_ids: tokens,
            return_logprob: true,
            logprob_start_len: 0,
            top_logprobs_num: 1,
          }));
    }
  }
  return costOf(server);
}

/** What `lm_eval/models/openai_completions.py` and `api_models.py` send for log-likelihoods. */
async function replayHarness(server: ScoringServer, items: readonly Item[]): Promise<Cost> {
  for (const { context, continuations } of items) {
    for (const text of continuations) {
      const body = {
        prompt: [model.encode(context + text)],
        temperature: 0,
        max_tokens: 1,
        logprobs: 1,
        seed: 1234,
        echo: true,
      };
      await post(`${server.baseUrl}/completions`, { model: 'toy', ...body });
    }
  }
  return costOf(server);
}

/** The double's tokens as a tokenizer of `tokenizers`: without a split, its WordPiece takes the longest match too. */
function tokenizerJson(toy: ToyModel): string {
  const ids = [10, ...Array.from({ length: 95 }, (_, at) => at + 32), ...toy.wordTokens];
  const vocab = { '<unk>': 0, '<s>': toy.bos, ...Object.fromEntries(ids.map((id) => [toy.textOf(id), id])) };
  const wordPiece = {
    type: 'WordPiece',
    unk_token: '<unk>',
    continuing_subword_prefix: '',
    max_input_chars_per_word: 100_000,
  };
  return JSON.stringify({ version: '1.0', added_tokens: [], model: { ...wordPiece, vocab } });
}

/** The program itself, on a task of its own over the same items. */
async function byHarness(program: string, server: ScoringServer, items: readonly Item[]): Promise<Cost> {
  const folder = await mkdtemp(join(tmpdir(), 'scoring-requests-'));
  try {
    await writeFile(join(folder, 'tokenizer.json'), tokenizerJson(model));
    const tokenizer = {
      tokenizer_class: 'PreTrainedTokenizerFast',
      unk_token: '<unk>',
      bos_token: '<s>',
      eos_token: '<s>',
    };
    await writeFile(join(folder, 'tokenizer_config.json'), JSON.stringify(tokenizer));
    await writeLmEvalTask(folder, {
      name: 'given_answers',
      rows: items.map(({ context, continuations }) => ({ context, choices: continuations })),
      settings: {
        output_type: 'multiple_choice',
        doc_to_text: '{{context}}',
        doc_to_choice: '{{choices}}',
        doc_to_target: 0,
        target_delimiter: '',
        metric_list: [{ metric: 'acc' }],
      },
    });
    const model_args = `model=toy,base_url=${server.baseUrl}/completions,tokenizer=${folder},tokenizer_backend=huggingface,num_concurrent=1`;
    const args = ['run', '--model', 'local-completions', '--model_args', model_args, '--tasks', 'given_answers'];
    const env = { ...process.env, HF_HUB_OFFLINE: '1', HF_DATASETS_CACHE: folder, HF_HOME: folder };
    await promisify(execFile)(program, [...args, '--include_path', folder], { env, maxBuffer: 2 ** 26 });
    return costOf(server);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const harnessProgram = values['lm-eval'];
const harness = (server: ScoringServer, items: readonly Item[]) =>
  harnessProgram === undefined ? replayHarness(server, items) : byHarness(harnessProgram, server, items);

async function measure(
  options: Omit<ScoringServerOptions, 'model'>,
  side: (server: ScoringServer) => Promise<Cost>,
): Promise<Cost> {
  const costs: Cost[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await using server = await startScoringServer({ model, caches: true, ...options });
    costs.push(await side(server));
  }
  const [{ requests, tokens } = { requests: 0, tokens: 0 }] = costs;
  return { requests, tokens, ms: medianOf(costs.map(({ ms }) => ms)) };
}

const rows: Record<string, string | number>[] = [];
let misses = 0;
for (const kind of ['vllm', 'sglang'] as const) {
  for (const [shape, create] of Object.entries(shapes)) {
    const random = createRandom(seed);
    const items = Array.from({ length: itemCount }, (_, index) => ({ id: `${shape} ${index}`, ...create(random) }));
    for (const { name, requestMs, tokenMs } of profiles) {
      if (!`${kind} ${shape} ${name}`.includes(values.only)) continue;
      const options = { kind, requestMs, tokenMs };
      // The first requests of a process are slow.
      await measure({ kind }, (server) => byPerbench(server, `${kind}-next`, items));
      const now = await measure(options, (server) => byPerbench(server, `${kind}-next`, items));
      const before = await measure(options, (server) => replayBefore(kind, server, items));
      const theirs = await measure(options, (server) => harness(server, items));
      if (theirs.requests < 3 * now.requests || theirs.ms <= now.ms) misses += 1;
      const perItem = (key: keyof Cost) =>
        [now, before, theirs].map((cost) => (cost[key] / itemCount).toFixed(1)).join(' / ');
      rows.push({
        server: kind,
        items: shape,
        profile: name,
        requests: perItem('requests'),
        tokens: perItem('tokens'),
        ms: perItem('ms'),
        'times less than before': (before.ms / now.ms).toFixed(1),
        'than lm-eval': (theirs.ms / now.ms).toFixed(1),
      });
    }
  }
}
console.log(
  `per item: now / before / lm-eval (${harnessProgram === undefined ? 'its requests replayed' : 'the program itself'})`,
);
console.table(rows);
console.log(misses === 0 ? 'target met' : `target missed in ${misses} of ${rows.length} lines`);
process.exitCode = misses === 0 ? 0 : 1;
