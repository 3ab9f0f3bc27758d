import { askTool, gpuTools, type GpuPrograms } from './ask-tool.ts';
import type { DeviceProcess } from './device-sample.ts';

async function listProcesses(programs: GpuPrograms): Promise<readonly DeviceProcess[] | undefined> {
  for (const [tool, program] of gpuTools(programs)) {
    const text = await askTool(program, tool.processWords);
    if (text !== undefined) return tool.processes(text, Date.now());
  }
  return undefined;
}

/**
 * Memory that processes take on each GPU now, by device.
 *
 * @returns undefined where no tool tells, or it shows none of them (containers see process ids of the host)
 */
export async function readDeviceMemory(
  processIds: readonly number[],
  programs: GpuPrograms = {},
): Promise<ReadonlyMap<string, number> | undefined> {
  const own = new Set(processIds);
  const bytes = new Map<string, number>();
  for (const { pid, deviceId, memoryBytes } of (await listProcesses(programs)) ?? []) {
    if (own.has(pid) && memoryBytes !== undefined) bytes.set(deviceId, (bytes.get(deviceId) ?? 0) + memoryBytes);
  }
  return bytes.size === 0 ? undefined : bytes;
}
