/** One process, as an operating system shows it. */
export interface ProcessStat {
  readonly pid: number;
  readonly parentPid: number;
  /** Of its program, without folders; Linux keeps at most 15 characters of its main thread's. */
  readonly name: string;
  /** All its threads, those that ended included. */
  readonly ownCpuMs: number;
  /** The same, and the children that it has waited for, where the system counts them. */
  readonly cpuMs: number;
}

/** Time since boot, summed over the CPUs that this process may use. */
export interface CpuTimes {
  readonly cores: number;
  /** Not idle and not waiting for a disk; steal included. */
  readonly busyMs: number;
  /** Time in which the hypervisor ran something else; 0 where the system doesn't count it. */
  readonly stealMs: number;
  readonly totalMs: number;
}

/** Resident memory of one process or several. */
export interface ProcessMemory {
  readonly nowBytes: number;
  /** Sum of each process's own peak: no less than the peak of the sum. */
  readonly peakBytes: number;
  /** What the system leaves out, in one sentence; undefined where the figures are what they are called. */
  readonly doubt?: string | undefined;
}

/**
 * What an operating system tells of its processes and its CPUs. Each has a reader of its own; what it doesn't tell is
 * undefined, empty or false, and never an error.
 */
export interface System {
  /** What it is read with, for messages. */
  readonly source: string;
  /** Whether a look at all processes takes milliseconds. Where it doesn't, watching would disturb what is measured. */
  readonly isQuick: boolean;
  /** Every process that it shows. */
  readonly processes: () => readonly ProcessStat[] | undefined;
  /** CPU time of one process; undefined where that takes longer than a moment. */
  readonly cpuMsOf: (pid: number) => number | undefined;
  /** What a process is known by. */
  readonly nameOf: (stat: ProcessStat) => string;
  readonly cpuTimes: () => CpuTimes | undefined;
  /** Of each of these processes that is alive. */
  readonly memoryOf: (pids: readonly number[]) => readonly ProcessMemory[];
  /** Makes the present resident size the new peak; false where the system doesn't allow it for one of them. */
  readonly resetPeaks: (pids: readonly number[]) => boolean;
  /** What helps where peaks can't be reset: an imperative sentence. */
  readonly resetMend: string;
  /** Processes that listen on a TCP port of this machine. */
  readonly listenersOn: (port: number) => readonly number[];
  /** Whether a process has something open whose name fits; false for another user's, undefined where nothing tells. */
  readonly holdsOpen: (pid: number, fits: (name: string) => boolean) => boolean | undefined;
  /** Processes that inherited this variable in their environment. */
  readonly havingInherited: (name: string, value: string) => readonly number[];
  /** Memory that processes started now can take. */
  readonly availableBytes: () => number | undefined;
  /** Sends a signal to a process, to its group and to all that it started, as far as the system can. */
  readonly signalTree: (pid: number, name: NodeJS.Signals) => void;
}
