import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mustClaim } from '../../test/conformance/open-store.ts';
import { newCell, newRun, sampleAt } from '../../test/conformance/store-records.ts';
import { testFolder } from '../../test/setup/test-settings.ts';
import { usePostgres } from '../../test/setup/use-postgres.ts';
import { openStore } from './open-store.ts';

const copierFile = join(import.meta.dirname, '../../test/fixtures/run-copier.ts');
const sampleCount = 450;

/** Copies a run in a process that is killed when it has read so many samples, then copies it whole. */
async function copyTwice(source: string, address: string, killedAt: number): Promise<void> {
  await using from = await openStore({ address: source });
  await from.createRun(newRun('run-1'), [newCell('cell-0')]);
  const claim = await mustClaim(from, 'cell-0');
  await from.appendSamples(claim, Array.from({ length: sampleCount }, (_, position) => sampleAt(position)), 1_000);
  await from.releaseCell(claim);

  const words = [copierFile, source, address, String(killedAt)];
  const copier = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  expect(String((await once(copier.stdout, 'data'))[0])).toBe('half\n');
  copier.kill('SIGKILL');
  await once(copier, 'exit');

  await using to = await openStore({ address });
  expect(await to.countRuns()).toBe(0);
  expect(await to.cells('run-1')).toEqual([]);
  const run = await from.getRun('run-1');
  if (run !== undefined) await to.copyRun(run, from);
  expect((await to.sampleCounts('run-1')).get('cell-0')).toBe(sampleCount);
}

describe('a copy whose process is killed', () => {
  const server = usePostgres();

  it('leaves nothing of the run in a file', { timeout: 60_000 }, async () => {
    await using folder = await testFolder();
    await copyTwice(join(folder.path, 'source.db'), join(folder.path, 'target.db'), 300);
  });

  it('leaves nothing of the run in a database', { timeout: 60_000 }, async () => {
    await using folder = await testFolder();
    const address = await server().newDatabase();
    // While it stores the prompts, and in the transaction.
    for (const [at, killedAt] of [300, sampleCount + 300].entries()) {
      await copyTwice(join(folder.path, `source-${at}.db`), at === 0 ? address : await server().newDatabase(), killedAt);
    }
  });
});
