import { extname, join } from 'node:path';
import { EnvironmentError } from '../../core/errors.ts';
import { askProgram } from '../../meters/ask-program.ts';
import type { LibraryLocation } from './library-location.ts';
import type { NativeDevice } from './native/native-devices.ts';

/** What the process of a probe is asked. */
export interface ProbeOrder {
  readonly location: LibraryLocation;
  /** Let Vulkan show the first device even if it computes on the CPU. */
  readonly showSoftware: boolean;
}

export interface DeviceProbe {
  /** Of libllama, by its own word. */
  readonly version: string;
  /** All devices, the CPU too, with their memory at the time of the probe. */
  readonly devices: readonly NativeDevice[];
  /** Why the back-end of the GPU can't be loaded, in the system's words; undefined where it was. */
  readonly problem?: string | undefined;
}

export type ProbeAnswer = DeviceProbe | { readonly message: string; readonly hint: string | undefined };

export interface ProbeOptions {
  /** See ProbeOrder. */
  readonly showSoftware?: boolean;
  readonly timeoutMs?: number;
  /** Another program in tests, which reads the order from its input. */
  readonly command?: readonly [string, ...string[]];
}

const probeFile = join(import.meta.dirname, `probe-worker${extname(import.meta.filename)}`);
/** A driver that starts up takes seconds; one that hangs, for ever. */
const probeTimeoutMs = 20_000;

async function askDevices(location: LibraryLocation, options: ProbeOptions): Promise<DeviceProbe> {
  const { showSoftware = false, timeoutMs = probeTimeoutMs, command = [process.execPath, probeFile] } = options;
  const [program, ...words] = command;
  const order: ProbeOrder = { location, showSoftware };
  const { exitCode, signalName, stdout, stderr } = await askProgram(program, words, {
    timeoutMs,
    input: JSON.stringify(order),
  });
  if (exitCode === 0) {
    // Our own program wrote it.
    const answer = JSON.parse(stdout) as ProbeAnswer;
    if ('message' in answer) throw new EnvironmentError(answer.message, { hint: answer.hint });
    return answer;
  }
  const lastLine = stderr.trim().split('\n').at(-1) ?? '';
  const how =
    signalName === 'SIGKILL'
      ? `gave no answer within ${timeoutMs / 1000} s, or was killed`
      : `failed with ${signalName === undefined ? `code ${exitCode}` : `signal ${signalName}`}`;
  throw new EnvironmentError(
    `loading the library of ${location.packageName} ${how}${lastLine === '' ? '' : `: ${lastLine}`}`,
    { hint: 'Remove node_modules and run npm ci again; if the problem stays, report it with this line.' },
  );
}

const probes = new Map<string, Promise<DeviceProbe>>();

/**
 * Asks the library in a process of its own which devices it can compute on; once per library in the life of this
 * process, so memory that is free is that of the first time.
 *
 * @throws {EnvironmentError} if the library can't be loaded, crashes, or doesn't answer in time
 */
export async function probeDevices(location: LibraryLocation, options: ProbeOptions = {}): Promise<DeviceProbe> {
  const key = JSON.stringify([location, options]);
  const known = probes.get(key) ?? askDevices(location, options);
  probes.set(key, known);
  return known;
}
