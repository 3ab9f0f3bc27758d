import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LoadedModel } from '../core/engine.ts';
import type { HostMeter, OthersLook } from '../core/meter.ts';
import { fittingThreads, yieldThreads } from './yield-threads.ts';

describe('threads that find a core', () => {
  it.each([
    // now, most, cores taken by others, cores of the machine, next
    [2, 2, 0, 2, 2],
    [2, 2, 0.4, 2, 2],
    // A process that wants a whole core gets between a half and two thirds beside two threads.
    [2, 2, 0.5, 2, 1],
    [2, 2, 0.67, 2, 1],
    [1, 2, 1, 2, 1],
    [1, 2, 1.4, 2, 1],
    // Between the borders nothing changes.
    [1, 2, 0.4, 2, 1],
    [1, 2, 0.3, 2, 2],
    [8, 8, 3, 8, 5],
    [5, 8, 0.1, 8, 8],
    [16, 16, 20, 8, 1],
    // Cores that were left free are for others.
    [2, 2, 2, 4, 2],
    [2, 2, 2.6, 4, 1],
    // More threads than cores are what was asked for.
    [8, 8, 0.1, 2, 8],
    [1, 1, 2, 2, 1],
  ])('%i of %i with %f of %i cores taken: %i', (now, most, taken, cores, next) => {
    expect(fittingThreads(now, most, { share: taken / cores, cores })).toBe(next);
  });
});

describe('a pass beside other processes', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function start({ threads = 2, isChangeable = true } = {}) {
    const set: number[] = [];
    let share: number | undefined = 0;
    const model = {
      info: { threads, processIds: [7] },
      setThreads: isChangeable ? (count: number) => set.push(count) : undefined,
    } as unknown as LoadedModel;
    const look = vi.fn<() => OthersLook | undefined>(() => (share === undefined ? undefined : { share, cores: 2 }));
    const meter = { watchOthers: () => ({ look, busiest: () => [] }) } as unknown as HostMeter;
    const yielded = yieldThreads(model, meter);
    const after = (next: number | undefined): void => {
      share = next;
      vi.advanceTimersByTime(1_000);
    };
    return { set, look, yielded, after };
  }

  it('gives threads up and takes them back, and has all again when it ends', () => {
    const { set, yielded, after } = start();
    after(0.02);
    expect([set, yielded.fewest()]).toEqual([[], undefined]);
    after(0.5);
    after(0.5);
    expect(set).toEqual([1]);
    after(0);
    expect(set).toEqual([1, 2]);
    after(0.5);
    yielded[Symbol.dispose]();
    expect([set, yielded.fewest()]).toEqual([[1, 2, 1, 2], 1]);
    after(0.9);
    expect(set).toHaveLength(4);
  });

  it('keeps them where nobody can tell', () => {
    const { set, after } = start();
    after(undefined);
    expect(set).toEqual([]);
  });

  it('does not even look where there is nothing to give up', () => {
    for (const options of [{ threads: 1 }, { isChangeable: false }]) {
      const { look, after } = start(options);
      after(0.9);
      expect(look).not.toHaveBeenCalled();
    }
  });
});
