import { type CliWorld, runCli } from '../../src/cli/run-cli.ts';
import { busyTests } from './busy-tests.ts';

/** How a command line ended. */
export interface EndedInProcess {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * A command line run inside this process: the same code as behind bin/perbench.cjs, without the second that a process
 * takes to start.
 */
export async function runInProcess(
  argv: readonly string[],
  options: {
    readonly folder: string;
    readonly environment?: Readonly<Record<string, string>>;
    readonly stdin?: string;
    /** Of a terminal; undefined for a pipe. */
    readonly columns?: number | undefined;
    /** What places workers; by default those of perbench. */
    readonly openLauncher?: CliWorld['openLauncher'];
    /** Signals that are delivered; by default none is. */
    readonly signals?: CliWorld['signals'];
    /** Hears what goes to stderr. */
    readonly onStderr?: (text: string) => void;
  },
): Promise<EndedInProcess> {
  const { folder, environment = {}, stdin = '', columns, openLauncher, onStderr } = options;
  let [stdout, stderr] = ['', ''];
  const code = await runCli(argv, {
    environment: { ...busyTests, ...environment },
    workingFolder: folder,
    homeFolder: folder,
    stdin: (async function* read() {
      yield stdin;
    })(),
    stdout: {
      write: (text) => {
        stdout += text;
      },
      on: () => undefined,
      ...(columns !== undefined && { isTTY: true, columns }),
    },
    stderr: {
      write: (text) => {
        stderr += text;
        onStderr?.(text);
      },
      on: () => undefined,
    },
    signals: options.signals ?? { on: () => undefined, off: () => undefined },
    ...(openLauncher !== undefined && { openLauncher }),
    now: () => performance.now(),
  });
  return { code, stdout, stderr };
}
