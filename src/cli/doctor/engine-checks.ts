import { extname, join } from 'node:path';
import { pinnedPackageVersion } from '../../engines/llama-cpp/library-location.ts';
import { askProgram } from '../../meters/ask-program.ts';
import { readGpuDevices } from '../../meters/devices/gpu-tools.ts';
import { type DoctorCheck, type DoctorOptions, fail, ok, warn } from './doctor-check.ts';
import type { LibraryAnswer } from './library-probe.ts';

/** The floor of package.json's `engines`. */
const neededNode = [24, 12] as const;

export const nodeCheck: DoctorCheck = {
  name: 'Node',
  async run({ nodeVersion = process.versions.node }) {
    const [major = 0, minor = 0] = nodeVersion.split('.').map(Number);
    const isNewEnough = major > neededNode[0] || (major === neededNode[0] && minor >= neededNode[1]);
    if (isNewEnough) return ok(nodeVersion);
    return fail(
      `${nodeVersion}; perbench needs ${neededNode.join('.')} or newer`,
      `Install Node ${neededNode.join('.')} or newer; in a clone of perbench, npm ci installs one.`,
    );
  },
};

const probeFile = join(import.meta.dirname, `library-probe${extname(import.meta.filename)}`);
const probeTimeoutMs = 20_000;

async function askLibrary({ signal }: DoctorOptions): Promise<LibraryAnswer> {
  const answer = await askProgram(process.execPath, [probeFile], { timeoutMs: probeTimeoutMs, signal });
  // Our own program wrote it.
  if (answer.exitCode === 0) return JSON.parse(answer.stdout) as LibraryAnswer;
  const end = answer.signalName === undefined ? `code ${answer.exitCode}` : `signal ${answer.signalName}`;
  const lastLine = answer.stderr.trim().split('\n').at(-1) ?? '';
  return {
    message: `loading the llama.cpp library failed with ${end}${lastLine === '' ? '' : `: ${lastLine}`}`,
    hint: 'Remove node_modules and run npm ci again; if the problem stays, report it with this line.',
  };
}

export const libraryCheck: DoctorCheck = {
  name: 'llama.cpp library',
  async run(options) {
    const answer = await askLibrary(options);
    if ('message' in answer) {
      const mend = answer.hint ?? `Run npm install @node-llama-cpp/linux-x64@${pinnedPackageVersion}.`;
      return fail(answer.message, mend);
    }
    const { packageName, packageVersion, device, version } = answer;
    return ok(`${version}, ${packageName} ${packageVersion}, for ${device}`);
  },
};

export const gpuCheck: DoctorCheck = {
  name: 'GPU',
  async run(options) {
    const gpus = await readGpuDevices({ nvidiaProgram: options.gpuProgram, amdProgram: options.amdProgram });
    if (gpus.length === 0) return ok('none found by nvidia-smi or amd-smi; models run on the CPU');
    const names = [...new Set(gpus.map(({ name }) => name))].join(', ');
    const found = `${gpus.length} x ${names}`;
    const answer = await askLibrary(options);
    if (!('device' in answer) || answer.device !== 'cpu') return ok(found);
    return warn(
      `${found}, but only the CPU library is installed`,
      `Run npm install @node-llama-cpp/linux-x64-cuda@${pinnedPackageVersion}, or measure on the CPU.`,
    );
  },
};
