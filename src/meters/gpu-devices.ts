import { askTool, type GpuPrograms } from './devices/ask-tool.ts';
import { createSmiTable, smiNumber, smiText } from './devices/smi-table.ts';

/** A GPU of this machine. */
export interface GpuDevice {
  readonly name: string;
  readonly memoryBytes: number | undefined;
  readonly driver?: string;
  readonly powerLimitWatts?: number;
}

function nvidiaDevice(line: string): GpuDevice {
  const [name, memory, driverCell, power] = line.split(',');
  const driver = smiText(driverCell);
  const powerLimitWatts = smiNumber(power);
  return {
    name: smiText(name) ?? 'NVIDIA GPU',
    memoryBytes: smiNumber(memory, 'MiB'),
    ...(driver !== undefined && { driver }),
    ...(powerLimitWatts !== undefined && { powerLimitWatts }),
  };
}

/** GPUs that NVIDIA's or AMD's tool shows, with their memory; none where neither is there, or both fail. */
export async function readGpuDevices(programs: GpuPrograms = {}): Promise<readonly GpuDevice[]> {
  const { nvidiaProgram = 'nvidia-smi', amdProgram = 'amd-smi' } = programs;
  const nvidia = await askTool(nvidiaProgram, [
    '--query-gpu=name,memory.total,driver_version,power.limit',
    '--format=csv,noheader',
  ]);
  if (nvidia !== undefined) {
    return nvidia
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map(nvidiaDevice);
  }
  const amd = await askTool(amdProgram, ['metric', '-m', '--csv']);
  const table = createSmiTable((names) => names[0] === 'gpu');
  return (amd ?? '').split('\n').flatMap((line) => {
    const row = table.read(line);
    if (row === undefined || row === 'garbage') return [];
    return [{ name: `AMD GPU ${row.get('gpu') ?? ''}`, memoryBytes: smiNumber(row.get('total_vram'), 'MiB') }];
  });
}
