import type { ChoiceOptions, chooseDevice } from '../../engines/llama-cpp/choose-device.ts';
import type { HostMeterOptions } from '../../meters/host-meter.ts';
import type { SystemFolders } from '../../meters/proc-file.ts';
import type { System } from '../../meters/systems/system.ts';
import type { SourceSettings } from '../../sources/source-settings.ts';
import type { CliContext } from '../context.ts';
import type { StorePlace } from '../store-place.ts';

export type DoctorState = 'ok' | 'warn' | 'fail';

/** What a check found. `warn`: perbench runs, but something could be better. `fail`: it can't run. */
export type Finding =
  | { readonly state: 'ok'; readonly detail: string }
  /** `mend` (its name in `--json`) is the fix: one or two imperative sentences. */
  | { readonly state: 'warn' | 'fail'; readonly detail: string; readonly mend: string };

export const ok = (detail: string): Finding => ({ state: 'ok', detail });
export const warn = (detail: string, mend: string): Finding => ({ state: 'warn', detail, mend });
export const fail = (detail: string, mend: string): Finding => ({ state: 'fail', detail, mend });

export type DoctorLine = Finding & { readonly name: string };

export interface DoctorOptions extends Pick<ChoiceOptions, 'search' | 'probe'> {
  readonly settings: SourceSettings;
  /** Where data sets are looked for; undefined where no folder is known. */
  readonly dataDir: string | undefined;
  readonly storePlace: StorePlace;
  readonly openStore: CliContext['openStore'];
  readonly signal: AbortSignal;
  /** Without the leading `v`; given by tests, as all below. */
  readonly nodeVersion?: string;
  readonly folders?: SystemFolders;
  readonly system?: System;
  readonly platform?: string;
  readonly architecture?: string;
  readonly gpuProgram?: string;
  readonly amdProgram?: string;
  readonly chooseDevice?: typeof chooseDevice;
  readonly watchMs?: number;
  /** Clocks of the host's meter, and what passes the time in between. */
  readonly clocks?: Pick<HostMeterOptions, 'now' | 'ownCpuMs'>;
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<unknown>;
  /** Free disk space and memory below which a check warns. */
  readonly lowBytes?: number;
}

export interface DoctorCheck {
  readonly name: string;
  /** Doesn't throw for a problem of the machine: that is its finding. */
  run(options: DoctorOptions): Promise<Finding>;
}
