import { writeFileSync } from 'node:fs';
import koffi from 'koffi';
import { ifTold } from '../../meters/proc-file.ts';

/** Asks Linux to kill this process when its parent dies, even inside a long call, and first when memory runs out. */
export function dieBeforeParent(): void {
  if (process.platform !== 'linux') return;
  const parentDeathSignal = 1;
  koffi.load(null).func('int prctl(int option, unsigned long value, ...)')(parentDeathSignal, 9);
  // A sandbox may show /proc read-only; the system then chooses for itself.
  ifTold(() => writeFileSync('/proc/self/oom_score_adj', '1000'));
}
