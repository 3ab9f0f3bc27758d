import type { PassResult } from '../../src/core/cell.ts';
import type { JobRecord } from '../../src/core/cluster.ts';
import { type Manifest, noLaunchFacts } from '../../src/core/manifest.ts';
import type { Sample } from '../../src/core/sample.ts';
import type { NewCell, NewRun } from '../../src/core/store.ts';
import { suiteSchema } from '../../src/core/suite.ts';
import { barePass } from '../setup/bare-pass.ts';

/** Records for tests of stores: complete, and different in every field where that matters. */

export const manifest: Manifest = {
  perbenchVersion: '0.1.0',
  nodeVersion: 'v24.21.0',
  commandLine: ['perbench', 'run', 'suite.yaml'],
  host: {
    hostname: 'bench-1',
    os: 'Linux',
    kernel: '6.1.0',
    cpuModel: 'Test CPU',
    cores: 2,
    memoryBytes: 8 * 2 ** 30,
    cpuQuotaCores: undefined,
    gpuFacts: undefined,
    governor: undefined,
    isContainer: false,
    gpus: [],
  },
  models: { tiny: { source: './tiny.gguf', fileSha256: 'ab'.repeat(32), fileBytes: 1024, ...noLaunchFacts } },
  tasks: {},
  seed: 1,
  race: undefined,
  imported: undefined,
};

export function newRun(id: string, overrides: Partial<NewRun> = {}): NewRun {
  return {
    id,
    name: 'quick check',
    createdAtMs: 1_000,
    suite: suiteSchema.parse({ models: ['tiny'], tasks: ['gsm8k'] }),
    suiteKey: 'suite-key',
    protocol: 'serving',
    manifest,
    ...overrides,
  };
}

export function newCell(id: string, position = 0): NewCell {
  return { id, model: 'tiny', taskId: 'gsm8k/per@1', protocol: 'serving', position, items: 100 };
}

/** A job that its engine hasn't taken yet. */
export function newJob(name: string, runId: string): JobRecord {
  return {
    name,
    runId,
    attempt: 1,
    models: [],
    needs: { gpus: 0, memoryBytes: undefined },
    workers: 1,
    isExclusive: true,
    words: ['work', runId],
    launcher: 'slurm',
    cluster: undefined,
    handle: undefined,
    state: 'pending',
    reason: undefined,
    workingFolder: '/shared',
    tries: 1,
    progress: 0,
  };
}

export function sampleAt(position: number, overrides: Partial<Sample> = {}): Sample {
  return {
    itemId: `item-${position}`,
    position,
    prompt: `Question ${position}: “why?”\nAnswer:`,
    promptSha256: 'cd'.repeat(32),
    output: 'Because 七 🦊.',
    raw: JSON.stringify({ text: 'Because 七 🦊.', finishReason: 'stop' }),
    expected: '7',
    answer: '7',
    score: 1,
    metrics: { flexible: 1, strict: 0.1 + 0.2 },
    detail: { hasAnswer: true, level: 'easy', length: 3 },
    isUnparsed: false,
    isTruncated: false,
    failure: undefined,
    cluster: 'paragraph-1',
    promptTokens: 20,
    reusedTokens: 5,
    outputTokens: 4,
    times: { scheduledMs: 1.25, startedMs: 2.5, firstTokenMs: 1e12 + 0.125, lastTokenMs: 1e12 + 7.75 },
    ...overrides,
  };
}

export function passResult(overrides: Partial<PassResult> = {}): PassResult {
  return {
    ...barePass,
    pass: 'latency',
    launch: 1,
    startedAtMs: 5_000,
    durationMs: 1_234.5,
    concurrency: 1,
    requests: 2,
    failedRequests: 0,
    promptTokens: 40,
    outputTokens: 8,
    reusedTokens: 0,
    latencies: {
      endToEndMs: [10.5, 11],
      timeToFirstTokenMs: [4, 5],
      timePerOutputTokenMs: [2.25, null],
      outputTokens: [4, 1],
    },
    host: {
      durationMs: 1_234.5,
      cores: 2,
      engineCpuMs: 2_000,
      parentCpuMs: 10,
      otherCpuMs: 50,
      stealMs: 5,
      otherShare: 0.02,
      eventLoopDelayP99Ms: 21,
      isKnown: true,
      devices: undefined,
      energy: undefined,
    },
    framesDrawn: 3,
    warnings: [{ reason: 'small_sample', detail: 'only 2 requests' }],
    ...overrides,
  };
}
