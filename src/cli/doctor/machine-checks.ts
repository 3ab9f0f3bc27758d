import { percentText, sizeText } from '../../core/amount-text.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { readHostFacts } from '../../meters/host-facts.ts';
import { createHostMeter } from '../../meters/host-meter.ts';
import { memoryLimitBytes } from '../../meters/host-limits.ts';
import { systemFolders } from '../../meters/proc-file.ts';
import { readProcessMemory, resetMemoryPeak } from '../../meters/processes.ts';
import type { DoctorCheck } from './doctor-check.ts';

export const cpuCheck: DoctorCheck = {
  name: 'CPU',
  async run({ folders = systemFolders, gpuProgram = 'nvidia-smi' }) {
    const { cores, cpuModel, cpuQuotaCores, governor } = await readHostFacts({ folders, gpuProgram });
    const cpu = `${cores} ${cores === 1 ? 'core' : 'cores'}, ${cpuModel}`;
    if (cpuQuotaCores !== undefined) {
      const quota = Number(cpuQuotaCores.toFixed(2));
      return {
        state: 'warn',
        detail: `${cpu}, but a control group allows ${quota} cores of time: it stops all threads when that is used up`,
        mend: `Raise the container's CPU limit, or pin it to whole cores; else pass --threads ${Math.max(1, Math.floor(quota))}.`,
      };
    }
    if (governor !== undefined && governor !== 'performance') {
      return {
        state: 'warn',
        detail: `${cpu}, clock governor "${governor}": speeds depend on what ran before`,
        mend: 'Run sudo cpupower frequency-set --governor performance before measuring.',
      };
    }
    return { state: 'ok', detail: governor === undefined ? cpu : `${cpu}, clock governor "${governor}"` };
  },
};

const hostWatchMs = 1_000;
/** Above it a window is marked `host_busy`. */
const busyShare = 0.05;

export const hostBusyCheck: DoctorCheck = {
  name: 'other processes',
  async run({ folders = systemFolders, watchMs = hostWatchMs, signal }) {
    const window = await createHostMeter({ proc: folders.proc }).start({ processIds: [] });
    await sleep(watchMs, undefined, { signal }).catch(() => undefined);
    const { isKnown, otherShare, stealMs, durationMs, cores } = await window.stop();
    if (!isKnown) {
      return {
        state: 'warn',
        detail: '/proc does not say what other processes use: busy windows are not noticed',
        mend: 'Measure on a Linux host that shows /proc/stat, or keep the machine idle yourself.',
      };
    }
    const percent = (share: number): string => percentText(share, 1);
    const steal = percent(stealMs / (durationMs * cores));
    const detail = `they take ${percent(otherShare)} of the CPU now (stolen by the hypervisor: ${steal})`;
    if (otherShare <= busyShare) return { state: 'ok', detail };
    return {
      state: 'warn',
      detail: `${detail}; above ${percent(busyShare)} measurements are marked host_busy`,
      mend: 'Stop what else runs here (see top), or measure on another machine.',
    };
  },
};

export const processMemoryCheck: DoctorCheck = {
  name: 'memory of processes',
  async run({ folders = systemFolders }) {
    if (readProcessMemory([process.pid], folders.proc) === undefined) {
      return {
        state: 'fail',
        detail: '/proc does not show the memory of processes: the memory of models cannot be measured',
        mend: 'Run perbench on Linux, with /proc mounted.',
      };
    }
    if (!resetMemoryPeak([process.pid], folders.proc)) {
      return {
        state: 'warn',
        detail: "peaks can't be reset: they are those of a whole launch, loading included",
        mend: 'Use a kernel with CONFIG_PROC_PAGE_MONITOR, and a container that may write /proc/PID/clear_refs.',
      };
    }
    return { state: 'ok', detail: 'readable, and peaks can be reset' };
  },
};

/** Enough for the small models of the catalogue, one at a time. */
const roomyBytes = 2 * 2 ** 30;
const leastBytes = 512 * 2 ** 20;

export const memoryCheck: DoctorCheck = {
  name: 'memory',
  async run({ folders = systemFolders, lowBytes = roomyBytes }) {
    const bytes = memoryLimitBytes(folders);
    const detail = `${sizeText(bytes)} available`;
    if (bytes >= lowBytes) return { state: 'ok', detail };
    const mend = "Close other programs, or raise the container's limit.";
    if (bytes >= leastBytes) return { state: 'warn', detail: `${detail}: enough for the smallest models alone`, mend };
    return { state: 'fail', detail: `${detail}: no model fits`, mend };
  },
};
