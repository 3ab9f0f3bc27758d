import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { mustClaim } from '../../test/conformance/open-store.ts';
import { newCell, newRun, sampleAt } from '../../test/conformance/store-records.ts';
import { testFolder } from '../../test/setup/test-settings.ts';
import { usePostgres } from '../../test/setup/use-postgres.ts';
import { openStore } from './open-store.ts';

const copierFile = join(import.meta.dirname, '../../test/fixtures/run-copier.ts');
const sampleCount = 450;

const server = usePostgres();

const inFile = async (folder: string): Promise<string> => Promise.resolve(join(folder, 'target.db'));
const inDatabase = async (): Promise<string> => server().newDatabase();

it.each([
  ['file', 'in the transaction', inFile, 300],
  ['database', 'while it stores prompts', inDatabase, 300],
  ['database', 'in the transaction', inDatabase, sampleCount + 300],
] as const)('leaves nothing of a run in a %s where its process is killed %s', { timeout: 60_000 }, async (...given) => {
  const [, , newTarget, killedAt] = given;
  await using folder = await testFolder();
  const [source, address] = [join(folder.path, 'source.db'), await newTarget(folder.path)];
  await using from = await openStore({ address: source });
  await from.createRun(newRun('run-1'), [newCell('cell-0')]);
  const claim = await mustClaim(from, 'cell-0');
  await from.appendSamples(
    claim,
    Array.from({ length: sampleCount }, (_, position) => sampleAt(position)),
    1_000,
  );
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
});
