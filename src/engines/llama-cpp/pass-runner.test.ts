import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Generation } from '../../core/engine.ts';
import { createRandom } from '../../stats/random.ts';
import { plainRequest } from '../../../test/conformance/engine-requests.ts';
import { requestFailure } from '../prompt-tokens.ts';
import { type ContextSource, type EnginePass, type PassSettings, RequestQueue } from './engine-pass.ts';
import { PassRunner } from './pass-runner.ts';
import type { EngineRequest } from './worker-messages.ts';

interface Slot {
  readonly id: string;
  left: number;
}

/** Answers so many requests at once, each in as many steps as its number says, and writes down who was together. */
class RecordingPass implements EnginePass<EngineRequest, Generation> {
  readonly inFlight = { requests: 0, tokens: undefined };
  readonly #queue: RequestQueue<{ readonly id: string; readonly tokens: Int32Array }>;
  readonly #places: number;
  readonly #log: string[];
  #active: Slot[] = [];

  constructor({ concurrency, reuse }: PassSettings, log: string[]) {
    this.#queue = new RequestQueue(reuse === 'prefix');
    this.#places = concurrency;
    this.#log = log;
  }

  get isIdle(): boolean {
    return this.#active.length === 0 && this.#queue.length === 0;
  }

  add({ id }: EngineRequest): void {
    this.#queue.add({ id, tokens: Int32Array.of((Number(id) * 7) % 5, Number(id)) });
  }

  step(): Generation[] {
    while (this.#active.length < this.#places && this.#queue.length > 0) {
      const id = this.#queue.take()?.id ?? '';
      this.#active.push({ id, left: 1 + ((Number(id) * 3) % 4) });
    }
    this.#log.push(this.#active.map(({ id }) => id).join(' '));
    for (const slot of this.#active) slot.left -= 1;
    const done = this.#active.filter(({ left }) => left === 0);
    this.#active = this.#active.filter(({ left }) => left > 0);
    return done.map(({ id }) => requestFailure(id, 'engine', 'recorded', 1));
  }
}

const total = 40;
// The recording pass opens no context.
const noSource = {} as ContextSource;

/** Who was answered together, where requests arrive one by one or several at once, after pauses that the seed decides. */
async function companies(settings: PassSettings, openAtMost: number, seed: number): Promise<readonly string[]> {
  const random = createRandom(seed);
  const log: string[] = [];
  const ended = Promise.withResolvers<void>();
  let [asked, answered] = [0, 0];
  let sending = Promise.resolve();
  const runner = new PassRunner(
    noSource,
    (report) => {
      if (report.type !== 'results') return;
      answered += report.results.length;
      sending = sending.then(send);
      if (answered === total) ended.resolve();
    },
    (_, kind, given) => new RecordingPass(given, kind === 'generate' ? log : []),
  );
  async function send(): Promise<void> {
    while (asked < Math.min(total, answered + openAtMost)) {
      if (random.nextFloat() < 0.5) await sleep(random.nextFloat() * 4);
      const until = Math.min(total, answered + openAtMost, asked + 1 + random.below(6));
      const requests = Array.from({ length: until - asked }, (_, index) => plainRequest(String(asked + index), 'x'));
      asked = until;
      runner.handle({ type: 'requests', pass: 1, requests });
    }
    if (asked === total) runner.handle({ type: 'requests-end', pass: 1 });
  }
  runner.handle({ type: 'pass-start', pass: 1, kind: 'generate', settings });
  await send();
  await ended.promise;
  return log;
}

describe('a pass that is told what can be had ahead', () => {
  it.each([
    { concurrency: 4, reuse: 'none', ahead: 4, openAtMost: 8 },
    { concurrency: 4, reuse: 'none', ahead: 4, openAtMost: 4 },
    { concurrency: 3, reuse: 'prefix', ahead: 12, openAtMost: 15 },
    { concurrency: 1, reuse: 'prefix', ahead: 6, openAtMost: 7 },
    { concurrency: 8, reuse: 'prefix', ahead: 64, openAtMost: 72 },
  ] as const)('answers the same together however requests arrive: %o', async ({ openAtMost, ...settings }) => {
    const all = await Promise.all([1, 2, 3, 4, 5].map((seed) => companies(settings, openAtMost, seed)));
    expect(new Set(all.map((log) => log.join('\n'))).size).toBe(1);
    // Every place has work as long as there is any.
    const full = (all[0] ?? []).filter((line) => line.split(' ').length === settings.concurrency);
    expect(full.length).toBeGreaterThan(total / settings.concurrency / 2);
  });

  it('goes on with what is there where nothing is told', async () => {
    const log = await companies({ concurrency: 4, reuse: 'none' }, 8, 1);
    expect(log.length).toBeGreaterThan(0);
  });
});
