import { describe, expect, it } from 'vitest';
import { briefPass } from '../../test/setup/bare-pass.ts';
import { quietHost } from '../../test/setup/quiet-host.ts';
import type { PassResult } from '../core/cell.ts';
import type { RunEvent } from '../core/event.ts';
import type { HostMeter } from '../core/meter.ts';
import { QuietMachine } from './quiet-machine.ts';

interface World {
  /** What others take at a time; undefined where nobody can tell. */
  readonly othersAt: (ms: number) => number | undefined;
  readonly waitQuiet?: number;
  readonly allowBusy?: boolean;
  /** Somebody presses the key at this time. */
  readonly skipAtMs?: number;
  readonly stopAtMs?: number;
}

/** Share of others in the window that a test's attempt measures. */
function passWith(otherShare: number): PassResult {
  return {
    ...briefPass,
    host: { ...quietHost, otherShare },
    warnings: otherShare > 0.05 ? [{ reason: 'host_busy', detail: 'others took some', share: otherShare }] : [],
  };
}

/** A machine on a clock of its own: only waiting lets time pass. */
function machine({ othersAt, waitQuiet = 60, allowBusy = false, skipAtMs, stopAtMs = Infinity }: World) {
  let nowMs = 0;
  const events: RunEvent[] = [];
  const stop = new AbortController();
  let press: (() => void) | undefined;
  const meter = {
    watchOthers: () => ({
      look: () => {
        const share = othersAt(nowMs);
        return share === undefined ? undefined : { share, cores: 2 };
      },
      busiest: () => [{ name: 'ffmpeg', share: 0.4 }],
    }),
  } as unknown as HostMeter;
  const quiet = new QuietMachine({
    suite: { waitQuiet, allowBusy },
    meter,
    emit: (event) => events.push(event),
    skipWait:
      skipAtMs === undefined
        ? undefined
        : (onSkip) => {
            press = onSkip;
            return () => {
              press = undefined;
            };
          },
    now: () => nowMs,
    pause: async (ms) => {
      nowMs += ms;
      if (skipAtMs !== undefined && nowMs >= skipAtMs) press?.();
      if (nowMs >= stopAtMs) stop.abort();
    },
  });
  const timed = {
    cell: { id: 'c', model: 'm', taskId: 't' },
    pass: 'throughput',
    launch: 0,
    engine: { processIds: [] },
    signal: stop.signal,
  } as const;
  return {
    events,
    now: () => nowMs,
    isListening: () => press !== undefined,
    wait: (mostWaitMs?: number) => quiet.wait({ ...timed, mostWaitMs }),
    measure: (...shares: readonly number[]) => {
      const attempts: number[] = [];
      const measured = quiet.measure(timed, async (index) => {
        attempts.push(index);
        return passWith(shares[index] ?? shares.at(-1) ?? 0);
      });
      return measured.then((result) => ({ result, attempts }));
    },
    outcomes: () => events.flatMap((event) => (event.type === 'wait-end' ? [event.outcome] : [])),
    waits: () => events.filter(({ type }) => type === 'wait-start').length,
  };
}

