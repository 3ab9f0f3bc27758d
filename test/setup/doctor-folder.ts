import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { DoctorCheck, DoctorOptions } from '../../src/cli/doctor/doctor-check.ts';
import { storePlace } from '../../src/cli/store-place.ts';
import { linuxSystem } from '../../src/meters/systems/linux.ts';
import { sourceSettingsFrom } from '../../src/sources/source-settings.ts';
import { openStore } from '../../src/store/open-store.ts';

export type DoctorFolder = ReturnType<typeof doctorFolder>;

/** A folder for one test: home of the caches, and a machine made of files. */
export function doctorFolder() {
  const home = mkdtempSync(join(tmpdir(), 'perbench-doctor-'));
  onTestFinished(() => rmSync(home, { recursive: true }));
  function write(files: Readonly<Record<string, string>>): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(home, path)), { recursive: true });
      writeFileSync(join(home, path), text);
    }
  }
  return {
    home,
    write,
    options: (overrides: Partial<DoctorOptions> = {}, environment: Record<string, string> = {}): DoctorOptions => ({
      settings: sourceSettingsFrom({ PATH: '/usr/bin:/bin', HF_HUB_OFFLINE: '1', ...environment }, home),
      dataDir: undefined,
      ...storeAt(join(home, 'store/results.db')),
      signal: new AbortController().signal,
      watchMs: 50,
      ...(overrides.folders && { system: linuxSystem(overrides.folders) }),
      ...overrides,
    }),
    placeProgram: (name: string, script: string): string => {
      write({ [name]: `#!/bin/sh\n${script}\n` });
      chmodSync(join(home, name), 0o755);
      return join(home, name);
    },
  };
}

/** A store that is closed when the test ends. */
export function storeAt(named: string): Pick<DoctorOptions, 'storePlace' | 'openStore'> {
  const place = storePlace(named, tmpdir());
  return {
    storePlace: place,
    async openStore(access) {
      const store = await openStore({ address: place.address, access });
      onTestFinished(async () => store[Symbol.asyncDispose]());
      return store;
    },
  };
}

/** State, detail and mend in one line. */
export async function diagnose(check: DoctorCheck, given: DoctorOptions): Promise<string> {
  const finding = await check.run(given);
  return `${finding.state}: ${finding.detail}${'mend' in finding ? ` -> ${finding.mend}` : ''}`;
}
