import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { askSystem, createAskSystem } from './ask-system.ts';

it('knows nothing of a program that is missing or fails', ({ skip }) => {
  expect(askSystem('/nowhere/ps', [])).toBeUndefined();
  if (!existsSync('/bin/sh')) skip('no /bin/sh');
  expect(askSystem('/bin/sh', ['-c', 'echo told'])).toBe('told\n');
  expect(askSystem('/bin/sh', ['-c', 'echo told; exit 1'])).toBeUndefined();
});

it('ends a program that hangs and hears of no signal, and lets it rest', ({ skip }) => {
  if (!existsSync('/bin/sh')) skip('no /bin/sh');
  let nowMs = 0;
  const ask = createAskSystem({ timeoutMs: 200, restMs: 60_000, now: () => nowMs });
  const startedMs = performance.now();
  expect(ask('/bin/sh', ['-c', 'trap "" TERM; echo part; while :; do sleep 0.1; done'])).toBeUndefined();
  expect(performance.now() - startedMs).toBeLessThan(60_000);
  // Not even what it would answer at once, until it has rested.
  expect(ask('/bin/sh', ['-c', 'echo told'])).toBeUndefined();
  expect(ask('/usr/bin/env', ['echo', 'other'])).toBe('other\n');
  nowMs = 60_000;
  expect(ask('/bin/sh', ['-c', 'echo told'])).toBe('told\n');
});
