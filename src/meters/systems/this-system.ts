import { freemem } from 'node:os';
import { linuxSystem } from './linux.ts';
import { macosSystem } from './macos.ts';
import { nodeCpuTimes } from './node-cpu-times.ts';
import { signalGroup } from './signal-group.ts';
import type { System } from './system.ts';
import { windowsSystem } from './windows.ts';

/** A system that perbench has no reader for: nothing is known but what Node tells. */
function otherSystem(platform: string): System {
  return {
    source: platform,
    isQuick: false,
    processes: () => undefined,
    cpuMsOf: () => undefined,
    nameOf: ({ name }) => name,
    cpuTimes: () => nodeCpuTimes(),
    memoryOf: () => [],
    resetPeaks: () => false,
    resetMend: 'Measure on Linux.',
    listenersOn: () => [],
    holdsOpen: () => undefined,
    havingInherited: () => [],
    availableBytes: () => freemem(),
    signalTree: signalGroup,
  };
}

/** The reader of a platform, by Node's name for it. */
export function systemOf(platform: string): System {
  switch (platform) {
    case 'linux':
      return linuxSystem();
    case 'darwin':
      return macosSystem();
    case 'win32':
      return windowsSystem();
    default:
      return otherSystem(platform);
  }
}

/** Of the machine that perbench runs on. */
export const thisSystem: System = systemOf(process.platform);
