import type { RaceCertificate, RaceVerdict } from '../../src/core/race.ts';
import type { Engine } from '../../src/core/engine.ts';
import type { RunEvent } from '../../src/core/event.ts';
import type { Store } from '../../src/core/store.ts';
import { planRace } from '../../src/app/plan-race.ts';
import { createMockEngine } from '../../src/engines/mock/mock-engine.ts';
import { openRun } from '../../src/run/open-run.ts';
import type { RunDependencies, RunPlan } from '../../src/run/plan.ts';
import { runSuite } from '../../src/run/run.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import type { AnchorSet } from '../../src/scoring/anchors.ts';
import { toyLetters, toyPlan, type ToyOptions } from './toy-plan.ts';

const toyAnchors: AnchorSet = {
  version: 'toy',
  summary: 'for tests',
  tasks: {
    'toy/letters': {
      trivialAccuracy: 0,
      throughput: 1000,
      throughputUnit: 'items/s',
      latency: 5,
      latencyUnit: 'ms',
      memory: 100 * 2 ** 20,
    },
  },
};

/** So many right answers of ten: the mock engine chooses by a hash of the prompt. */
export function rightAnswers(ofTen: number): readonly string[] {
  return Array.from({ length: 10 }, (_, index) => (index < ofTen ? 'A' : 'B'));
}

/** A plan that asks a question about the mock engine's models. */
export function racePlan(decide: string, { suite, ...options }: ToyOptions): Promise<RunPlan> {
  const plan = toyPlan({ tasks: [toyLetters], ...options, suite: { decide, latencyRequests: 4, ...suite } });
  return planRace(plan, { anchors: toyAnchors }, Infinity);
}

/**
 * The mock engine with times of its own making: an answer takes its `tokenMs` of time and what the launch adds to it, all
 * places are always busy, and this machine may be as slow as it likes.
 */
export function steadyEngine(): () => Promise<Engine> {
  const opened = new Map<string, number>();
  return async () => {
    const engine = createMockEngine();
    return {
      ...engine,
      async open(model, options, signal) {
        const launch = opened.get(model.name) ?? 0;
        opened.set(model.name, launch + 1);
        const loaded = await engine.open(model, options, signal);
        const tokenMs = Number(model.engineOptions['tokenMs']);
        const answerMs = tokenMs * (1 + launch / 100);
        return {
          ...loaded,
          async *generate(requests, pass) {
            let count = 0;
            for await (const result of loaded.generate(requests, pass)) {
              const startedMs = Math.floor(count / pass.concurrency) * answerMs;
              count += 1;
              const lastTokenMs = startedMs + answerMs;
              const times = { scheduledMs: startedMs, startedMs, firstTokenMs: lastTokenMs, lastTokenMs };
              yield result.status === 'done' ? { ...result, times } : result;
            }
          },
        };
      },
    };
  };
}

export interface RaceOutcome {
  readonly runId: string;
  readonly events: readonly RunEvent[];
  readonly certificates: readonly RaceCertificate[];
}

/** Runs a race in a store, or goes on with the one that is open there. */
export async function race(
  plan: RunPlan,
  dependencies: RunDependencies,
  onEvent: (event: RunEvent) => void = () => {},
  open: Partial<Parameters<typeof openRun>[2]> = {},
): Promise<RaceOutcome> {
  const opened = await openRun(plan, dependencies.store, { now: new Date(0), random: Math.random, ...open });
  const events: RunEvent[] = [];
  for await (const event of runSuite({ plan, dependencies, ...opened })) {
    events.push(event);
    onEvent(event);
  }
  const certificates = events.flatMap((event) => (event.type === 'certificate' ? [event.certificate] : []));
  return { runId: opened.runId, events, certificates };
}

/** Mean score of every model on all items, by running everything. */
export async function fullAccuracies(
  plan: RunPlan,
  dependencies: RunDependencies,
): Promise<Readonly<Record<string, number>>> {
  const manifest = { ...plan.manifest, race: undefined };
  const whole = { ...plan, manifest, suite: { ...plan.suite, launches: 1 } };
  const { runId } = await openRun(whole, dependencies.store, { now: new Date(0), random: Math.random, isFresh: true });
  for await (const event of runSuite({ plan: whole, dependencies, runId, isResumed: false })) void event;
  return accuraciesIn(dependencies.store, runId);
}

async function accuraciesIn(store: Store, runId: string): Promise<Readonly<Record<string, number>>> {
  const found: Record<string, number> = {};
  for (const cell of await store.cells(runId)) {
    const { items, scoreSum } = await store.sampleSummary(cell.id);
    found[cell.model] = scoreSum / items;
  }
  return found;
}

export async function memoryStore(): Promise<Store> {
  return openSqliteStore({ file: ':memory:' });
}

export function verdictOf(certificate: RaceCertificate | undefined, model: string): RaceVerdict | undefined {
  return certificate?.models.find((verdict) => verdict.model === model);
}
