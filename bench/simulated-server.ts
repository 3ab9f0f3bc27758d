import { createNormalSource, createRandom } from '../src/stats/random.ts';

/** A request of a benchmark: what it costs the server. */
export interface Work {
  readonly promptTokens: number;
  readonly outputTokens: number;
}

/** A request that was answered, all times on one clock. */
export interface Answered extends Work {
  /** When it should have been sent: when a place was free in a closed loop, at its arrival in an open one. */
  readonly dueMs: number;
  readonly sentMs: number;
  /** When each output token came; at least one. */
  readonly tokenMs: readonly number[];
}

export interface Load {
  /** In the order in which they are asked. */
  readonly work: readonly Work[];
  /** Requests in flight at most. */
  readonly places: number;
  /** Arrivals of an open loop, ascending, one per request; a closed loop asks whenever a place is free. */
  readonly arrivalsMs?: readonly number[];
}

/** A load that was simulated, with all its requests. */
export interface Recorded {
  readonly requests: readonly Answered[];
  /** In flight at most. */
  readonly places: number;
  /** Of an open loop. */
  readonly requestRate: number | undefined;
}

/** Prompts and answers with log-normal lengths: the same for the same seed. */
export function drawItems(count: number, seed: number): readonly Work[] {
  const normal = createNormalSource(createRandom(seed));
  const length = (median: number, sigma: number): number =>
    Math.max(1, Math.round(median * Math.exp(sigma * normal())));
  return Array.from({ length: count }, () => ({ promptTokens: length(150, 0.4), outputTokens: length(80, 0.6) }));
}

/** Arrivals of a Poisson process. */
export function poissonArrivals(count: number, requestsPerSecond: number, seed: number): readonly number[] {
  const random = createRandom(seed);
  let atMs = 0;
  return Array.from({ length: count }, () => (atMs -= (Math.log(1 - random.nextFloat()) * 1000) / requestsPerSecond));
}

/** Sequences in a batch at most, and what a step of the engine takes: steady, for each sequence, for each new prompt token. */
const server = { slots: 16, stepMs: 8, sequenceMs: 0.5, promptTokenMs: 0.03 } as const;

interface Running {
  readonly request: { readonly dueMs: number; readonly sentMs: number; readonly work: Work };
  readonly tokenMs: number[];
}

/**
 * A server with continuous batching: each step gives every running sequence a token, and reads the prompts of those that
 * got a free slot, whose first token it gives too. What is sent meanwhile waits for the next step.
 *
 * @returns one per request, in the order in which they ended
 */
export function serve({ work, places, arrivalsMs }: Load): readonly Answered[] {
  const dueMs =
    arrivalsMs === undefined ? Array.from(work, (_, index) => (index < places ? 0 : Infinity)) : [...arrivalsMs];
  const waiting: Running['request'][] = [];
  const answered: Answered[] = [];
  let running: Running[] = [];
  let asked = 0;
  let nowMs = 0;
  /** Sends what is due; what had to wait for a place goes out now. */
  const send = (isLate: boolean): void => {
    while (asked < work.length && (dueMs[asked] as number) <= nowMs && asked - answered.length < places) {
      const due = dueMs[asked] as number;
      waiting.push({ dueMs: due, sentMs: isLate ? nowMs : due, work: work[asked] as Work });
      asked += 1;
    }
  };
  while (answered.length < work.length) {
    if (running.length === 0 && waiting.length === 0) nowMs = dueMs[asked] as number;
    send(false);
    const admitted = waiting.splice(0, server.slots - running.length);
    running.push(...admitted.map((request) => ({ request, tokenMs: [] })));
    const promptTokens = admitted.reduce((sum, request) => sum + request.work.promptTokens, 0);
    nowMs += server.stepMs + server.sequenceMs * running.length + server.promptTokenMs * promptTokens;
    send(false);
    for (const { tokenMs } of running) tokenMs.push(nowMs);
    const isDone = ({ request, tokenMs }: Running): boolean => tokenMs.length === request.work.outputTokens;
    const done = running.filter(isDone);
    running = running.filter((one) => !isDone(one));
    for (const { request, tokenMs } of done) {
      answered.push({ dueMs: request.dueMs, sentMs: request.sentMs, ...request.work, tokenMs });
      const next = answered.length + places - 1;
      if (arrivalsMs === undefined && next < work.length) dueMs[next] = nowMs;
    }
    send(true);
  }
  return answered;
}
