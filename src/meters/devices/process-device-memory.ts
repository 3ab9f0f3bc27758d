import { execFile } from 'node:child_process';
import { amdProcesses } from './amd-smi.ts';
import type { DeviceProcess } from './device-sample.ts';
import { nvidiaProcesses, nvidiaProcessWords } from './nvidia-smi.ts';

const timeoutMs = 5_000;

export interface DeviceMemoryPrograms {
  readonly nvidiaProgram?: string;
  readonly amdProgram?: string;
}

async function ask(program: string, words: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(program, words, { timeout: timeoutMs, killSignal: 'SIGKILL', encoding: 'utf8' }, (error, stdout) =>
      resolve(error === null ? stdout : undefined),
    );
  });
}

async function listProcesses(programs: DeviceMemoryPrograms): Promise<readonly DeviceProcess[] | undefined> {
  const { nvidiaProgram = 'nvidia-smi', amdProgram = 'amd-smi' } = programs;
  const nvidia = await ask(nvidiaProgram, nvidiaProcessWords);
  if (nvidia !== undefined) return nvidiaProcesses(nvidia, Date.now());
  const amd = await ask(amdProgram, ['process', '--json']);
  return amd === undefined ? undefined : amdProcesses(amd, Date.now());
}

/**
 * Memory that processes take on each GPU now, by device.
 *
 * @returns undefined where no tool tells, or it shows none of them (containers see process ids of the host)
 */
export async function readDeviceMemory(
  processIds: readonly number[],
  programs: DeviceMemoryPrograms = {},
): Promise<ReadonlyMap<string, number> | undefined> {
  const own = new Set(processIds);
  const bytes = new Map<string, number>();
  for (const { pid, deviceId, memoryBytes } of (await listProcesses(programs)) ?? []) {
    if (own.has(pid) && memoryBytes !== undefined) bytes.set(deviceId, (bytes.get(deviceId) ?? 0) + memoryBytes);
  }
  return bytes.size === 0 ? undefined : bytes;
}
