import { percentText } from '../core/amount-text.ts';
import { plainText } from '../present/sanitise.ts';
import type { WatchedPass } from './device-text.ts';

/** What was done because others used the CPU, a line for each pass; undefined where nothing was. */
export function busyText(passes: readonly WatchedPass[]): string | undefined {
  const lines = passes.flatMap(({ model, taskId, result }) => {
    const { pass, launch, host, busierShares = [], fewestThreads } = result;
    const name = plainText(`${model} / ${taskId}, ${pass} ${launch + 1}`);
    if (fewestThreads !== undefined)
      return [`${name}: others used the CPU, so it ran with ${fewestThreads} of its threads at times`];
    if (busierShares.length === 0) return [];
    const dropped = busierShares.map((share) => percentText(share)).join(' and ');
    return [
      `${name}: measured ${busierShares.length + 1} times; others took ${dropped} of the CPU, and ${percentText(host.otherShare)} in the window that counts`,
    ];
  });
  return lines.length === 0 ? undefined : lines.join('\n');
}
