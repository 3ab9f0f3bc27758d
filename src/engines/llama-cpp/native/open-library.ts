import type { LibraryLocation } from '../library-location.ts';
import { checkAbi } from './abi.ts';
import { loadLibrary, type NativeLibrary } from './library.ts';

/**
 * Loads a library, ready to compute.
 *
 * @throws {EnvironmentError} if it can't be loaded, or isn't the one whose structs are declared here
 */
export function openLibrary(location: LibraryLocation): NativeLibrary {
  const library = loadLibrary(location);
  checkAbi(library, location.packageName);
  library.loadBackends();
  library.llama.backendInit();
  return library;
}
