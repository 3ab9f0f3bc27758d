import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CellMeasurements } from '../../src/core/cell.ts';
import { noLaunchFacts } from '../../src/core/manifest.ts';
import type { Measurement, Unit } from '../../src/core/measurement.ts';
import type { Sample } from '../../src/core/sample.ts';
import type { NewRun, RunRecord, Store } from '../../src/core/store.ts';
import { suiteSchema } from '../../src/core/suite.ts';
import type { ForeignFile, FormatFile, StoredCell } from '../../src/formats/format.ts';
import { loadTask } from '../../src/tasks/index.ts';

/** Text of every kind that breaks formats: markup, formulas, quotes, line ends, control and bidi characters. */
export const hostileText =
  '=1+1,"<script>alert(1)</script>" \\ % & _ # $ {x} ~ ^ | `\r\n\t\u001B[31m\u202Eabc\u0000 模型 👩‍💻';

/** A model name that a file system, LaTeX or a spreadsheet would trip over. */
export const hostileModel = '../=evil|"model"_50%&{x}';

function measured(value: number, unit: Unit, half: number, n = 3): Measurement {
  const interval = { low: value - half, high: value + half, level: 0.95, method: 't over 3 launches' };
  return { status: 'measured', value, unit, n, interval, warnings: [] };
}

function measurements(accuracy: number, factor: number): CellMeasurements {
  return {
    accuracy: measured(accuracy, 'ratio', 0.1, 4),
    throughput: measured(2 * factor, 'items/s', 0.1),
    latency: measured(500 / factor, 'ms', 5),
    memory: measured(factor * 2 ** 28, 'bytes', 2 ** 20),
    timeToFirstTokenP50: measured(40, 'ms', 2),
    extra: { flexible_extract: measured(accuracy, 'ratio', 0.1, 4) },
  };
}

function generated(position: number, score: number): Sample {
  const startMs = 1_764_000_000_000 + position * 1000;
  return {
    itemId: `${String(position).padStart(5, '0')}-abcdef12`,
    position,
    prompt: `Question: how many, ${position}?\nAnswer:`,
    promptSha256: `sha-${position}`,
    output: position === 1 ? hostileText : ` It is ${position}.\n#### ${position}`,
    raw: JSON.stringify({ text: 'x', finishReason: 'stop' }),
    expected: String(position),
    answer: position === 1 ? undefined : String(position),
    score,
    metrics: { flexible_extract: score },
    detail: { hasNote: true, gold: position },
    isUnparsed: position === 1,
    isTruncated: position === 2,
    failure: position === 3 ? { reason: 'prompt_too_long', message: 'it has 5,000 tokens' } : undefined,
    cluster: undefined,
    promptTokens: 20,
    reusedTokens: 4,
    outputTokens: 7,
    times: {
      scheduledMs: startMs,
      startedMs: startMs + 1,
      firstTokenMs: startMs + 40,
      lastTokenMs: startMs + 300.5,
    },
  };
}

function likelihood(position: number, score: number): Sample {
  const continuations = [' one', ' two'].map((text, index) => ({
    text,
    logprob: -1.25 - index,
    tokenIds: [1, 2],
    tokenLogprobs: [-1, -0.25 - index],
    isGreedy: index === 0,
  }));
  return {
    ...generated(position, score),
    prompt: JSON.stringify({ context: `Activity: ${position}`, continuations: continuations.map(({ text }) => text) }),
    output: '[-1.25,-2.25]',
    raw: JSON.stringify({ continuations }),
    answer: 'one',
    metrics: { acc: score, ties: 0 },
    isUnparsed: false,
  };
}

const models = ['small-135m', hostileModel] as const;
const taskIds = ['gsm8k/lmeval5-strict@1', 'hellaswag/lmeval@1', 'gsm8k/per@2'] as const;

function samplesOf(taskId: string): readonly Sample[] {
  const scores = [1, 0, 1, 0];
  return scores.map((score, position) =>
    taskId.startsWith('hellaswag') ? likelihood(position, score) : generated(position, score),
  );
}

function newRun(): NewRun {
  const suite = suiteSchema.parse({ name: 'fixture', models: [...models], tasks: [...taskIds] });
  return {
    id: '20261124-163012-k3f9',
    name: suite.name,
    createdAtMs: Date.UTC(2026, 10, 24, 16, 30, 12, 345),
    suite,
    suiteKey: 'fixture',
    protocol: 'serving',
    manifest: {
      perbenchVersion: '0.1.0',
      nodeVersion: 'v24.21.0',
      commandLine: ['perbench', 'run'],
      host: {
        hostname: 'bench',
        os: 'Linux',
        kernel: '6.1',
        cpuModel: 'Test CPU',
        cores: 2,
        memoryBytes: 2 ** 33,
        cpuQuotaCores: undefined,
        gpuFacts: undefined,
        governor: undefined,
        isContainer: true,
        gpus: [],
      },
      models: Object.fromEntries(
        models.map((name) => [
          name,
          {
            source: `/models/${name}.gguf`,
            fileSha256: 'ab'.repeat(32),
            fileBytes: 1000,
            ...noLaunchFacts,
            quantisation: 'Q4_1',
            parameters: 135_000_000,
          },
        ]),
      ),
      tasks: {},
      seed: 1,
      race: undefined,
      imported: undefined,
    },
  };
}

/** A finished run of two models on three tasks, four items each, as exporters get it. */
export async function storedCells(): Promise<readonly StoredCell[]> {
  const run: RunRecord = { ...newRun(), status: 'finished', cost: undefined };
  const tasks = await Promise.all(taskIds.map((taskId) => loadTask(taskId)));
  return models.flatMap((model, modelIndex) =>
    tasks.map((task, taskIndex): StoredCell => {
      const position = modelIndex * tasks.length + taskIndex;
      return {
        run,
        task,
        cell: {
          id: `${run.id}.${position}`,
          runId: run.id,
          model,
          taskId: task.id,
          protocol: 'serving',
          position,
          state: 'done',
          attempt: 1,
          items: 4,
          key: undefined,
          error: undefined,
          measurements: measurements(0.5, modelIndex + 1),
        },
        samples: async function* samples() {
          yield* samplesOf(task.id);
        },
      };
    }),
  );
}

/** The same run in a store. */
export async function storeRun(store: Store): Promise<string> {
  const cells = await storedCells();
  const run = newRun();
  await store.createRun(
    run,
    cells.map(({ cell }) => cell),
  );
  for (const { cell, samples } of cells) {
    const claim = await store.claimCell(cell.id, 'fixture', 60_000);
    if (claim === undefined) throw new Error(`cell ${cell.id} can't be claimed`);
    await store.appendSamples(claim, await Array.fromAsync(samples()), 60_000);
    await store.endCell(claim, { state: 'done', measurements: cell.measurements, error: undefined });
  }
  await store.setRunStatus(run.id, 'finished');
  return run.id;
}

/** Written files, as an import gets them. */
export async function writtenFiles(files: AsyncIterable<FormatFile>): Promise<readonly ForeignFile[]> {
  const written: ForeignFile[] = [];
  for await (const { path, content } of files) {
    const parts: Uint8Array[] = [];
    for await (const part of content) parts.push(typeof part === 'string' ? Buffer.from(part) : part);
    written.push({ name: path, bytes: Buffer.concat(parts) });
  }
  return written;
}

export function emptyFolder(): string {
  return mkdtempSync(join(tmpdir(), 'perbench-formats-'));
}
