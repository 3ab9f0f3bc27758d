import type { LoadedModel } from '../core/engine.ts';
import type { HostMeter, OthersLook } from '../core/meter.ts';

const everyMs = 1_000;
/**
 * In cores: what others may take of a core that a thread of ours computes on before that thread is given up, and what
 * they must leave to have it back. A process that wants a whole core gets half of one that it shares.
 */
const slack = { keep: 0.45, regain: 0.35 };

/**
 * How many threads find a core of their own beside what others take. Threads that compute one decode wait for each other
 * by spinning, so one that shares its core holds up all.
 *
 * @param now threads at present: near the border between two numbers they stay
 * @param most threads that were asked for; of more than there are cores, that many aren't others' fault
 */
export function fittingThreads(now: number, most: number, { share, cores }: OthersLook): number {
  const room = Math.max(cores, most) - share * cores;
  const within = (more: number): number => Math.min(most, Math.max(1, Math.floor(room + more)));
  return Math.min(Math.max(now, within(slack.regain)), within(slack.keep));
}

export interface YieldedThreads extends Disposable {
  /** The fewest that computed so far; undefined where all did. */
  readonly fewest: () => number | undefined;
}

/**
 * Lets the model compute with fewer threads while others use the CPU, until it is disposed: then with all again. For
 * passes that measure no time.
 */
export function yieldThreads(model: LoadedModel, meter: HostMeter): YieldedThreads {
  const { threads: most = 1 } = model.info;
  const watch = model.setThreads === undefined || most < 2 ? undefined : meter.watchOthers?.(model.info);
  let [now, fewest] = [most, most];
  const timer = setInterval(() => {
    const look = watch?.look();
    if (look === undefined) return;
    const next = fittingThreads(now, most, look);
    if (next !== now) model.setThreads?.(next);
    now = next;
    fewest = Math.min(fewest, now);
  }, everyMs);
  timer.unref();
  if (watch === undefined) clearInterval(timer);
  return {
    fewest: () => (fewest < most ? fewest : undefined),
    [Symbol.dispose]() {
      clearInterval(timer);
      if (now !== most) model.setThreads?.(most);
    },
  };
}
