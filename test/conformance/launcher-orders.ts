import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { JobState, JobStatus, Launcher, WorkerOrder } from '../../src/core/cluster.ts';
import { LauncherError } from '../../src/core/errors.ts';
import { createRunId } from '../../src/core/run-id.ts';
import { ifThere } from '../../src/files/if-there.ts';

/** An order of one worker that runs a shell script, of a run of its own unless told otherwise. */
export function scriptOrder(
  script: string,
  changes: Partial<WorkerOrder> & { readonly order?: string } = {},
): WorkerOrder {
  const { order = 'o1', runId = createRunId(Date.now(), Math.random), attempt = 1, ...others } = changes;
  return {
    name: `pb-${runId}-${order}-a${attempt}`,
    runId,
    attempt,
    models: ['a model'],
    needs: { gpus: 0, memoryBytes: undefined },
    workers: 1,
    isExclusive: false,
    words: ['-c', script],
    ...others,
  };
}

/** The script of a worker that lasts until it is ended, and leaves `STEM.started` and, ended by SIGTERM, `STEM.ended`. */
export function lastingScript(stem: string): string {
  return `trap 'echo ended > ${stem}.ended; exit 0' TERM; echo started > ${stem}.started; while :; do sleep 0.2; done`;
}

/** Asks until something is so; engines take from a second to half a minute to see what happened. */
export async function eventually<Value>(
  what: string,
  ask: () => Promise<Value>,
  isSo: (value: Value) => boolean,
  limitMs = 240_000,
): Promise<Value> {
  const end = performance.now() + limitMs;
  for (;;) {
    const value = await ask();
    if (isSo(value)) return value;
    if (performance.now() > end) throw new Error(`${what}: still ${JSON.stringify(value)}`);
    await sleep(250);
  }
}

/** The text of a file, once a worker has written it. */
export async function written(path: string): Promise<string> {
  const text = await eventually(
    `${path} is written`,
    async () => ifThere(readFile(path, 'utf8')),
    (read) => read?.endsWith('\n') === true,
  );
  return text ?? '';
}

export function isAlive({ state }: Pick<JobStatus, 'state'>): boolean {
  return state === 'pending' || state === 'running';
}

/** Workers of a run, once there are as many as `count` and all in one of these states. */
export async function allIn(
  launcher: Launcher,
  runId: string,
  count: number,
  ...states: readonly JobState[]
): Promise<readonly JobStatus[]> {
  return eventually(
    `${count} workers of ${runId} are ${states.join(' or ')}`,
    async () => launcher.list(runId),
    (jobs) => jobs.length === count && jobs.every(({ state }) => states.includes(state)),
  );
}

/** Workers of a run that the engine still knows, once none is alive. */
export async function allOver(launcher: Launcher, runId: string): Promise<readonly JobStatus[]> {
  return eventually(
    `all workers of ${runId} have ended`,
    async () => launcher.list(runId),
    (jobs) => !jobs.some((job) => isAlive(job)),
  );
}

/** What an action throws: an error of the launcher, in one line. */
export async function launcherError(action: Promise<unknown>): Promise<LauncherError> {
  const error: unknown = await action.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(LauncherError);
  const { message, hint = '' } = error as LauncherError;
  expect(message).not.toMatch(/\n|^\s*at /);
  expect(hint).not.toContain('\n');
  return error as LauncherError;
}
