import type { DeviceWindow, EnergyWindow } from './device-window.ts';

/** What the host did while a pass ran; all times in milliseconds of CPU, summed over cores. */
export interface HostWindow {
  readonly durationMs: number;
  readonly cores: number;
  /** CPU time of the engine's processes. */
  readonly engineCpuMs: number;
  /** CPU time of perbench's own process. */
  readonly parentCpuMs: number;
  /** CPU time of every other process, and time that the hypervisor took (steal). */
  readonly otherCpuMs: number;
  readonly stealMs: number;
  /** `otherCpuMs` (steal included) over `durationMs` x cores: above 0.05 the window is `host_busy`. */
  readonly otherShare: number;
  /** 99th percentile of this process's event-loop delay. */
  readonly eventLoopDelayP99Ms: number;
  /** False where the operating system doesn't tell: the shares are unknown then, not 0. */
  readonly isKnown: boolean;
  /** Undefined where no tool watches GPUs. */
  readonly devices: DeviceWindow | undefined;
  /** Undefined where nothing tells energy. */
  readonly energy: EnergyWindow | undefined;
}
