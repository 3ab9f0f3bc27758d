/**
 * A separate process that loads one native library, as two in one process clash and a driver can crash, and prints what
 * it found as one JSON line. Its input is a ProbeOrder, as JSON.
 */
import { text } from 'node:stream/consumers';
import koffi from 'koffi';
import { PerbenchError } from '../../core/errors.ts';
import type { ProbeAnswer, ProbeOrder } from './probe-devices.ts';
import { checkAbi } from './native/abi.ts';
import { loadLibrary } from './native/library.ts';
import { gpusOf } from './native/native-devices.ts';

/** The system's words on why a back-end can't be loaded; the library itself passes over it silently. */
function loadProblem(file: string): string | undefined {
  try {
    koffi.load(file);
    return undefined;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return message.replace(/^Failed to load shared library: /, '');
  }
}

/** Of Vulkan's, ggml hides those that compute on the CPU, unless they are asked for by number. */
function showFirstDevice(): void {
  if (process.platform === 'win32') return;
  const set = koffi.load(null).func('int setenv(const char *name, const char *value, int overwrite)');
  set('GGML_VK_VISIBLE_DEVICES', '0', 1);
}

function probe({ location, showSoftware }: ProbeOrder): ProbeAnswer {
  if (showSoftware) showFirstDevice();
  try {
    const library = loadLibrary(location);
    checkAbi(library, location.packageName);
    library.loadBackends();
    const devices = library.devices();
    const hasGpu = gpusOf(devices).length > 0;
    const problem = hasGpu || location.gpuBackend === undefined ? undefined : loadProblem(location.gpuBackend);
    return { version: library.llama.version(), devices, problem };
  } catch (error) {
    if (!(error instanceof PerbenchError)) throw error;
    return { message: error.message, hint: error.hint };
  }
}

// Our own program wrote it.
const order = JSON.parse(await text(process.stdin)) as ProbeOrder;
process.stdout.write(`${JSON.stringify(probe(order))}\n`);
