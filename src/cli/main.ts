import { homedir } from 'node:os';
import { runCli } from './run-cli.ts';
import { processStream } from './standard-stream.ts';

/**
 * The process: hands its streams, signals and environment to `runCli` and ends with its exit code. Called by
 * bin/perbench.cjs.
 */
export function main(): void {
  // A terminal that was closed fails to be read, too: what it is to be written says so.
  process.stdin.on('error', () => undefined);
  runCli(process.argv.slice(2), {
    environment: process.env,
    workingFolder: workingFolder(),
    homeFolder: homedir(),
    stdin: process.stdin,
    keyboard: process.stdin.isTTY ? process.stdin : undefined,
    stdout: processStream(process.stdout),
    stderr: processStream(process.stderr),
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

/** The folder that perbench was started in; undefined where it was removed. */
function workingFolder(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}
