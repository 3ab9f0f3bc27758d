import { readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { freemem } from 'node:os';
import { basename, join } from 'node:path';
import { ifTold, readIfThere, type SystemFolders, systemFolders } from '../proc-file.ts';
import { controlGroupMemoryLeft } from './control-groups.ts';
import { signalGroup } from './signal-group.ts';
import type { CpuTimes, ProcessMemory, ProcessStat, System } from './system.ts';

/** Linux counts CPU time in hundredths of a second, whatever the kernel's own clock. */
const msPerTick = 10;
/** `TCP_LISTEN` in /proc/net/tcp. */
const listening = '0A';

/** Linux, by what it shows in `/proc` and `/sys`. */
export function linuxSystem(folders: SystemFolders = systemFolders): System {
  const { proc } = folders;
  return {
    source: '/proc',
    isQuick: true,
    processes: () => processIds(proc)?.flatMap((pid) => readProcessStat(proc, pid) ?? []),
    cpuMsOf: (pid) => readProcessStat(proc, pid)?.ownCpuMs,
    // Programs are known by their command, which the kernel's name often isn't: that of Node is `MainThread`.
    nameOf({ pid, name }) {
      const [command = ''] = (readIfThere(join(proc, String(pid), 'cmdline')) ?? '').split('\0');
      return basename(command) || name;
    },
    cpuTimes: () => readCpuTimes(proc),
    memoryOf: (pids) => pids.flatMap((pid) => readResident(proc, pid) ?? []),
    resetPeaks: (pids) => pids.every((pid) => resetPeakOf(proc, pid)),
    resetMend: 'Use a kernel with CONFIG_PROC_PAGE_MONITOR, and a container that may write to /proc/PID/clear_refs.',
    listenersOn: (port) => readListeners(proc, port),
    holdsOpen: (pid, fits) => holdsOpen(proc, pid, fits),
    havingInherited: (name, value) => {
      const wanted = `${name}=${value}`;
      // Those that are gone, or another user's, tell nothing.
      const has = (pid: number): boolean =>
        readIfThere(join(proc, String(pid), 'environ'))
          ?.split('\0')
          .includes(wanted) === true;
      return (processIds(proc) ?? []).filter(has);
    },
    availableBytes: () => readAvailable(folders),
    signalTree: signalGroup,
  };
}

function processIds(proc: string): readonly number[] | undefined {
  return ifTold(() => readdirSync(proc))
    ?.filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function readProcessStat(proc: string, pid: number): ProcessStat | undefined {
  const text = readIfThere(join(proc, String(pid), 'stat'));
  if (text === undefined) return undefined;
  // The name comes second, in brackets, and may itself hold brackets and spaces.
  const nameEnd = text.lastIndexOf(')');
  const fields = text.slice(nameEnd + 2).split(' ');
  const numberAt = (field: number): number => Number(fields[field - 3]);
  const ownTicks = numberAt(14) + numberAt(15);
  const ticks = ownTicks + numberAt(16) + numberAt(17);
  if (!Number.isFinite(ticks)) return undefined;
  return {
    pid,
    parentPid: numberAt(4),
    name: text.slice(text.indexOf('(') + 1, nameEnd),
    ownCpuMs: ownTicks * msPerTick,
    cpuMs: ticks * msPerTick,
  };
}

function readResident(proc: string, pid: number): ProcessMemory | undefined {
  const status = readIfThere(join(proc, String(pid), 'status'));
  const kibibytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status ?? '')?.[1]);
  const nowBytes = kibibytes('VmRSS') * 1024;
  const peakBytes = kibibytes('VmHWM') * 1024;
  // Absent in a process that has ended but was not waited for.
  return Number.isNaN(nowBytes + peakBytes) ? undefined : { nowBytes, peakBytes };
}

function resetPeakOf(proc: string, pid: number): boolean {
  const isReset = ifTold(() => {
    // 5 resets the peak alone; lower numbers would clear the page references as well.
    writeFileSync(join(proc, String(pid), 'clear_refs'), '5');
    return true;
  });
  return isReset === true;
}

/**
 * Reads `/proc/stat`. In a container that is usually the whole host: work of neighbours on the same CPUs counts, as it
 * should. CPUs that this process is kept from by its affinity don't.
 */
function readCpuTimes(proc: string): CpuTimes | undefined {
  const stat = readIfThere(join(proc, 'stat'));
  if (stat === undefined) return undefined;
  const allowed = allowedCpus(proc);
  const times = { cores: 0, busyMs: 0, stealMs: 0, totalMs: 0 };
  for (const [, cpu, numbers = ''] of stat.matchAll(/^cpu(\d+) (.*)$/gm)) {
    if (allowed !== undefined && !allowed.has(Number(cpu))) continue;
    // Guest times are part of user and nice: the first eight numbers are all there is.
    const ticks = numbers.trim().split(/\s+/).slice(0, 8).map(Number);
    const [user = 0, nice = 0, system = 0, idle = 0, ioWait = 0, irq = 0, softIrq = 0, steal = 0] = ticks;
    const busy = user + nice + system + irq + softIrq + steal;
    times.cores += 1;
    times.busyMs += busy * msPerTick;
    times.stealMs += steal * msPerTick;
    times.totalMs += (busy + idle + ioWait) * msPerTick;
  }
  // Sandboxes that fake the file show zeros.
  return times.cores === 0 || !(times.totalMs > 0) ? undefined : times;
}

function allowedCpus(proc: string): ReadonlySet<number> | undefined {
  const status = readIfThere(join(proc, 'self/status'));
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status ?? '')?.[1];
  return list === undefined ? undefined : parseCpuList(list);
}

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

/** Whether a process has something open whose name fits; not known of one that ended meanwhile. */
function holdsOpen(proc: string, pid: number, fits: (name: string) => boolean): boolean {
  const folder = join(proc, String(pid), 'fd');
  return ifTold(() => readdirSync(folder).some((fd) => fits(readlinkSync(join(folder, fd))))) === true;
}

/** Inodes of the sockets that listen on a port of this machine. */
function listeningInodes(proc: string, port: number): ReadonlySet<string> {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  const inodes = new Set<string>();
  for (const table of ['net/tcp', 'net/tcp6']) {
    for (const line of (readIfThere(join(proc, table)) ?? '').split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      if (fields[3] === listening && fields[1]?.endsWith(`:${wanted}`) === true) inodes.add(fields[9] ?? '');
    }
  }
  return inodes;
}

function readListeners(proc: string, port: number): readonly number[] {
  const inodes = listeningInodes(proc, port);
  if (inodes.size === 0) return [];
  const listens = (open: string): boolean => inodes.has(/^socket:\[(\d+)\]$/.exec(open)?.[1] ?? '');
  return (processIds(proc) ?? []).filter((pid) => holdsOpen(proc, pid, listens));
}

/** What the system has available and control groups allow. */
function readAvailable(folders: SystemFolders): number {
  const told = /^MemAvailable:\s+(\d+) kB/m.exec(readIfThere(join(folders.proc, 'meminfo')) ?? '')?.[1];
  const system = told === undefined ? freemem() : Number(told) * 1024;
  return Math.min(system, controlGroupMemoryLeft(folders) ?? system);
}
