import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const things = ['March', 'the settings', 'the calendar', 'reports', 'the list', 'April', 'the profile', 'search'];
const kinds: readonly (readonly [string, (thing: string) => string])[] = [
  ['billing', (thing) => `The invoice of ${thing} was charged twice.`],
  ['bug', (thing) => `The app closes when I open ${thing}.`],
  ['feature', (thing) => `Please add sorting to ${thing}.`],
];

/** Rows of tickets with their labels: billing, bug and feature in turn. */
export function ticketRows(count = 24): readonly (readonly [text: string, label: string])[] {
  return Array.from({ length: count }, (_, at) => {
    const [label, text] = kinds[at % kinds.length] ?? ['', () => ''];
    const round = Math.floor(at / (kinds.length * things.length));
    const thing = things[Math.floor(at / kinds.length) % things.length] ?? '';
    return [text(round === 0 ? thing : `${thing} ${round}`), label];
  });
}

export function csvOf(rows: readonly (readonly string[])[], heading = 'text,label'): string {
  return `${[heading, ...rows.map((row) => row.join(','))].join('\n')}\n`;
}

/** Says what it is made to, and answers at once. */
export function saying(name: string, ...answers: readonly string[]) {
  return { name, source: name, engine: 'mock', engineOptions: { answers } };
}

/** A measurement that takes no time: what is measured doesn't matter. */
export const brief = { protocol: 'paper', concurrency: 4, waitQuiet: 0, allowBusy: true } as const;

/** A folder of its own with `tickets.csv` in it. */
export async function ticketFolder(rows = ticketRows()): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'perbench-own-'));
  await writeFile(join(folder, 'tickets.csv'), csvOf(rows));
  return folder;
}
