/**
 * A separate process that loads one native library, as two in one process clash and a driver can crash, and prints what
 * it found as one JSON line. Its only argument is the ProbeOrder, as JSON.
 */
import koffi from 'koffi';
import { PerbenchError } from '../../core/errors.ts';
import type { ProbeAnswer, ProbeOrder } from './probe-devices.ts';
import { checkAbi } from './native/abi.ts';
import { loadLibrary } from './native/library.ts';

/** The system's words on why a back-end can't be loaded; the library itself passes over it silently. */
function loadProblem(file: string): string | undefined {
  try {
    koffi.load(file);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function probe({ location, showSoftware }: ProbeOrder): ProbeAnswer {
  // ggml's Vulkan hides software devices unless they are asked for by number.
  if (showSoftware) process.env['GGML_VK_VISIBLE_DEVICES'] = '0';
  try {
    const library = loadLibrary(location);
    checkAbi(library, location.packageName);
    library.loadBackends();
    const devices = library.devices();
    const hasGpu = devices.some(({ kind }) => kind === 'gpu' || kind === 'integrated gpu');
    const problem = hasGpu || location.gpuBackend === undefined ? undefined : loadProblem(location.gpuBackend);
    return { version: library.llama.version(), devices, problem };
  } catch (error) {
    if (!(error instanceof PerbenchError)) throw error;
    return { message: error.message, hint: error.hint };
  }
}

process.stdout.write(`${JSON.stringify(probe(JSON.parse(process.argv[2] ?? '') as ProbeOrder))}\n`);
