import type { HostsWanted } from './cluster-settings.ts';
import type { HostFacts, Manifest } from './manifest.ts';

/** Cores that a process may use at once; a control group may give it less time than there are cores. */
function usableCores({ cores, cpuQuotaCores }: Pick<HostFacts, 'cores' | 'cpuQuotaCores'>): number {
  return Math.round(10 * Math.min(cores, cpuQuotaCores ?? cores)) / 10;
}

const distinct = (names: readonly string[]): string => [...new Set(names)].toSorted().join(' + ');

/**
 * What decides how fast a machine is, as a text: times of two machines are comparable where it is the same.
 *
 * Of a machine with GPUs, their names and drivers. How many there are isn't in it: jobs and containers see only those that
 * they were given, which follows from the model, and figures are per device. Else the CPU with the cores that may be used.
 */
export function hardwareClassOf(host: HostFacts): string {
  if (host.gpus.length === 0) return `${host.cpuModel}, ${usableCores(host)} cores`;
  const drivers = (host.gpuFacts ?? []).flatMap(({ driver }) => driver ?? []);
  return [distinct(host.gpus), ...(drivers.length === 0 ? [] : [`driver ${distinct(drivers)}`])].join(', ');
}

const hasPart = (name: string, part: string): boolean => name.toLowerCase().includes(part.toLowerCase());

/** Whether the times of a machine count, by what a suite says of machines. */
export function isWantedHost({ gpu, gpus, cpu, cores }: HostsWanted, host: HostFacts): boolean {
  return (
    (gpu === undefined || (host.gpus.length > 0 && host.gpus.every((name) => hasPart(name, gpu)))) &&
    (gpus === undefined || host.gpus.length === gpus) &&
    (cpu === undefined || hasPart(host.cpuModel, cpu)) &&
    (cores === undefined || usableCores(host) === cores)
  );
}

/** What a suite says of machines, as a reader would say it. */
export function hostsText({ gpu, gpus, cpu, cores }: HostsWanted): string {
  const parts = [
    gpu === undefined ? [] : `GPUs named ${gpu}`,
    gpus === undefined ? [] : `${gpus} GPUs`,
    cpu === undefined ? [] : `a CPU named ${cpu}`,
    cores === undefined ? [] : `${cores} cores`,
  ].flat();
  return parts.length === 0 ? 'any machine' : parts.join(', ');
}

/** The class of a machine that worked on a run; undefined where nobody noted it. */
export function classOfMachine(
  { host, hardwareClass, machines }: Pick<Manifest, 'host' | 'hardwareClass' | 'machines'>,
  hostname: string,
): string | undefined {
  return machines?.[hostname]?.hardwareClass ?? (hostname === host.hostname ? hardwareClass : undefined);
}
