/*
 * Estimates of the three small models beside what they take and do: peak memory with four requests at once, time to
 * first token of about 512 tokens, and time per output token, one request alone. Each model is estimated as if it had
 * never been measured, corrected by the other two, so that its interval is that of a new model. Targets: memory within
 * 25 %, speed within 50 %, or an interval that holds them.
 *
 *   node bench/estimates.ts [--repeats 5] [--threads N] [--models NAME,NAME]
 *
 * On a quiet machine: the roofline is measured anew, right before the models.
 */
import { availableParallelism, homedir } from 'node:os';
import { parseArgs } from 'node:util';
import { assumedDeviations, type EstimatedMetric, estimatedMetrics } from '../src/app/estimate-error.ts';
import type { GenerateRequest, LoadedModel } from '../src/core/engine.ts';
import type { Roofline } from '../src/core/roofline.ts';
import { findLibrary } from '../src/engines/llama-cpp/library-location.ts';
import { createLlamaEngine } from '../src/engines/llama-cpp/llama-engine.ts';
import { measureRoofline } from '../src/engines/llama-cpp/measure-roofline.ts';
import { type ModelOutline, readModelOutline } from '../src/gguf/model-outline.ts';
import { estimateSpeed, unmeasuredTypes } from '../src/gguf/model-speed.ts';
import { memoryOfOutline } from '../src/sources/model-memory.ts';
import { pullModel } from '../src/sources/pull-model.ts';
import { sourceSettingsFrom } from '../src/sources/source-settings.ts';
import { estimateFactor } from '../src/stats/estimate-factor.ts';
import { medianOf } from '../src/stats/means.ts';

const { values } = parseArgs({
  options: {
    repeats: { type: 'string', default: '5' },
    threads: { type: 'string', default: String(availableParallelism()) },
    models: { type: 'string', default: 'smollm2-135m-instruct,gemma-3-270m,qwen2.5-coder-0.5b-instruct' },
  },
});
const threads = Number(values.threads);
const contextTokens = 1024;
const concurrency = 4;
const outputTokens = 64;
const signal = new AbortController().signal;

/** Words that no two prompts begin with alike. */
function prompt(index: number): string {
  const words = ['river', 'stone', 'garden', 'window', 'letter', 'market', 'winter', 'bridge'];
  return Array.from({ length: 500 }, (_, at) => words[(at * (index + 3) + index) % words.length]).join(' ');
}

type Measured = Record<EstimatedMetric, number> & { readonly promptTokens: number };

async function ask(model: LoadedModel, count: number, atOnce: number) {
  async function* requests(): AsyncGenerator<GenerateRequest> {
    for (let index = 0; index < count; index += 1) {
      const style = { style: 'plain', text: prompt(index) } as const;
      yield { id: String(index), prompt: style, maxTokens: outputTokens, stop: [] };
    }
  }
  const times: { promptTokens: number; firstMs: number; tokenMs: number }[] = [];
  for await (const result of model.generate(requests(), { concurrency: atOnce, reuse: 'none', signal })) {
    if (result.status !== 'done') throw new Error(`a request failed: ${JSON.stringify(result)}`);
    const { startedMs, firstTokenMs, lastTokenMs } = result.times;
    if (firstTokenMs === undefined) throw new Error('an answer came in one piece');
    const tokenMs = (lastTokenMs - firstTokenMs) / (result.outputTokens - 1);
    times.push({ promptTokens: result.promptTokens, firstMs: firstTokenMs - startedMs, tokenMs });
  }
  return times;
}

async function measure(name: string, file: string): Promise<Measured> {
  const spec = { name, engine: 'llama', file, promptStyle: 'base', engineOptions: { device: 'cpu' } } as const;
  const options = { threads, contextTokens, concurrency };
  const engine = createLlamaEngine();
  await using model = await engine.open({ ...spec, source: undefined, sha256: undefined }, options, signal);
  await ask(model, concurrency, concurrency);
  const { peakBytes } = await model.memory();
  const times = (await ask(model, Number(values.repeats) + 1, 1)).slice(1);
  return {
    memory: peakBytes,
    firstToken: medianOf(times.map(({ firstMs }) => firstMs)),
    token: medianOf(times.map(({ tokenMs }) => tokenMs)),
    promptTokens: medianOf(times.map(({ promptTokens }) => promptTokens)),
  };
}

function estimate(outline: ModelOutline, roofline: Roofline, promptTokens: number): Record<EstimatedMetric, number> {
  const use = { contextTokens, sequences: concurrency, keepsWindow: false };
  const speed = estimateSpeed(outline, roofline, {
    promptTokens,
    contextTokens: promptTokens + outputTokens / 2,
    kvCache: 'f16',
  });
  if (speed === undefined) throw new Error('a type of weights can not be measured');
  return { memory: memoryOfOutline(outline, use).totalBytes, firstToken: speed.firstTokenMs, token: speed.tokenMs };
}

const settings = sourceSettingsFrom(process.env, homedir());
const models = await Promise.all(
  values.models.split(',').map(async (name) => {
    const { path } = await pullModel(name, settings);
    return { name, path, outline: await readModelOutline(path) };
  }),
);
const types = new Set(models.flatMap(({ outline }) => unmeasuredTypes(outline, { rates: [] })));
const roofline = await measureRoofline({ location: findLibrary('cpu'), threads, types: [...types] });
for (const { name, bytesPerSecond, operationsPerSecond } of roofline.rates) {
  const [read, compute] = [bytesPerSecond, operationsPerSecond].map((each) => (each / 1e9).toFixed(1));
  console.log(`${name.padEnd(6)} ${read} GB/s, ${compute} billion operations a second`);
}
console.log(`a step takes ${(1000 * roofline.stepMs).toFixed(2)} µs, ${threads} threads\n`);

const rows: { name: string; measured: Measured; estimated: Record<EstimatedMetric, number> }[] = [];
for (const { name, path, outline } of models) {
  console.error(`measuring ${name}`);
  const measured = await measure(name, path);
  rows.push({ name, measured, estimated: estimate(outline, roofline, measured.promptTokens) });
}

const shown = { memory: [2 ** 20, 'MiB'], firstToken: [1, 'ms'], token: [1, 'ms'] } as const;
for (const metric of estimatedMetrics) {
  const [divisor, unit] = shown[metric];
  const text = (value: number): string => (value / divisor).toFixed(metric === 'token' ? 2 : 0);
  console.log(
    `${metric}, ${unit}: model, roofline alone, corrected by the others (95 %), measured, measured over estimated`,
  );
  for (const { name, measured, estimated } of rows) {
    const others = rows.filter((row) => row.name !== name);
    const ratios = others.map((row) => row.measured[metric] / row.estimated[metric]);
    const { factor, low, high } = estimateFactor(ratios, assumedDeviations[metric]);
    const raw = estimated[metric];
    const isHeld = measured[metric] >= raw * low && measured[metric] <= raw * high;
    const corrected = `${text(raw * factor)} (${text(raw * low)} to ${text(raw * high)})`;
    const over = `${(measured[metric] / raw).toFixed(2)}, corrected ${(measured[metric] / raw / factor).toFixed(2)}`;
    console.log(`  ${name}: ${text(raw)}, ${corrected}, ${text(measured[metric])}, ${over}${isHeld ? '' : ' OUTSIDE'}`);
  }
}
