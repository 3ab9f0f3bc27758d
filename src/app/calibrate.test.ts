import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { testFolder } from '../../test/setup/test-settings.ts';
import { readHostFacts } from '../meters/host-facts.ts';
import { calibrate, readCeiling } from './calibrate.ts';

it('measures what this client can do, and knows it again on this machine alone', async () => {
  await using folder = await testFolder();
  const host = await readHostFacts();
  const { file, ...measured } = await calibrate({
    durationMs: 200,
    concurrency: 8,
    clientProcesses: 1,
    cacheDir: folder.path,
    host,
    signal: new AbortController().signal,
  });
  expect(measured.requests.perSecond).toBeGreaterThan(0);
  expect(measured.streamedTokens.perSecond).toBeGreaterThan(measured.requests.perSecond);
  expect(await readCeiling(folder.path, 2)).toBeUndefined();
  expect(await readCeiling(folder.path, 1)).toEqual({
    requestsPerSecond: measured.requests.perSecond,
    streamedTokensPerSecond: measured.streamedTokens.perSecond,
  });
  const written = await readFile(file, 'utf8');
  await writeFile(file, written.replace(/"version": \d+/, '"version": 1'));
  expect(await readCeiling(folder.path, 1)).toBeUndefined();
  await writeFile(file, written.replace(host.hostname, 'another'));
  expect(await readCeiling(folder.path, 1)).toBeUndefined();
  await writeFile(file, '{"half');
  expect(await readCeiling(folder.path, 1)).toBeUndefined();
  expect(await readCeiling(join(folder.path, 'nowhere'), 1)).toBeUndefined();
});
