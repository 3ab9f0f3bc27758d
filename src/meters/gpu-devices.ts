import type { GpuFacts } from '../core/manifest.ts';
import { askTool, gpuTools, type GpuPrograms } from './devices/ask-tool.ts';

/** GPUs that NVIDIA's or AMD's tool shows, with their memory; none where neither is there, or both fail. */
export async function readGpuDevices(programs: GpuPrograms = {}): Promise<readonly GpuFacts[]> {
  for (const [tool, program] of gpuTools(programs)) {
    const text = await askTool(program, tool.deviceWords);
    if (text !== undefined) return tool.devices(text);
  }
  return [];
}
