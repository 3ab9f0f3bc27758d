import { freemem } from 'node:os';
import { askSystem, type AskSystem } from './ask-system.ts';
import { nodeCpuTimes } from './node-cpu-times.ts';
import type { CpuTimes, ProcessStat, System } from './system.ts';

/** Processes as `Win32_Process` has them: times in 100 ns, working set in bytes, its peak in KiB. */
const processScript = [
  '[Console]::OutputEncoding = [Text.Encoding]::UTF8',
  'Get-CimInstance Win32_Process | Select-Object ProcessId, ParentProcessId, Name, KernelModeTime, UserModeTime,' +
    ' WorkingSetSize, PeakWorkingSetSize,' +
    " @{ n = 'Started'; e = { if ($_.CreationDate) { $_.CreationDate.ToFileTimeUtc() } else { 0 } } }" +
    ' | ConvertTo-Json -Compress',
].join('; ');

/** Windows PowerShell, which comes with Windows, else the newer one, which small images have instead. */
const shells = ['powershell.exe', 'pwsh.exe'] as const;

const ticksPerMs = 10_000;

interface WindowsProcess extends ProcessStat {
  readonly nowBytes: number;
  readonly peakBytes: number;
  /** Larger is later. */
  readonly started: number;
}

/**
 * Windows, by PowerShell, `taskkill` and Node. CPU time of children that have ended isn't counted; peaks of memory are of
 * whole processes, as none can be reset; environments of other processes aren't shown.
 */
export function windowsSystem(
  ask: AskSystem = askSystem,
  cpuTimes: () => CpuTimes | undefined = () => nodeCpuTimes(),
): System {
  let working: readonly string[] = shells;
  const shell = (script: string): string | undefined => {
    for (const program of working) {
      const told = ask(program, ['-NoProfile', '-NonInteractive', '-Command', script]);
      if (told === undefined) continue;
      working = [program];
      // Windows PowerShell begins UTF-8 with a mark.
      return told.replace(/^\uFEFF/u, '');
    }
    return undefined;
  };
  const rows = (): readonly WindowsProcess[] | undefined => {
    const told = readRows(shell(processScript));
    return told === undefined ? undefined : withoutFalseParents(told);
  };
  return {
    source: 'PowerShell',
    isQuick: false,
    processes: rows,
    cpuMsOf: () => undefined,
    nameOf: ({ name }) => name,
    cpuTimes,
    memoryOf(pids) {
      const wanted = new Set(pids);
      return (rows() ?? [])
        .filter(({ pid }) => wanted.has(pid))
        .map(({ nowBytes, peakBytes }) => ({ nowBytes, peakBytes }));
    },
    resetPeaks: () => false,
    resetMend: 'Windows cannot reset peaks; compare memory only with results of Windows, or measure on Linux.',
    listenersOn(port) {
      const script = `(Get-NetTCPConnection -State Listen -LocalPort ${port} -ErrorAction SilentlyContinue).OwningProcess`;
      const ids = (shell(script) ?? '').split(/\s+/).filter((word) => /^\d+$/.test(word));
      return [...new Set(ids.map(Number))];
    },
    holdsOpen: () => undefined,
    havingInherited: () => [],
    // Windows counts what it would give up as available.
    availableBytes: () => freemem(),
    // There are no signals: a console program ends only when it is ended.
    signalTree: (pid) => void ask('taskkill.exe', ['/PID', String(pid), '/T', '/F']),
  };
}

/** Undefined where the answer is none, or cut off. */
function readRows(text: string | undefined): readonly WindowsProcess[] | undefined {
  if (text === undefined) return undefined;
  try {
    const told: unknown = JSON.parse(text);
    return Array.isArray(told) ? told.flatMap((row: unknown) => readRow(row) ?? []) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function readRow(row: unknown): WindowsProcess | undefined {
  if (typeof row !== 'object' || row === null) return undefined;
  const values: ReadonlyMap<string, unknown> = new Map(Object.entries(row));
  const numberAt = (name: string): number => Number(values.get(name) ?? Number.NaN);
  const cpuMs = (numberAt('KernelModeTime') + numberAt('UserModeTime')) / ticksPerMs;
  const stat = {
    pid: numberAt('ProcessId'),
    parentPid: numberAt('ParentProcessId'),
    ownCpuMs: cpuMs,
    cpuMs,
    nowBytes: numberAt('WorkingSetSize'),
    peakBytes: numberAt('PeakWorkingSetSize') * 1024,
    started: numberAt('Started'),
  };
  if (!Object.values(stat).every(Number.isFinite)) return undefined;
  const name = values.get('Name');
  return { ...stat, name: typeof name === 'string' ? name.replace(/\.exe$/i, '') : '' };
}

/** A process keeps the number of a parent that has ended, which another may have by now: one that is younger. */
function withoutFalseParents(rows: readonly WindowsProcess[]): readonly WindowsProcess[] {
  const started = new Map(rows.map((row) => [row.pid, row.started]));
  return rows.map((row) =>
    (started.get(row.parentPid) ?? 0) > row.started || row.parentPid === row.pid ? { ...row, parentPid: 0 } : row,
  );
}
