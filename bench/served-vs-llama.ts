/*
 * The same GGUF file through perbench's llama engine and through llama.cpp's server, on the same items of each task,
 * greedy: accuracy side by side, every item that differs, and tokens and throughput beside the server's own metrics.
 *
 *   python3 -m venv VENV && VENV/bin/pip install xllamacpp==2026.10.11549      (or let the script fetch it with pip)
 *   node bench/served-vs-llama.ts --data-dir DATA [--model smollm2-135m-instruct] [--style instruct] [--items 100]
 *     [--task all] [--slots 4] [--context 2048] [--threads 2] [--kernels haswell]
 *
 * Answers may differ where two tokens are about as likely: the two builds of llama.cpp, and the kernels that they
 * choose for a processor, add numbers up in another order. So each item that differs is shown with the distance, in
 * nats, between what the two say where they part; `--kernels` makes the llama engine compute with other ones.
 */
import { availableParallelism, homedir } from 'node:os';
import { parseArgs } from 'node:util';
import { pullModel } from '../src/sources/pull-model.ts';
import { sourceSettingsFrom } from '../src/sources/source-settings.ts';
import { compareAnswers } from '../test/openai/same-answers.ts';
import type { Parting } from '../test/openai/why-different.ts';
import { findLlamaServer, startLlamaServer } from '../test/setup/llama-server.ts';

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'smollm2-135m-instruct' },
    style: { type: 'string', default: 'instruct' },
    'data-dir': { type: 'string' },
    task: { type: 'string', multiple: true, default: ['all'] },
    items: { type: 'string', default: '100' },
    slots: { type: 'string', default: '4' },
    context: { type: 'string', default: '2048' },
    threads: { type: 'string', default: String(availableParallelism()) },
    kernels: { type: 'string' },
  },
});
const tool = await findLlamaServer();
if ('missing' in tool) throw new Error(tool.missing);
const [slots, contextTokens, threads] = [Number(values.slots), Number(values.context), Number(values.threads)];
const { path } = await pullModel(values.model, sourceSettingsFrom(process.env, homedir()));
await using server = await startLlamaServer(tool.folder, path, { slots, contextTokens, threads });

/** By the server's own metrics. */
async function serverTokens(): Promise<number> {
  const text = await (await fetch(server.baseUrl.replace(/\/v1$/, '/metrics'))).text();
  return Number(/^llamacpp:tokens_predicted_total (\S+)/m.exec(text)?.[1] ?? Number.NaN);
}

const started = performance.now();
const comparisons = await compareAnswers({
  model: values.model,
  baseUrl: server.baseUrl,
  style: values.style === 'base' ? 'base' : 'instruct',
  tasks: values.task,
  items: Number(values.items),
  dataDir: values['data-dir'],
  concurrency: slots,
  contextTokens,
  kernels: values.kernels,
  serverTokens,
  onStep: (text) => console.log(`  ${((performance.now() - started) / 1000).toFixed(0)} s: ${text}`),
});
const nats = (value: number | undefined): string => (value === undefined ? 'unknown' : value.toFixed(3));
/** Whoever parts from its own favourite had another one in that batch, or at that moment. */
function apart({ servedNats, ownNats }: Parting): string {
  const side = (value: number | undefined, own: string, other: string): string =>
    value === undefined ? 'unknown' : `${nats(Math.abs(value))} nats, ${value > 0 ? own : other} ahead`;
  const atServer = `by the server ${side(servedNats, 'its own', "the llama engine's")}`;
  return ownNats === undefined
    ? atServer
    : `${atServer}; by the llama engine ${side(ownNats, 'its own', "the server's")}`;
}
const short = (text: string): string => JSON.stringify(text.length > 160 ? `${text.slice(0, 160)}…` : text);
for (const { taskId, items, ownScore, servedScore, scored, worded, problems, tokens } of comparisons) {
  const same = ownScore === servedScore ? 'the same' : `differs by ${(servedScore - ownScore).toFixed(4)}`;
  console.log(
    `\n${taskId}: ${items} items; llama engine ${ownScore.toFixed(4)}, server ${servedScore.toFixed(4)}: ${same}`,
  );
  console.log(`  ${scored.length} items with another score, ${worded.length} with the same score and another text`);
  for (const { itemId, ownScore: left, servedScore: right, own, served, parting } of scored) {
    console.log(`  ${itemId}: ${left} and ${right}\n    llama  ${short(own)}\n    server ${short(served)}`);
    console.log(`    they part at ${parting.own} and ${parting.served}: ${apart(parting)}`);
  }
  const differing = [...scored, ...worded];
  const gaps = differing.map(({ parting }) => parting.servedNats);
  const known = gaps
    .filter((gap) => gap !== undefined)
    .map(Math.abs)
    .toSorted((left, right) => left - right);
  if (gaps.length > 0) {
    const at = (quantile: number): string => nats(known[Math.ceil(quantile * known.length) - 1]);
    console.log(
      `  where the ${gaps.length} that differ part, the server's two choices are ${at(0.5)} nats apart in the median, ${at(0.9)} at the 90th percentile, ${at(1)} at most; ${gaps.length - known.length} unknown`,
    );
  }
  const [furthest] = differing.toSorted(
    (left, right) => Math.abs(right.parting.servedNats ?? 0) - Math.abs(left.parting.servedNats ?? 0),
  );
  if (furthest !== undefined) {
    const { itemId, own, served, parting } = furthest;
    console.log(`  furthest apart is ${itemId}, at ${parting.own} and ${parting.served}: ${apart(parting)}`);
    console.log(`    llama  ${JSON.stringify(own)}\n    server ${JSON.stringify(served)}`);
  }
  if (tokens !== undefined) {
    const { own, server: count, ownPerSecond, serverPerSecond } = tokens;
    console.log(
      `  tokens: perbench ${own}, ${ownPerSecond.toFixed(1)}/s; the server's metrics ${count}, ${serverPerSecond.toFixed(1)}/s`,
    );
  }
  for (const problem of problems) console.log(`  ${problem}`);
}
