import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { makeGguf, type GgufEntry } from '../../test/setup/make-gguf.ts';
import { noLaunchFacts } from '../core/manifest.ts';
import { suiteSchema } from '../core/suite.ts';
import type { PlannedModel } from '../run/plan.ts';
import { modelSpec } from '../../test/setup/model-spec.ts';
import { raceEntrants } from './plan-race.ts';

const suite = suiteSchema.parse({ models: ['any'] });
const entries: readonly GgufEntry[] = [
  ['general.architecture', 'toy'],
  ['toy.block_count', 1],
  ['toy.embedding_length', 10],
  ['toy.expert_count', 8],
  ['toy.expert_used_count', 2],
  ['tokenizer.ggml.tokens', Array.from({ length: 30 }, (_, index) => `t${index}`)],
];

/** Tokens of the table, which has ten numbers for each. */
const tableRows = 30;

/** A model of `rows` times 10 numbers of four bytes: a layer, and the table of tokens, which gives the logits too. */
function modelFile(folder: string, name: string, rows: number, tensor = 'blk.0.attn_q.weight'): PlannedModel {
  const file = join(folder, `${name}.gguf`);
  const tensors = [
    { name: 'token_embd.weight', shape: [10, tableRows], offset: 0 },
    { name: tensor, shape: [10, rows - tableRows], offset: tableRows * 40 },
  ];
  writeFileSync(file, makeGguf(entries, tensors, rows * 40));
  return {
    spec: modelSpec({ name, engine: 'llama', file, promptStyle: 'auto' }),
    answerOptions: {},
    facts: { source: file, fileSha256: name, fileBytes: rows * 40, ...noLaunchFacts },
  };
}

it('knows no least memory of models on GPUs, whose weights are spread over these and the host', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'perbench-entrants-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const { spec, ...planned } = modelFile(folder, 'dense', 100);
  const onGpu = { spec: { ...spec, engineOptions: { device: 'cuda', gpuLayers: 1 } }, ...planned };
  expect(await raceEntrants([onGpu], suite, 100)).toEqual([{ model: 'dense', activeBytes: 4000 }]);
});

it('knows what the weights of a file take that a server is given', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'perbench-entrants-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const { spec, ...planned } = modelFile(folder, 'served', 100);
  const served = { ...spec, engine: 'managed', engineOptions: { server: { preset: 'llama-server' } } };
  expect(await raceEntrants([{ spec: served, ...planned }], suite, 4000)).toMatchObject([
    { model: 'served', activeBytes: 4000, memoryFloor: expect.any(Number) as number },
  ]);
});

it('orders models by the weights that a token passes through, and leaves out what cannot fit', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'perbench-entrants-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const served: PlannedModel = {
    spec: modelSpec({ name: 'served', engine: 'openai', promptStyle: 'auto' }),
    answerOptions: {},
    facts: { source: 'http://127.0.0.1:1/v1', fileSha256: undefined, fileBytes: undefined, ...noLaunchFacts },
  };
  const models = [
    served,
    modelFile(folder, 'dense', 100),
    modelFile(folder, 'experts', 200, 'blk.0.ffn_up_exps.weight'),
    modelFile(folder, 'huge', 1000),
  ];
  // The table of the tokens gives the logits, so that a token passes it; of experts it passes a quarter.
  expect(await raceEntrants(models, suite, 10_000)).toEqual([
    { model: 'experts', activeBytes: 1200 + 6800 / 4, memoryFloor: 4000 },
    { model: 'dense', activeBytes: 4000, memoryFloor: 2000 },
    {
      model: 'huge',
      activeBytes: 40_000,
      memoryFloor: 20_000,
      exclusion: expect.stringMatching(/^its weights take .+, but only .+ are free$/) as string,
    },
    { model: 'served' },
  ]);
});
