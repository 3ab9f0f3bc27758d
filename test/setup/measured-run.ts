import type { Cell, CellMeasurements } from '../../src/core/cell.ts';
import { type ModelFacts, noLaunchFacts } from '../../src/core/manifest.ts';
import type { RunRecord, Store } from '../../src/core/store.ts';
import { suiteSchema, type SuiteInput } from '../../src/core/suite.ts';
import { serveCommand, type ServeOptions } from '../../src/app/serving/serve-command.ts';
import type { Serving } from '../../src/present/serving.ts';
import { sourceSettingsFrom } from '../../src/sources/source-settings.ts';
import { newRun, sampleAt } from '../conformance/store-records.ts';

export type ModelInput = Extract<SuiteInput['models'][number], object>;

/** How the one model of a run was run. */
export interface Measured {
  readonly entry: ModelInput;
  readonly facts?: Partial<ModelFacts>;
  readonly suite?: Partial<SuiteInput>;
  readonly gpus?: readonly string[];
  readonly measurements?: CellMeasurements;
}

const memory = { status: 'measured', value: 300 * 2 ** 20 + 1, unit: 'bytes', n: 3, warnings: [] } as const;

/** A run with one model on one task, whose longest prompt has 600 tokens, and the longest answer 100. */
export function measuredRun({ entry, facts, suite, gpus = [], measurements = { memory } }: Measured): {
  readonly run: RunRecord;
  readonly store: Pick<Store, 'cells' | 'samples'>;
} {
  const name = entry.name ?? 'tiny';
  const base = newRun('20261124-170000-srv1');
  const { manifest } = base;
  const cell: Cell = {
    id: 'c',
    runId: base.id,
    model: name,
    taskId: 'gsm8k/mini@2',
    protocol: 'serving',
    position: 0,
    items: 2,
    state: 'done',
    measurements,
    error: undefined,
  } as unknown as Cell;
  const samples = [
    sampleAt(0, { promptTokens: 600, outputTokens: 3 }),
    sampleAt(1, { promptTokens: 20, outputTokens: 100 }),
  ];
  return {
    run: {
      ...base,
      status: 'finished',
      cost: undefined,
      suite: suiteSchema.parse({ models: [{ name, ...entry }], tasks: ['gsm8k/mini'], concurrency: 4, ...suite }),
      manifest: {
        ...manifest,
        host: { ...manifest.host, gpus },
        models: {
          [name]: {
            source: entry.source,
            fileSha256: 'ab'.repeat(32),
            fileBytes: 1024,
            ...noLaunchFacts,
            engineBuild: 'llama.cpp 0.5.0 (zen4)',
            devices: ['CPU zen4'],
            quantisation: 'Q4_K_M',
            threads: 2,
            promptStyle: 'chat',
            ...facts,
          },
        },
      },
    },
    store: {
      cells: async () => [cell],
      async *samples() {
        yield* samples;
      },
    },
  };
}

/** How it is served. */
export async function serveMeasured(measured: Measured, options: ServeOptions = {}): Promise<Serving> {
  const { store, run } = measuredRun(measured);
  const settings = sourceSettingsFrom({}, '/gone', { isOffline: true });
  return serveCommand(store, run, measured.entry.name ?? 'tiny', { settings, ...options });
}

/** A GGUF file that isn't on this machine. */
export const goneFile: ModelInput = { source: '/gone/tiny.gguf' };

/** Of a model of which a GPU has a part. */
export const gpuFacts = { devices: ['CUDA0 NVIDIA A10: 20 of 33 layers', 'CPU zen4'] };

/** A model behind a vLLM of perbench's own, with secrets in its command line and environment. */
export const secretServer: Measured = {
  entry: {
    name: 'qwen',
    source: 'qwen2.5-72b-instruct',
    server: {
      preset: 'vllm',
      tensorParallel: 2,
      dtype: 'bfloat16',
      kvCacheGiB: 20,
      gpus: ['0', '3'],
      arguments: ['--api-key', 'sk-very-secret-123', '--hf-token=hf_abcdefghijkl', '--limit', '$(5) a'],
      environment: { VLLM_API_KEY: 'sk-other-secret-99', A: 'b c' },
    },
  },
  facts: { engineBuild: 'vllm 0.19.0', devices: [], threads: undefined, source: 'Qwen/Qwen2.5-72B-Instruct' },
};
