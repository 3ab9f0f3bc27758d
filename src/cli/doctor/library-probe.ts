/**
 * A separate process that loads the native library and prints what it found as one JSON line: a library that doesn't
 * suit this CPU crashes this process, not the doctor.
 */
import { PerbenchError } from '../../core/errors.ts';
import { findLibrary } from '../../engines/llama-cpp/library-location.ts';
import { checkAbi } from '../../engines/llama-cpp/native/abi.ts';
import { loadLibrary } from '../../engines/llama-cpp/native/library.ts';

export type LibraryAnswer =
  | { readonly packageName: string; readonly packageVersion: string; readonly device: string; readonly version: string }
  | { readonly message: string; readonly hint: string | undefined };

function probe(): LibraryAnswer {
  try {
    const location = findLibrary('auto');
    const library = loadLibrary(location);
    checkAbi(library, location.packageName);
    const { packageName, packageVersion, device } = location;
    return { packageName, packageVersion, device, version: library.llama.version() };
  } catch (error) {
    if (!(error instanceof PerbenchError)) throw error;
    return { message: error.message, hint: error.hint };
  }
}

process.stdout.write(`${JSON.stringify(probe())}\n`);
