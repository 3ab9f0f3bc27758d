import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SourceSettings, sourceSettingsFrom } from '../../src/sources/source-settings.ts';

/** A folder of its own for one test, removed with all that is in it. */
export interface TestFolder extends AsyncDisposable {
  readonly path: string;
}

export async function testFolder(): Promise<TestFolder> {
  const path = await mkdtemp(join(tmpdir(), 'perbench-test-'));
  return {
    path,
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true, force: true });
    },
  };
}

/** Settings with caches in `folder` and short waits, so that retries take milliseconds. */
export function testSettings(folder: string, changes: Partial<SourceSettings> = {}): SourceSettings {
  const settings = sourceSettingsFrom(
    {
      ...process.env,
      XDG_CACHE_HOME: folder,
      HF_HOME: '',
      HF_HUB_CACHE: '',
      HF_TOKEN: '',
      HF_TOKEN_PATH: '',
      HF_ENDPOINT: '',
      PERBENCH_OFFLINE: '',
      HF_HUB_OFFLINE: '',
    },
    folder,
  );
  const network = {
    attempts: 3,
    backoffMs: 1,
    maxBackoffMs: 10,
    connectMs: 2_000,
    idleMs: 2_000,
    probeMs: 1_000,
    unknownBytes: 2_000_000,
  };
  return { ...settings, proxy: { http: undefined, https: undefined, none: undefined }, network, ...changes };
}
