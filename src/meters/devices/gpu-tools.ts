import type { GpuFacts } from '../../core/manifest.ts';
import { type AskOptions, askProgram } from '../ask-program.ts';
import { amdSmi } from './amd-smi.ts';
import { nvidiaSmi } from './nvidia-smi.ts';
import type { SmiTool } from './smi-table.ts';

/** The vendors' tools; other programs in tests. */
export interface GpuPrograms {
  readonly nvidiaProgram?: string | undefined;
  readonly amdProgram?: string | undefined;
}

/** The tools with the programs that stand for them, in the order in which they are asked. */
export function gpuTools({ nvidiaProgram, amdProgram }: GpuPrograms = {}): readonly (readonly [SmiTool, string])[] {
  return [
    [nvidiaSmi, nvidiaProgram ?? nvidiaSmi.name],
    [amdSmi, amdProgram ?? amdSmi.name],
  ];
}

/** A tool hangs where a driver does. */
const timeoutMs = 5_000;

/** What a short call of a tool prints, or undefined where it isn't there, fails or hangs. */
export async function askTool(
  program: string,
  words: readonly string[],
  options: Omit<AskOptions, 'timeoutMs'> = {},
): Promise<string | undefined> {
  const { exitCode, stdout } = await askProgram(program, words, { timeoutMs, ...options });
  return exitCode === 0 ? stdout : undefined;
}

/** GPUs that NVIDIA's or AMD's tool shows, with their memory; none where neither is there, or both fail. */
export async function readGpuDevices(programs: GpuPrograms = {}): Promise<readonly GpuFacts[]> {
  const answer = await firstAnswer(programs, 'deviceWords');
  return answer?.tool.devices(answer.text) ?? [];
}

async function firstAnswer(
  programs: GpuPrograms,
  words: 'deviceWords' | 'processWords',
): Promise<{ readonly tool: SmiTool; readonly text: string } | undefined> {
  for (const [tool, program] of gpuTools(programs)) {
    const text = await askTool(program, tool[words]);
    if (text !== undefined) return { tool, text };
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
  const answer = await firstAnswer(programs, 'processWords');
  for (const { pid, deviceId, memoryBytes } of answer?.tool.processes(answer.text, Date.now()) ?? []) {
    if (own.has(pid) && memoryBytes !== undefined) bytes.set(deviceId, (bytes.get(deviceId) ?? 0) + memoryBytes);
  }
  return bytes.size === 0 ? undefined : bytes;
}
