import { readdir, readFile } from 'node:fs/promises';

const ticksPerSecond = 100;

/**
 * CPU time that a process and its children have taken so far, those that have ended included; undefined where the system
 * doesn't tell.
 */
export async function serverCpuMs(pid: number): Promise<number | undefined> {
  const own = await statOf(pid);
  if (own === undefined) return undefined;
  let ticks = own.ownTicks + own.endedTicks;
  for (const name of await readdir('/proc')) {
    const child = /^\d+$/.test(name) ? await statOf(Number(name)) : undefined;
    if (child?.parent === pid) ticks += child.ownTicks + child.endedTicks;
  }
  return (ticks * 1000) / ticksPerSecond;
}

/** Of proc(5), `stat`. */
async function statOf(
  pid: number,
): Promise<{ readonly parent: number; readonly ownTicks: number; readonly endedTicks: number } | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  // The name of the program, in parentheses, may have spaces.
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [, parent = 0] = fields;
  const [userTicks = 0, systemTicks = 0, childUserTicks = 0, childSystemTicks = 0] = fields.slice(11, 15);
  return { parent, ownTicks: userTicks + systemTicks, endedTicks: childUserTicks + childSystemTicks };
}
