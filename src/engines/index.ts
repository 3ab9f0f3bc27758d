import type { Engine } from '../core/engine.ts';
import { UnknownNameError } from '../core/errors.ts';
import { nearestName } from '../core/nearest-name.ts';

export interface EngineEntry {
  readonly summary: string;
  /** Weights come from a GGUF file. */
  readonly readsFile: boolean;
  /** Imported on first use: a missing native library concerns only those who ask for it. */
  readonly load: () => Promise<Engine>;
}

export const engines = {
  llama: {
    summary: 'GGUF files through llama.cpp, in a process of its own',
    readsFile: true,
    load: async () => (await import('./llama-cpp/llama-engine.ts')).createLlamaEngine(),
  },
  mock: {
    summary: 'no model: answers by a hash of the prompt, for tests and demonstrations',
    readsFile: false,
    load: async () => (await import('./mock/mock-engine.ts')).createMockEngine(),
  },
} satisfies Record<string, EngineEntry>;

/** @throws {UnknownNameError} with the known names */
export function engineEntry(kind: string): EngineEntry {
  const known: Readonly<Record<string, EngineEntry>> = engines;
  const entry = Object.hasOwn(known, kind) ? known[kind] : undefined;
  if (entry === undefined) {
    throw new UnknownNameError('engine', kind, Object.keys(known), nearestName(kind, Object.keys(known)));
  }
  return entry;
}

/** @throws {UnknownNameError} with the known names */
export async function openEngine(kind: string): Promise<Engine> {
  return engineEntry(kind).load();
}
