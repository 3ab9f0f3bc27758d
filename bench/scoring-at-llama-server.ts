/*
 * Log-likelihoods at llama.cpp's own server, by its two ways in turns: a grammar that forces each continuation in one request
 * against a bias that forces each token in one. Requests, decoded tokens and time per item; beside them how far the scores of
 * each way are from the llama engine's on the same items.
 *
 *   node bench/scoring-at-llama-server.ts --data-dir DATA [--model smollm2-135m-instruct] [--items 16] [--rounds 3]
 *     [--task hellaswag/lmeval --task arc_easy/lmeval] [--slots 4] [--threads 2] [--kernels haswell]
 *
 * The server is the `xllamacpp` wheel, which the script fetches with pip. It has kernels for AVX2 and FMA alone; with
 * `--kernels haswell` the llama engine computes by those.
 */
import { availableParallelism, homedir } from 'node:os';
import { parseArgs } from 'node:util';
import type { LoadedModel, LoglikelihoodRequest, LoglikelihoodResult } from '../src/core/engine.ts';
import { createLlamaEngine } from '../src/engines/llama-cpp/llama-engine.ts';
import type { RequestClient } from '../src/engines/served/request-client.ts';
import { buildLikelihoodRequest } from '../src/run/ask-items.ts';
import type { PlannedTask } from '../src/run/plan.ts';
import { loadItems } from '../src/sources/datasets/load-items.ts';
import { pullModel } from '../src/sources/pull-model.ts';
import { sourceSettingsFrom } from '../src/sources/source-settings.ts';
import { loadTask } from '../src/tasks/index.ts';
import { openScoringClient, scoreBy } from '../test/openai/score-by.ts';
import { findLlamaServer, startLlamaServer } from '../test/setup/llama-server.ts';
import { modelSpec } from '../test/setup/model-spec.ts';
import { alternate, type Side } from './alternate.ts';

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'smollm2-135m-instruct' },
    'data-dir': { type: 'string', default: process.env['PERBENCH_DATA_DIR'] ?? '../shared/data' },
    task: { type: 'string', multiple: true, default: ['hellaswag/lmeval', 'arc_easy/lmeval'] },
    items: { type: 'string', default: '16' },
    rounds: { type: 'string', default: '3' },
    slots: { type: 'string', default: '4' },
    threads: { type: 'string', default: String(availableParallelism()) },
    kernels: { type: 'string' },
  },
});
const [slots, threads, contextTokens] = [Number(values.slots), Number(values.threads), 1024];
const tool = await findLlamaServer();
if ('missing' in tool) throw new Error(tool.missing);
const signal = new AbortController().signal;
const { path } = await pullModel(values.model, sourceSettingsFrom(process.env, homedir()));
await using server = await startLlamaServer(tool.folder, path, { slots, contextTokens, threads });

async function requestsOf(name: string): Promise<readonly LoglikelihoodRequest[]> {
  const task = await loadTask(name);
  if (task.kind !== 'loglikelihood') throw new Error(`${task.id} has no continuations to score`);
  const loaded = await loadItems(task, { dataDir: values['data-dir'] }, signal);
  const planned = { task, items: loaded.items, examples: loaded.examples } as unknown as PlannedTask;
  const count = Math.min(Number(values.items), loaded.items.length);
  // Spread over the file, whose neighbours may be alike.
  return Array.from({ length: count }, (_, index) => {
    const position = Math.floor((index * loaded.items.length) / count);
    return { ...buildLikelihoodRequest(planned, task, position), id: String(index) };
  });
}

type Scores = ReadonlyMap<string, LoglikelihoodResult>;

async function scoreByEngine(model: LoadedModel, requests: readonly LoglikelihoodRequest[]): Promise<Scores> {
  async function* stream(): AsyncGenerator<LoglikelihoodRequest> {
    yield* requests;
  }
  const scores = new Map<string, LoglikelihoodResult>();
  for await (const result of model.loglikelihood(stream(), { concurrency: slots, reuse: 'none', signal })) {
    if (result.status === 'failed') throw new Error(`${result.id}: ${result.message}`);
    scores.set(result.id, result);
  }
  return scores;
}

/** @param take is given the scores of each round */
function openSide(name: string, score: () => Promise<Scores>, take: (scores: Scores) => void): Side {
  return {
    name,
    run: async () => {
      const startMs = performance.now();
      const scores = await score();
      const perSecond = (scores.size * 1000) / (performance.now() - startMs);
      take(scores);
      const perItem = (of: (result: LoglikelihoodResult) => number): string =>
        (scores.values().reduce((sum, each) => sum + of(each), 0) / scores.size).toFixed(1);
      const requests = perItem(({ exchanges = 1 }) => exchanges);
      const tokens = perItem(({ decodedTokens }) => decodedTokens);
      const note = `${requests} requests, ${tokens} tokens decoded, ${(1000 / perSecond).toFixed(0)} ms an item`;
      return { perSecond, note };
    },
  };
}

/** How far scores are from those of the llama engine. */
function compare(name: string, own: Scores, served: Scores): void {
  let [tokens, sum, most, otherTokens, otherChoices] = [0, 0, 0, 0, 0];
  const likeliest = ({ continuations }: LoglikelihoodResult): number => {
    const sums = continuations.map(({ logprob }) => logprob);
    return sums.indexOf(Math.max(...sums));
  };
  for (const [id, mine] of own) {
    const theirs = served.get(id);
    if (theirs === undefined) continue;
    if (likeliest(mine) !== likeliest(theirs)) otherChoices += 1;
    for (const [index, { tokenIds, tokenLogprobs }] of mine.continuations.entries()) {
      const other = theirs.continuations[index];
      if (other?.tokenIds.join(' ') !== tokenIds.join(' ')) otherTokens += 1;
      for (const [at, logprob] of tokenLogprobs.entries()) {
        const apart = Math.abs((other?.tokenLogprobs[at] ?? Number.NaN) - logprob);
        [tokens, sum, most] = [tokens + 1, sum + apart, Math.max(most, apart)];
      }
    }
  }
  console.log(
    `${name} against the llama engine: ${otherChoices} of ${own.size} items with another choice, ${otherTokens} continuations with other tokens; log-probabilities of ${tokens} tokens ${(sum / tokens).toFixed(4)} nats apart on average, ${most.toFixed(3)} at most`,
  );
}

await using byGrammar = await openScoringClient(server.baseUrl, 'forced');
await using byBias = await openScoringClient(server.baseUrl, 'forced-single');
const engineOptions = values.kernels === undefined ? {} : { kernels: values.kernels };
for (const name of values.task) {
  const requests = await requestsOf(name);
  const scores = new Map<string, Scores>();
  const side = (way: string, client: RequestClient): Side =>
    openSide(
      way,
      () => scoreBy(client, requests, slots),
      (latest) => scores.set(way, latest),
    );
  await alternate({
    title: `${name}, ${requests.length} items, ${slots} slots, ${threads} threads`,
    unit: 'items/s',
    rounds: Number(values.rounds),
    target: 1,
    ours: side('by grammar', byGrammar),
    theirs: side('by bias', byBias),
  });
  await using own = await createLlamaEngine().open(
    modelSpec({ name: 'own', engine: 'llama', file: path, engineOptions }),
    { threads, contextTokens },
    signal,
  );
  const expected = await scoreByEngine(own, requests);
  for (const [way, served] of scores) compare(way, expected, served);
  console.log('');
}
