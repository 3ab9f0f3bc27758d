import { homedir } from 'node:os';
import { runCli } from './run-cli.ts';

/**
 * The process: hands its streams, signals and environment to `runCli` and ends with its exit code. Called by
 * bin/perbench.cjs.
 */
export function main(): void {
  runCli(process.argv.slice(2), {
    environment: process.env,
    workingFolder: process.cwd(),
    homeFolder: homedir(),
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    signals: process,
    now: () => performance.now(),
  }).then(
    // The store is closed by now; what still keeps the event loop busy, such as idle connections, may go.
    (exitCode) => process.exit(exitCode),
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      process.exit(1);
    },
  );
}
