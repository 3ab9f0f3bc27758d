import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { EnergyPart } from '../core/meter.ts';
import { ifTold, readIfThere, readNumberIfThere } from './proc-file.ts';

/** A counter of energy that the processor keeps. */
interface RaplDomain {
  readonly folder: string;
  readonly id: string;
  readonly kind: 'cpu' | 'memory';
  /** The counter starts again at 0 after this many microjoules. */
  readonly rangeMicrojoules: number;
}

export interface RaplMeter {
  /** Counters that can be read; none in most virtual machines. */
  readonly domains: readonly string[];
  /** Why counters that are there can't be used; undefined where all can, or none is there. */
  readonly problem: string | undefined;
  /** Starts to count; counters are looked at now and then, so that none wraps unseen. */
  start(): { stop(): readonly EnergyPart[] };
}

const pollMs = 5_000;

function listDomains(sys: string): { readonly domains: readonly RaplDomain[]; readonly unreadable: number } {
  const root = join(sys, 'class/powercap');
  const names = ifTold(() => readdirSync(root)) ?? [];
  const domains: RaplDomain[] = [];
  let unreadable = 0;
  // Packages hold cores; memory is a domain inside them, but not part of their sum. `psys` would count all twice.
  for (const name of names.filter((each) => /^intel-rapl:\d+(:\d+)?$/.test(each)).toSorted()) {
    const folder = join(root, name);
    const label = readIfThere(join(folder, 'name'))?.trim() ?? '';
    const isPackage = label.startsWith('package');
    if (!isPackage && label !== 'dram') continue;
    const rangeMicrojoules = Number(readIfThere(join(folder, 'max_energy_range_uj')));
    if (readMicrojoules(folder) === undefined || !(rangeMicrojoules > 0)) {
      unreadable += 1;
      continue;
    }
    const id = isPackage ? label : `dram-${/:(\d+)/.exec(name)?.[1] ?? '0'}`;
    domains.push({ folder, id, kind: isPackage ? 'cpu' : 'memory', rangeMicrojoules });
  }
  return { domains, unreadable };
}

function readMicrojoules(folder: string): number | undefined {
  return readNumberIfThere(join(folder, 'energy_uj'));
}

/** Reads the energy counters of Intel and AMD processors below `/sys/class/powercap`. */
export function createRaplMeter(sys = '/sys'): RaplMeter {
  const { domains, unreadable } = listDomains(sys);
  return {
    domains: domains.map(({ id }) => id),
    problem: unreadable === 0 ? undefined : `cannot read ${unreadable} energy counters below ${sys}/class/powercap`,
    start() {
      const counted = domains.map((domain) => ({ domain, last: readMicrojoules(domain.folder), sum: 0 }));
      const look = (): void => {
        for (const counter of counted) {
          const now = readMicrojoules(counter.domain.folder);
          if (now === undefined || counter.last === undefined) continue;
          const grown = now - counter.last;
          counter.sum += grown >= 0 ? grown : grown + counter.domain.rangeMicrojoules;
          counter.last = now;
        }
      };
      const timer = setInterval(look, pollMs);
      timer.unref();
      return {
        stop() {
          clearInterval(timer);
          look();
          return counted
            .filter(({ last }) => last !== undefined)
            .map(({ domain: { id, kind }, sum }) => ({ id, kind, joules: sum / 1e6 }));
        },
      };
    },
  };
}
