import type { HostWindow } from './host-window.ts';

/** The engine that a window watches, as far as this machine shows it. */
export interface WatchedEngine {
  /** Its processes, without their children; none where it runs elsewhere, or in this process. */
  readonly processIds: readonly number[];
  /** GPUs that it may use, by index or UUID: none where it computes on the CPU. Undefined where nobody knows. */
  readonly gpus?: readonly string[] | 'all' | undefined;
}

/** Watches the host while a pass runs. */
export interface HostMeter {
  /** Starts a window. */
  start(engine: WatchedEngine): Promise<{ stop(): Promise<HostWindow> }>;
  /** Ends what was started to watch, such as a GPU tool; a later window starts it again. */
  [Symbol.asyncDispose]?(): Promise<void>;
}
