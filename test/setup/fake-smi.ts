import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export interface FakeSmiSettings {
  readonly kind?: 'nvidia' | 'amd';
  readonly everyMs?: number;
  /** The time that it gives to all it tells; that of the machine when absent. */
  readonly atMs?: number;
  /** Cells after the timestamp. */
  readonly rows?: readonly (readonly (string | number)[])[];
  /** For nvidia cells after the timestamp, for amd the JSON that the tool prints. */
  readonly processes?: unknown;
  readonly faults?: { readonly hang?: boolean; readonly endAfter?: number; readonly garbageEvery?: number };
  /** Tell each table once, and end: it isn't watched. */
  readonly once?: boolean;
  /** What it says on stderr before it refuses to work. */
  readonly refuse?: string;
  readonly help?: string;
  /** Lines of `nvidia-smi --query-gpu=name…`. */
  readonly gpus?: readonly string[];
}

export interface FakeSmi {
  /** Path of the program. */
  readonly program: string;
  /** A folder for PATH that holds it under its real name. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** How it was called, one line per start. */
  calls(): readonly string[];
  change(settings: FakeSmiSettings): void;
}

/** A program that behaves as a GPU tool does, as long as the test runs. */
export function placeFakeSmi(settings: FakeSmiSettings): FakeSmi {
  const folder = mkdtempSync(join(tmpdir(), 'perbench-smi-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const program = join(bin, settings.kind === 'amd' ? 'amd-smi' : 'nvidia-smi');
  const script = join(import.meta.dirname, '../fixtures/fake-smi.mjs');
  const settingsFile = join(folder, 'settings.json');
  const callsFile = join(folder, 'calls');
  writeFileSync(callsFile, '');
  writeFileSync(program, `#!/bin/sh\nFAKE_SMI='${settingsFile}' exec '${process.execPath}' '${script}' "$@"\n`);
  chmodSync(program, 0o755);
  const change = (next: FakeSmiSettings): void =>
    writeFileSync(settingsFile, JSON.stringify({ ...next, calls: callsFile }));
  change(settings);
  return {
    program,
    folder: bin,
    environment: { FAKE_SMI: settingsFile },
    calls: () => readFileSync(callsFile, 'utf8').trim().split('\n'),
    change,
  };
}
