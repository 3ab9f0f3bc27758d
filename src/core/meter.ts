import type { HostWindow } from './host-window.ts';

/** Watches the host while a pass runs. */
export interface HostMeter {
  /** Starts a window; the processes named are the engine's, their children included. */
  start(engineProcessIds: readonly number[]): Promise<{ stop(): Promise<HostWindow> }>;
  /** Ends what was started to watch, such as a GPU tool; a later window starts it again. */
  [Symbol.asyncDispose]?(): Promise<void>;
}
