import type { Store } from '../core/store.ts';
import type { openLauncher } from '../launchers/index.ts';
import type { StoreAccess } from '../store/sqlite-file.ts';
import type { OptionValues } from './options/option.ts';
import type { Interruption } from './interruption.ts';
import type { Output } from './output.ts';
import type { StorePlace } from './store-place.ts';
import type { GlobalOptions } from './tables/global-options.ts';

/** What a command gets of the world. Commands read no process state themselves. */
export interface CliContext {
  /** Such as `models list`. */
  readonly commandName: string;
  /** As typed, without the program. */
  readonly commandLine: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Absolute; `--cwd` is applied. */
  readonly workingFolder: string;
  readonly homeFolder: string;
  readonly globals: OptionValues<GlobalOptions>;
  readonly output: Output;
  readonly interruption: Interruption;
  /** stdin is a terminal, and nobody said `--yes`: questions may be asked. */
  readonly isInteractive: boolean;
  /** Calls back at the next press of Enter; returns how to stop listening. Undefined where nobody is at a terminal. */
  readonly onEnter: ((listener: () => void) => () => void) | undefined;
  readonly readStdin: () => Promise<Buffer<ArrayBuffer>>;
  /** What the command line names that may be a file to read, as typed. */
  readonly inputFiles: readonly string[];
  /** Absolute path of what a user wrote on the command line. */
  path(relative: string): string;
  /**
   * Opens the store of `--store`, once; it is closed when the command ends, whichever way.
   *
   * @param access `read` for one that is there: then it need not be writable
   */
  openStore(access?: StoreAccess): Promise<Store>;
  /** Opens what places workers on machines. */
  readonly openLauncher: typeof openLauncher;
  /** Opens another one, which is closed when the command ends too. */
  openStoreAt(place: StorePlace, access?: StoreAccess): Promise<Store>;
  /** Where the store of `--store` is. */
  readonly storePlace: StorePlace;
  /** Nobody named a store. */
  readonly isDefaultStore: boolean;
}
