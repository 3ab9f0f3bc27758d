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
    keyboard: process.stdin.isTTY ? process.stdin : undefined,
    stdout: process.stdout,
    stderr: process.stderr,
    signals: process,
    now: () => performance.now(),
  }).then(
    (exitCode) => endProcess(exitCode),
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      endProcess(1);
    },
  );
}

/**
 * Ends the process once both streams have taken what was written: a slow reader of a pipe gets all of it.
 *
 * The store is closed by now; what still keeps the event loop busy, such as idle connections, may go.
 */
function endProcess(exitCode: number): void {
  process.exitCode = exitCode;
  // A reader that has gone away takes nothing any more, and then there is nothing to wait for.
  const exit = (): void => process.exit(exitCode);
  process.stdout.once('error', exit);
  process.stderr.write('', () => {
    if (process.stdout.destroyed || process.stdout.writableLength === 0) exit();
    else process.stdout.write('', exit);
  });
}
