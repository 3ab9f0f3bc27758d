import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { onEnter } from './enter-key.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('hears Enter from when it is asked for until it is not, and leaves the terminal alone', () => {
  const keyboard = Object.assign(new EventEmitter(), { resume: vi.fn<() => void>(), pause: vi.fn<() => void>() });
  const pressed = vi.fn<() => void>();
  const stop = onEnter(keyboard, pressed);
  expect(keyboard.resume).toHaveBeenCalledOnce();
  // Typed before there was a question.
  keyboard.emit('data', '\n');
  expect(pressed).not.toHaveBeenCalled();
  vi.advanceTimersByTime(60);
  keyboard.emit('data', '\n');
  expect(pressed).toHaveBeenCalledOnce();
  stop();
  keyboard.emit('data', '\n');
  expect(pressed).toHaveBeenCalledOnce();
  expect([keyboard.pause.mock.calls.length, keyboard.listenerCount('data')]).toEqual([1, 0]);
});
