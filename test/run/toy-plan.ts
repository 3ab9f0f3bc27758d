import * as z from 'zod';
import type { HostWindow, HostMeter } from '../../src/core/meter.ts';
import type { Engine } from '../../src/core/engine.ts';
import { type Manifest, noLaunchFacts } from '../../src/core/manifest.ts';
import type { Store } from '../../src/core/store.ts';
import { suiteSchema, type SuiteInput } from '../../src/core/suite.ts';
import { defineTask, type Task } from '../../src/core/task.ts';
import type { RunEvent } from '../../src/core/event.ts';
import { createMockEngine } from '../../src/engines/mock/mock-engine.ts';
import { openRun } from '../../src/run/open-run.ts';
import { itemOrder, type PlannedTask, type RunDependencies, type RunPlan } from '../../src/run/plan.ts';
import { runSuite } from '../../src/run/run.ts';
import { answerOptions } from '../../src/engines/index.ts';
import { modelSpec } from '../setup/model-spec.ts';
import { quietHost } from '../setup/quiet-host.ts';

const toyItem = z.object({ id: z.string(), question: z.string(), answer: z.string() });
type ToyItem = z.output<typeof toyItem>;

const base = {
  dataset: { name: 'gsm8k', split: 'test' },
  items: 40,
  shots: 0,
  metric: 'acc',
  chance: 0.1,
  parse: (record: unknown) => toyItem.parse(record),
  itemId: ({ id }: ToyItem) => id,
  expected: ({ answer }: ToyItem) => answer,
} as const;

/** Asks for a letter; the mock engine gives one by a hash. */
export const toyLetters: Task = defineTask<ToyItem>({
  ...base,
  id: 'toy/letters@1',
  title: 'Toy letters',
  kind: 'generate',
  category: 'classification',
  question: ({ question }) => ({
    prompt: { plain: question, chat: [{ role: 'user', content: question }] },
    maxTokens: { plain: 1, chat: 1 },
    stop: { plain: ['\n'], chat: [] },
  }),
  score: ({ answer }, { text }) => ({
    value: text === answer ? 1 : 0,
    answer: text,
    isUnparsed: text.length !== 1,
    metrics: { length: Math.min(1, text.length) },
  }),
});

/** Picks the likelier of two continuations. */
export const toyChoice: Task = defineTask<ToyItem>({
  ...base,
  id: 'toy/choice@1',
  title: 'Toy choice',
  kind: 'loglikelihood',
  category: 'classification',
  question: ({ question }) => ({ context: question, continuations: [' A', ' BB'] }),
  score: (_item, { continuations }) => ({
    value: (continuations[0]?.logprob ?? 0) > (continuations[1]?.logprob ?? 0) ? 1 : 0,
    answer: 'A',
    isUnparsed: false,
    metrics: {},
  }),
});

export function toyItems(count: number): readonly ToyItem[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `toy-${index}`,
    question: `Toy question ${index}?`,
    answer: 'A',
  }));
}

function plan(task: Task, count: number, limit: number | undefined, seed: number): PlannedTask {
  const order = itemOrder(count, limit, seed, task.id);
  const facts = {
    dataSha256: 'toy',
    files: [],
    items: count,
    evaluatedItems: order.length,
    itemIdsSha256: 'toy',
    shots: 0,
    skippedRows: 0,
    notes: [],
    firstPrompts: {},
  };
  return { task, items: toyItems(count), examples: [], order, facts };
}

const manifest: Manifest = {
  perbenchVersion: '0.0.0',
  nodeVersion: process.version,
  commandLine: [],
  host: {
    hostname: 'toy',
    os: '',
    kernel: '',
    cpuModel: '',
    cores: 1,
    memoryBytes: 1,
    cpuQuotaCores: undefined,
    gpuFacts: undefined,
    governor: undefined,
    isContainer: undefined,
    gpus: [],
  },
  models: {},
  tasks: {},
  seed: 1,
  race: undefined,
  imported: undefined,
};

export interface ToyOptions {
  readonly suite?: Partial<SuiteInput>;
  readonly count?: number;
  readonly tasks?: readonly Task[];
  /** Options of the mock engine, by model name. */
  readonly models?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly suiteKey?: string;
}

export function toyPlan({
  suite = {},
  count = 40,
  tasks = [toyLetters, toyChoice],
  models = { one: {} },
  suiteKey = 'toy',
}: ToyOptions = {}): RunPlan {
  const full = suiteSchema.parse({
    models: Object.keys(models),
    concurrency: 4,
    launches: 2,
    windowSeconds: 0.05,
    latencyRequests: 12,
    latencySeconds: 5,
    ...suite,
  });
  const planned = tasks.map((task) => plan(task, count, full.limit, full.seed));
  return {
    suite: full,
    models: Object.entries(models).map(([name, engineOptions]) => ({
      spec: modelSpec({ name, engine: 'mock', engineOptions }),
      answerOptions: answerOptions('mock', engineOptions),
      facts: { source: name, fileSha256: name, fileBytes: 1, ...noLaunchFacts },
    })),
    tasks: planned,
    suiteKey,
    manifest: { ...manifest, tasks: Object.fromEntries(planned.map(({ task, facts }) => [task.id, facts])) },
  };
}

/** A host on which others take so much of the CPU between windows, and so much in each window, the last of them again. */
export function busyMeter({
  othersNow,
  inWindows,
}: {
  readonly othersNow: () => number;
  readonly inWindows: readonly number[];
}): HostMeter {
  let windows = 0;
  return {
    start: (engine) => {
      const otherShare = inWindows[windows] ?? inWindows.at(-1) ?? 0;
      windows += 1;
      return quietMeter({ otherShare }).start(engine);
    },
    watchOthers: () => ({
      look: () => ({ share: othersNow(), cores: 2 }),
      busiest: () => [{ name: 'ffmpeg', share: othersNow() }],
    }),
  };
}

/** A host where nothing else runs. */
export function quietMeter(change: Partial<HostWindow> = {}): HostMeter {
  return {
    async start() {
      const startedMs = performance.now();
      return {
        async stop() {
          return { ...quietHost, durationMs: performance.now() - startedMs, cores: 1, ...change };
        },
      };
    },
  };
}

export function toyDependencies(store: Store, change: Partial<RunDependencies> = {}): RunDependencies {
  return {
    store,
    openEngine: async (): Promise<Engine> => createMockEngine(),
    meter: quietMeter(),
    owner: 'test',
    framesDrawn: () => 0,
    ceiling: undefined,
    logFolder: undefined,
    signal: new AbortController().signal,
    ...change,
  };
}

/** Runs a plan to its end, with all that it said. */
export async function runPlan(
  toy: RunPlan,
  dependencies: RunDependencies,
  onEvent: (event: RunEvent) => void = () => {},
): Promise<{ readonly runId: string; readonly isResumed: boolean; readonly events: readonly RunEvent[] }> {
  const opened = await openRun(toy, dependencies.store, { now: new Date(0), random: Math.random });
  const events: RunEvent[] = [];
  for await (const event of runSuite({ plan: toy, dependencies, ...opened })) {
    events.push(event);
    onEvent(event);
  }
  return { ...opened, events };
}
