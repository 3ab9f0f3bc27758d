import { extname, join } from 'node:path';
import { EnvironmentError } from '../../core/errors.ts';
import type { Roofline } from '../../core/roofline.ts';
import { askProgram } from '../../meters/ask-program.ts';
import type { LibraryLocation } from './library-location.ts';

/** What the process that measures is asked. */
export interface RooflineOrder {
  readonly location: LibraryLocation;
  readonly threads: number;
  /** Each a `ggml_type`. */
  readonly types: readonly number[];
}

export type RooflineAnswer = Roofline | { readonly message: string; readonly hint: string | undefined };

export interface RooflineOptions {
  readonly timeoutMs?: number;
  /** Another program in tests, which reads the order from its input. */
  readonly command?: readonly [string, ...string[]];
}

const workerFile = join(import.meta.dirname, `roofline-worker${extname(import.meta.filename)}`);
/** A type takes about a second; a machine whose memory is swapped out takes for ever. */
const usualTimeoutMs = 120_000;

/**
 * Measures what the CPU can do: how fast it reads and computes with matrices of each type. Takes about a second a type,
 * with all threads busy.
 *
 * @returns without the types that the library can't make
 * @throws {EnvironmentError} if the library can't be loaded, crashes, or doesn't answer in time
 */
export async function measureRoofline(order: RooflineOrder, options: RooflineOptions = {}): Promise<Roofline> {
  const { timeoutMs = usualTimeoutMs, command = [process.execPath, workerFile] } = options;
  const [program, ...words] = command;
  const asked = await askProgram(program, words, { timeoutMs, input: JSON.stringify(order) });
  if (asked.exitCode !== 0) {
    const how = asked.signalName === undefined ? `code ${asked.exitCode}` : `signal ${asked.signalName}`;
    const lastLine = asked.stderr.trim().split('\n').at(-1) ?? '';
    throw new EnvironmentError(`measuring this machine failed with ${how}${lastLine === '' ? '' : `: ${lastLine}`}`, {
      hint: 'Check the library with perbench doctor.',
    });
  }
  // Our own program wrote it.
  const answer = JSON.parse(asked.stdout) as RooflineAnswer;
  if ('message' in answer) throw new EnvironmentError(answer.message, { hint: answer.hint });
  return answer;
}
