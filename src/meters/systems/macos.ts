import { freemem } from 'node:os';
import { basename } from 'node:path';
import { askSystem, type AskSystem } from './ask-system.ts';
import { nodeCpuTimes } from './node-cpu-times.ts';
import { signalGroup } from './signal-group.ts';
import type { CpuTimes, ProcessStat, System } from './system.ts';

/** What `ps` shows of a process. */
interface PsRow extends ProcessStat {
  readonly residentBytes: number;
}

const peakDoubt =
  'macOS does not tell the peak of a process: this is the highest of several readings of ps, without memory that Metal holds';

/** Numbers with a point, whatever the user's language. */
const plainPs = ['LC_ALL=C', '/bin/ps'];

/**
 * macOS, by `ps`, `lsof` and `vm_stat`; CPU times by Node. CPU time of children that have ended isn't counted, and peaks
 * of memory are the highest of the readings so far.
 */
export function macosSystem(
  ask: AskSystem = askSystem,
  cpuTimes: () => CpuTimes | undefined = () => nodeCpuTimes(),
): System {
  const peaks = new Map<number, number>();
  const rows = (): readonly PsRow[] | undefined => {
    // Without -ww lines end after 79 characters, where nothing is a terminal.
    const text = ask('/usr/bin/env', [...plainPs, '-A', '-o', 'pid=,ppid=,time=,rss=,comm=', '-ww']);
    return text?.split('\n').flatMap((line) => readPsRow(line) ?? []);
  };
  return {
    source: 'ps',
    isQuick: true,
    processes: rows,
    cpuMsOf: (pid) => readCpuMs((ask('/usr/bin/env', [...plainPs, '-o', 'time=', '-p', String(pid)]) ?? '').trim()),
    nameOf: ({ name }) => name,
    cpuTimes,
    memoryOf(pids) {
      const wanted = new Set(pids);
      return (rows() ?? [])
        .filter(({ pid, residentBytes }) => wanted.has(pid) && residentBytes > 0)
        .map(({ pid, residentBytes: nowBytes }) => {
          const peakBytes = Math.max(peaks.get(pid) ?? 0, nowBytes);
          peaks.set(pid, peakBytes);
          return { nowBytes, peakBytes, doubt: peakDoubt };
        });
    },
    resetPeaks(pids) {
      for (const pid of pids) peaks.delete(pid);
      return true;
    },
    resetMend: '',
    listenersOn: (port) => readIds(ask('/usr/sbin/lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-t'])),
    holdsOpen: () => undefined,
    havingInherited(name, value) {
      // Environments follow the command on its line; of another user's processes they are left out.
      const wanted = ` ${name}=${value}`;
      const lines = ask('/usr/bin/env', [...plainPs, '-A', '-E', '-ww', '-o', 'pid=,command=']) ?? '';
      return readIds(
        lines
          .split('\n')
          .filter((line) => `${line} `.includes(`${wanted} `))
          .join('\n'),
      );
    },
    availableBytes: () => readAvailable(ask('/usr/bin/vm_stat', [])) ?? freemem(),
    signalTree: signalGroup,
  };
}

/** A row of `pid ppid time rss comm`; the last is the program's path, which may hold spaces. */
function readPsRow(line: string): PsRow | undefined {
  const match = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\d+)\s+(.+)$/.exec(line);
  const [, pid, parentPid, time = '', kibibytes, command = ''] = match ?? [];
  const cpuMs = readCpuMs(time);
  if (cpuMs === undefined) return undefined;
  return {
    pid: Number(pid),
    parentPid: Number(parentPid),
    name: basename(command.trim()),
    ownCpuMs: cpuMs,
    cpuMs,
    residentBytes: Number(kibibytes) * 1024,
  };
}

/** User and system time as `ps` writes it: minutes, which aren't limited to 60, and seconds with hundredths. */
function readCpuMs(time: string): number | undefined {
  const match = /^(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+(?:\.\d+)?)$/.exec(time);
  if (match === null) return undefined;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return Math.round((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000);
}

/** The numbers with which lines begin. */
function readIds(text: string | undefined): readonly number[] {
  const ids = [...(text ?? '').matchAll(/^\s*(\d+)(?=\s|$)/gm)].map(([, pid]) => Number(pid));
  return [...new Set(ids)];
}

/** What `vm_stat` counts as free, or gives up as soon as somebody needs it: pages that were used once, or read ahead. */
function readAvailable(text = ''): number | undefined {
  const pageBytes = /page size of (\d+) bytes/.exec(text)?.[1];
  const counts = ['free', 'inactive', 'speculative'].map(
    (kind) => new RegExp(`^Pages ${kind}:\\s+(\\d+)\\.`, 'm').exec(text)?.[1],
  );
  if (pageBytes === undefined || counts.includes(undefined)) return undefined;
  return counts.reduce((sum, count) => sum + Number(count), 0) * Number(pageBytes);
}
