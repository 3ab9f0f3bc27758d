import type { MachineFacts, Manifest } from '../core/manifest.ts';
import { shortList } from '../core/row-places.ts';
import type { RunRecord } from '../core/store.ts';

const shownMachines = 8;

type Machine = readonly [hostname: string, facts: Pick<MachineFacts, 'hardwareClass' | 'measures'>];

/** Every machine that worked on a run, where it is known that several could. */
function machinesOf({ host, hardwareClass, machines = {} }: Manifest): readonly Machine[] {
  const first: Machine[] = hardwareClass === undefined ? [] : [[host.hostname, { hardwareClass, measures: true }]];
  return [...first, ...Object.entries(machines)];
}

/** Names of machines, by their class where there are several of them. */
function namesOf(machines: readonly Machine[]): string {
  const byClass = Map.groupBy(machines, ([, { hardwareClass }]) => hardwareClass);
  return Array.from(
    byClass,
    ([hardwareClass, alike]) =>
      `${hardwareClass} (${shortList(
        alike.map(([hostname]) => hostname),
        shownMachines,
      )})`,
  ).join('; ');
}

/** Which machines measured times and which only answered items, of runs that several worked on. */
export function machineNotes(runs: readonly RunRecord[]): readonly string[] {
  return runs.flatMap(({ id, manifest }) => {
    const machines = machinesOf(manifest);
    if (machines.length < 2) return [];
    const which = runs.length === 1 ? '' : ` of run ${id}`;
    const measured = machines.filter(([, { measures }]) => measures);
    const others = machines.filter(([, { measures }]) => !measures);
    return [
      ...(measured.length === 0 ? [] : [`Times${which} were measured on ${namesOf(measured)}.`]),
      ...(others.length === 0
        ? []
        : [`Items${which} were also answered on ${namesOf(others)}, whose times do not count.`]),
    ];
  });
}
