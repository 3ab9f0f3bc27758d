import { expect, it } from 'vitest';
import { openStore } from '../../src/store/open-store.ts';
import { answersIn, doneCodes, localAnswers } from '../ray/ray-runs.ts';
import { startPostgres } from '../setup/postgres.ts';
import { startSlurm } from '../setup/slurm-cluster.ts';
import { perbench, runWords, writePlace } from '../setup/slurm-runs.ts';
import { smallModel, type SmallModelName } from '../setup/small-models.ts';
import { testFolder } from '../setup/test-settings.ts';

const names: readonly SmallModelName[] = ['smollm2-135m-instruct', 'gemma-3-270m', 'qwen2.5-coder-0.5b-instruct'];

it('runs real models on Slurm, with the answers that they give here', async ({ skip }) => {
  const slurm = await startSlurm();
  if (typeof slurm === 'string') return skip(slurm);
  await using cluster = slurm;
  await using server = await startPostgres();
  await using folder = await testFolder();
  const models = await Promise.all(names.map(async (name) => ({ name, source: await smallModel(name) })));
  const suite = {
    models,
    tasks: ['arc_easy/mini'],
    limit: 4,
    launches: 1,
    windowSeconds: 0.5,
    latencyRequests: 2,
    waitQuiet: 0,
    allowBusy: true,
  };
  // All nodes are this machine: on one of them, one model after the other is alone on it.
  const place = await writePlace({ slurm: cluster, server, folder: folder.path }, suite, { lines: ['--nodelist=n1'] });
  const { code, stdout, stderr } = await perbench(place, ...runWords).ended;
  expect(stderr).toMatch(/run \S+: finished$/m);
  expect(doneCodes).toContain(code);
  for (const name of names) expect(stdout).toContain(name);
  await using store = await openStore({ address: place.address });
  const answers = await answersIn(store);
  expect(answers.size).toBe(3 * 4);
  expect(answers).toEqual(await localAnswers(folder.path));
});
