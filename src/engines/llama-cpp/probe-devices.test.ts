import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { testFolder } from '../../../test/setup/test-settings.ts';
import { EnvironmentError } from '../../core/errors.ts';
import { findLibrary } from './library-location.ts';
import { probeDevices } from './probe-devices.ts';

const location = findLibrary('cpu');

it('tells the CPU of this machine, in a process of its own', async () => {
  const { version, devices, problem } = await probeDevices(location);
  expect(version).toMatch(/^\d+\./);
  expect(devices).toMatchObject([{ kind: 'cpu', isSoftware: false }]);
  expect(devices[0]?.totalBytes).toBeGreaterThan(0);
  expect(problem).toBeUndefined();
});

it('asks a library once', async () => {
  expect(await probeDevices(location)).toBe(await probeDevices(location));
});

it("says why a GPU's back-end can't be loaded", async () => {
  await using folder = await testFolder();
  const gpuBackend = join(folder.path, 'libggml-cuda.so');
  await writeFile(gpuBackend, 'no library');
  expect((await probeDevices({ ...location, gpuBackend })).problem).toBe('file too short');
});

it.each([
  ['crashes', 'process.kill(process.pid, "SIGSEGV")', 'failed with signal SIGSEGV'],
  ['hangs', 'setInterval(() => {}, 1000)', 'gave no answer within 1.5 s'],
  ['ends with an error', 'console.error("no such symbol"); process.exitCode = 3', 'failed with code 3: no such symbol'],
  [
    'finds another library',
    'console.log(JSON.stringify({ message: "version 0.4.0, expected 0.5.0", hint: "Install it." }))',
    'version 0.4.0, expected 0.5.0',
  ],
])('is refused where the process %s', async (_, script, message) => {
  const probe = probeDevices(location, { timeoutMs: 1500, command: [process.execPath, '-e', script] });
  await expect(probe).rejects.toThrow(EnvironmentError);
  await expect(probe).rejects.toThrow(message);
});
