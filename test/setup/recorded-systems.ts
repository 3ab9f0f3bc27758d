import type { AskSystem } from '../../src/meters/systems/ask-system.ts';
import { macosSystem } from '../../src/meters/systems/macos.ts';
import type { CpuTimes, System } from '../../src/meters/systems/system.ts';
import { windowsSystem } from '../../src/meters/systems/windows.ts';

/** What a test's machine holds; change it between two looks. */
export interface RecordedMachine {
  cpu: CpuTimes;
  processes: readonly RecordedProcess[];
}

export interface RecordedProcess {
  readonly pid: number;
  readonly parentPid: number;
  readonly cpuMs: number;
  readonly mebibytes: number;
  readonly peakMebibytes?: number;
  /** Its program with folders. */
  readonly program: string;
}

/** Answers as the programs of a system would; what isn't listed isn't there. Keeps the commands. */
export function answering(answers: Readonly<Record<string, () => string | undefined>>): {
  readonly ask: AskSystem;
  readonly asked: string[];
} {
  const asked: string[] = [];
  const ask: AskSystem = (program, words) => {
    const command = [program, ...words].join(' ');
    asked.push(command);
    const [, answer] = Object.entries(answers).find(([part]) => command.includes(part)) ?? [];
    return answer?.();
  };
  return { ask, asked };
}

/** As `ps -o time` of macOS: minutes without limit, and hundredths. */
function psTime(cpuMs: number): string {
  return `${Math.floor(cpuMs / 60_000)}:${((cpuMs % 60_000) / 1000).toFixed(2).padStart(5, '0')}`;
}

function psTable({ processes }: RecordedMachine): string {
  return processes
    .map(({ pid, parentPid, cpuMs, mebibytes, program }) =>
      [
        String(pid).padStart(5),
        String(parentPid).padStart(5),
        psTime(cpuMs).padStart(9),
        mebibytes * 1024,
        program,
      ].join(' '),
    )
    .join('\n');
}

function cimTable({ processes }: RecordedMachine): string {
  return JSON.stringify(
    processes.map(({ pid, parentPid, cpuMs, mebibytes, peakMebibytes = mebibytes, program }, index) => ({
      ProcessId: pid,
      ParentProcessId: parentPid,
      Name: program.replace(/^.*\\/, ''),
      KernelModeTime: 0,
      UserModeTime: cpuMs * 10_000,
      WorkingSetSize: mebibytes * 2 ** 20,
      PeakWorkingSetSize: peakMebibytes * 1024,
      Started: 133_000_000_000_000_000 + index,
    })),
  );
}

/** A Mac whose `ps` shows this machine, and whose `lsof` shows its first process at every port. */
export function recordedMac(machine: RecordedMachine): System {
  const { ask } = answering({
    'ps -A -o pid=': () => psTable(machine),
    lsof: () => `${machine.processes[0]?.pid}\n`,
  });
  return macosSystem(ask, () => machine.cpu);
}

/** The same as a Windows machine shows it. */
export function recordedWindows(machine: RecordedMachine): System {
  const { ask } = answering({
    Win32_Process: () => cimTable(machine),
    'Get-NetTCPConnection': () => `${machine.processes[0]?.pid}\r\n`,
  });
  return windowsSystem(ask, () => machine.cpu);
}
