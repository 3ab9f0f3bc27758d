import type { Cell, PassName, PassResult } from '../../src/core/cell.ts';
import type { PassProgress, RunEvent } from '../../src/core/event.ts';
import { quietHost } from '../setup/quiet-host.ts';
import { barePass } from '../setup/bare-pass.ts';

/** Events of imagined runs, for the tests of displays. */
export function exampleCell(position: number, overrides: Partial<Cell> = {}): Cell {
  return {
    id: `run.${position}`,
    runId: 'run',
    model: `model-${position}`,
    taskId: 'gsm8k/per@1',
    protocol: 'serving',
    position,
    state: 'pending',
    attempt: 0,
    items: 200,
    key: undefined,
    error: undefined,
    measurements: {},
    ...overrides,
  };
}

export function runStart(cells: readonly Cell[]): RunEvent {
  return { type: 'run-start', runId: 'run', name: 'example', cells, isResumed: false };
}

export function cellStart(
  position: number,
  finishedPasses: readonly { readonly pass: PassName; readonly launch: number }[] = [],
): RunEvent {
  return { type: 'cell-start', cellId: `run.${position}`, attempt: 1, finishedItems: 0, finishedPasses };
}

export function passStart(position: number, pass: PassName, launch = 0): RunEvent {
  return { type: 'pass-start', cellId: `run.${position}`, pass, launch, concurrency: 16 };
}

export function passProgress(position: number, pass: PassName, progress: Partial<PassProgress>, launch = 0): RunEvent {
  const whole: PassProgress = {
    done: 0,
    before: 0,
    total: 200,
    elapsedMs: 0,
    limitMs: undefined,
    promptTokens: 0,
    outputTokens: 0,
    failed: 0,
    scoreSum: 0,
    memoryBytes: undefined,
    ...progress,
  };
  return { type: 'pass-progress', cellId: `run.${position}`, pass, launch, progress: whole };
}

export function passEnd(position: number, pass: PassName, durationMs: number, launch = 0): RunEvent {
  const result: PassResult = {
    ...barePass,
    pass,
    launch,
    startedAtMs: 0,
    durationMs,
    concurrency: 16,
    requests: 200,
    failedRequests: 0,
    promptTokens: 0,
    outputTokens: 0,
    reusedTokens: 0,
    host: { ...quietHost, durationMs, isKnown: false },
    framesDrawn: 0,
    warnings: [],
  };
  return { type: 'pass-end', cellId: `run.${position}`, pass, launch, result };
}

export function cellEnd(position: number, state: Cell['state'] = 'done'): RunEvent {
  const error =
    state === 'failed' ? { code: 'PB_ENGINE', message: 'the engine ended', hint: 'Look at the log.' } : undefined;
  return { type: 'cell-end', cellId: `run.${position}`, state, measurements: {}, error };
}