describe('before time is measured', () => {
  it('a glance is enough for a quiet machine', async () => {
    const world = machine({ othersAt: () => 0.04 });
    await world.wait();
    expect([world.now(), world.events]).toEqual([200, []]);
  });

  it('a moment of work is looked at twice', async () => {
    const world = machine({ othersAt: (ms) => (ms <= 200 ? 0.5 : 0) });
    await world.wait();
    expect([world.now(), world.events]).toEqual([1_200, []]);
  });

  it('perbench says who is busy, and waits until they are done', async () => {
    const world = machine({ othersAt: (ms) => (ms < 10_000 ? 0.4 : 0.01) });
    await world.wait();
    expect(world.events).toEqual([
      {
        type: 'wait-start',
        cellId: 'c',
        pass: 'throughput',
        launch: 0,
        share: 0.4,
        busiest: [{ name: 'ffmpeg', share: 0.4 }],
        limitMs: 60_000,
        canSkip: false,
      },
      { type: 'wait-end', cellId: 'c', pass: 'throughput', launch: 0, outcome: 'quiet', waitedMs: 9_000 },
    ]);
  });

  it('perbench waits for as long as it is told to, once until the machine was quiet', async () => {
    let share = 0.4;
    const world = machine({ othersAt: () => share, waitQuiet: 5 });
    await world.wait();
    expect([world.outcomes(), world.now()]).toEqual([['limit'], 1_200 + 5_000]);
    await world.wait();
    expect([world.waits(), world.now()]).toEqual([1, 6_200 + 1_200]);
    share = 0;
    await world.wait();
    share = 0.4;
    await world.wait();
    expect(world.outcomes()).toEqual(['limit', 'limit']);
  });

  it.each<[why: string, world: World]>([
    ['is told not to', { othersAt: () => 0.4, waitQuiet: 0 }],
    ['busy machines are allowed', { othersAt: () => 0.4, allowBusy: true }],
    ['nobody can tell', { othersAt: () => undefined }],
  ])('perbench does not wait where %s', async (_, options) => {
    const world = machine(options);
    await world.wait();
    expect(world.events).toEqual([]);
  });

  it('perbench waits for less where the run has less time', async () => {
    const world = machine({ othersAt: () => 0.4 });
    await world.wait(2_500);
    expect([world.outcomes(), world.now()]).toEqual([['limit'], 1_200 + 2_500]);
  });

  it('somebody at a terminal may go on, and is listened to only meanwhile', async () => {
    const world = machine({ othersAt: () => 0.4, skipAtMs: 8_000 });
    await world.wait();
    expect(world.events[0]).toMatchObject({ canSkip: true });
    expect([world.outcomes(), world.now(), world.isListening()]).toEqual([['skipped'], 8_200, false]);
    // Nor is a window repeated for those who don't want to wait.
    expect((await world.measure(0.4)).attempts).toEqual([0]);
  });

  it('a run that is stopped waits no longer, and measures nothing', async () => {
    const world = machine({ othersAt: () => 0.4, stopAtMs: 4_000 });
    expect(await world.measure(0.4)).toEqual({ result: undefined, attempts: [] });
    expect([world.outcomes(), world.now()]).toEqual([['stopped'], 4_200]);
  });
});

describe('a window in which others were busy', () => {
  const free = { othersAt: () => 0 };

  it('is measured again until it is quiet, and that is said and kept', async () => {
    const world = machine(free);
    const { result, attempts } = await world.measure(0.4, 0.01);
    expect(attempts).toEqual([0, 1]);
    expect(result).toMatchObject({ host: { otherShare: 0.01 }, warnings: [], busierShares: [0.4] });
    expect(world.events).toEqual([
      {
        type: 'warning',
        message:
          'm on t: other processes took 40 % of the CPU while throughput was measured; measuring it again (2 of at most 3)',
      },
    ]);
  });

  it('is measured three times at most: the least busy counts', async () => {
    const { result, attempts } = await machine(free).measure(0.4, 0.2, 0.3);
    expect(attempts).toEqual([0, 1, 2]);
    expect(result).toMatchObject({ host: { otherShare: 0.2 }, busierShares: [0.4, 0.3] });
    expect(result?.warnings).toEqual([
      { reason: 'host_busy', detail: 'others took some in the least busy of 3 windows', share: 0.2 },
    ]);
  });

  it('is not measured again in vain, until the machine was quiet', async () => {
    const world = machine({ ...free, othersAt: () => 0.4, waitQuiet: 0 });
    expect((await world.measure(0.4)).attempts).toHaveLength(3);
    const { result, attempts } = await world.measure(0.4);
    expect(attempts).toHaveLength(1);
    expect(result).not.toHaveProperty('busierShares');
    await world.measure(0.01);
    expect((await world.measure(0.4)).attempts).toHaveLength(3);
  });

  it('is not measured again for ever where only windows are busy, such as by a server behind a proxy', async () => {
    const world = machine(free);
    expect((await world.measure(0.4)).attempts).toHaveLength(3);
    expect((await world.measure(0.4)).attempts).toHaveLength(1);
  });

  it('is what it is where busy machines are allowed, or nobody can tell', async () => {
    expect((await machine({ ...free, allowBusy: true }).measure(0.4)).attempts).toEqual([0]);
    const unknown = new QuietMachine({
      suite: { waitQuiet: 60, allowBusy: false },
      meter: {} as HostMeter,
      emit: () => undefined,
      skipWait: undefined,
    });
    const pass = passWith(0.4);
    const blind = { ...pass, host: { ...pass.host, isKnown: false } };
    const timed = { cell: { id: 'c', model: 'm', taskId: 't' }, pass: 'latency', launch: 0 } as const;
    const signal = new AbortController().signal;
    expect(await unknown.measure({ ...timed, engine: { processIds: [] }, signal }, async () => blind)).toBe(blind);
  });
});
