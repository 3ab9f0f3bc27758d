/**
 * CPU numbers of a kernel list such as `0-3,8`.
 *
 * @returns undefined where the text is no such list
 */
export function parseCpuList(text: string): ReadonlySet<number> | undefined {
  const cpus = new Set<number>();
  for (const part of text.trim().split(',')) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (match === null) return undefined;
    const first = Number(match[1]);
    for (let cpu = first; cpu <= Number(match[2] ?? first); cpu += 1) cpus.add(cpu);
  }
  return cpus;
}
