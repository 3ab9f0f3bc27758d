import { PerbenchError } from '../../core/errors.ts';
import { type DoctorCheck, type DoctorLine, type DoctorOptions, fail, type Finding } from './doctor-check.ts';
import {
  devicesCheck,
  gpuCheck,
  libraryCheck,
  nodeCheck,
  dataCheck,
  cacheFolderCheck,
  storeCheck,
  storeFolderCheck,
  hubCheck,
  pipCheck,
} from './install-checks.ts';
import {
  platformCheck,
  cpuCheck,
  hostBusyCheck,
  memoryCheck,
  processMemoryCheck,
  energyCheck,
  gpuTelemetryCheck,
  serverProgramsCheck,
} from './machine-checks.ts';

/** In the order of the output: what everything needs first. */
const checks: readonly DoctorCheck[] = [
  nodeCheck,
  platformCheck,
  libraryCheck,
  gpuCheck,
  devicesCheck,
  gpuTelemetryCheck,
  energyCheck,
  serverProgramsCheck,
  cpuCheck,
  hostBusyCheck,
  processMemoryCheck,
  memoryCheck,
  cacheFolderCheck,
  storeFolderCheck,
  storeCheck,
  dataCheck,
  hubCheck,
  pipCheck,
];

/** Checks this machine, one check after the other: they would disturb each other's measurements. */
export async function* runDoctor(options: DoctorOptions): AsyncGenerator<DoctorLine, void, void> {
  for (const check of checks) {
    if (options.signal.aborted) return;
    yield { name: check.name, ...(await findingOf(check, options)) };
  }
}

/** A user error in a check is its finding; a bug is thrown. */
async function findingOf(check: DoctorCheck, options: DoctorOptions): Promise<Finding> {
  try {
    return await check.run(options);
  } catch (error) {
    if (!(error instanceof PerbenchError)) throw error;
    return fail(error.message, error.hint ?? 'Fix this, then run perbench doctor again.');
  }
}
