import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { mustClaim } from '../../test/conformance/open-store.ts';
import { newCell, newRun, sampleAt } from '../../test/conformance/store-records.ts';
import { testFolder } from '../../test/setup/test-settings.ts';
import { openSqliteStore } from './sqlite-store.ts';

const copierFile = join(import.meta.dirname, '../../test/fixtures/run-copier.ts');

it('leaves nothing of a run where the process is killed', { timeout: 60_000 }, async () => {
  await using folder = await testFolder();
  const [source, target] = [join(folder.path, 'source.db'), join(folder.path, 'target.db')];
  await using from = await openSqliteStore({ file: source });
  await from.createRun(newRun('run-1'), [newCell('cell-0')]);
  const claim = await mustClaim(from, 'cell-0');
  await from.appendSamples(claim, Array.from({ length: 450 }, (_, position) => sampleAt(position)), 1_000);
  await from.releaseCell(claim);

  const copier = spawn(process.execPath, [copierFile, source, target], { stdio: ['ignore', 'pipe', 'inherit'] });
  expect(String((await once(copier.stdout, 'data'))[0])).toBe('half\n');
  copier.kill('SIGKILL');
  await once(copier, 'exit');

  await using to = await openSqliteStore({ file: target });
  expect(await to.countRuns()).toBe(0);
  expect(await to.cells('run-1')).toEqual([]);
  const run = await from.getRun('run-1');
  if (run !== undefined) await to.copyRun(run, from);
  expect((await to.sampleCounts('run-1')).get('cell-0')).toBe(450);
});
