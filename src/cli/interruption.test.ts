import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createInterruption } from './interruption.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function start() {
  const source = new EventEmitter();
  const notes: string[] = [];
  const interruption = createInterruption({ source, now: () => Date.now(), notify: (text) => notes.push(text) });
  return { source, notes, interruption };
}

describe('Ctrl-C', () => {
  it('stops once, and says so', () => {
    const { source, notes, interruption } = start();
    expect(interruption.exitCode).toBeUndefined();
    source.emit('SIGINT');
    expect(interruption.signal.aborted).toBe(true);
    expect(interruption.forceSignal.aborted).toBe(false);
    expect(interruption.exitCode).toBe(130);
    expect(notes).toEqual(['stopping; press Ctrl-C again to stop at once']);
  });

  it('says what is still done, as long as something is', () => {
    const [during, after] = [start(), start()];
    for (const { interruption } of [during, after]) interruption.finishBy('saving');
    after.interruption.finishBy(undefined);
    for (const { source } of [during, after]) source.emit('SIGINT');
    expect(during.notes).toEqual(['stopping: saving; press Ctrl-C again to stop at once']);
    expect(after.notes).toEqual(['stopping; press Ctrl-C again to stop at once']);
  });

  it('is one where it comes twice within half a second, and forces later', () => {
    const { source, interruption } = start();
    source.emit('SIGINT');
    vi.advanceTimersByTime(499);
    source.emit('SIGINT');
    expect(interruption.forceSignal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    source.emit('SIGINT');
    expect(interruption.forceSignal.aborted).toBe(true);
    expect(interruption.exitCode).toBe(130);
  });

  it('waits without a limit', () => {
    const { source, interruption } = start();
    source.emit('SIGINT');
    vi.advanceTimersByTime(3_600_000);
    expect(interruption.forceSignal.aborted).toBe(false);
  });
});

describe('Ctrl-C where it is the way to end', () => {
  it('is said nothing of, and is no failure; other signals are what they are', () => {
    const { source, notes, interruption } = start();
    interruption.expectEnd();
    source.emit('SIGINT');
    expect(interruption.signal.aborted).toBe(true);
    expect(interruption.exitCode).toBe(0);
    expect(notes).toEqual([]);
    const other = start();
    other.interruption.expectEnd();
    other.source.emit('SIGTERM');
    expect(other.interruption.exitCode).toBe(143);
  });
});

describe('other signals', () => {
  it.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ])('%s stops, and forces after twenty seconds', (name, exitCode) => {
    const { source, interruption } = start();
    source.emit(name);
    expect(interruption.signal.aborted).toBe(true);
    expect(interruption.exitCode).toBe(exitCode);
    vi.advanceTimersByTime(19_999);
    expect(interruption.forceSignal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(interruption.forceSignal.aborted).toBe(true);
  });

  it('keep the exit code of the first', () => {
    const { source, interruption } = start();
    source.emit('SIGTERM');
    source.emit('SIGINT');
    expect(interruption.exitCode).toBe(143);
  });
});

it('listens no more when it is disposed', () => {
  const { source, interruption } = start();
  interruption[Symbol.dispose]();
  expect(source.eventNames()).toEqual([]);
});
