import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Store } from '../../src/core/store.ts';
import { exitCodes } from '../../src/cli/exit-codes.ts';
import { defaultStore } from '../../src/cli/tables/global-options.ts';
import { openStore } from '../../src/store/open-store.ts';
import { perbenchBin } from '../setup/perbench-process.ts';
import { runInProcess } from '../setup/run-in-process.ts';
import type { RaySettings } from '../../src/launchers/ray/submission.ts';

/** What they answer, and so not the same. */
const models = { one: ['A', 'B'], two: ['B', 'C'], three: ['A', 'B', 'C', 'D'] };
const tasks = ['arc_easy/mini', 'hellaswag/mini'];
const limit = 12;

/** How many answers a whole run has. */
export const allAnswers = Object.keys(models).length * tasks.length * limit;

/**
 * A suite of mock models whose workers are this perbench, as `suite.json` of a folder.
 *
 * @param tokenMs how long a model takes for a token: by it a run lasts as long as a test needs
 */
export async function writeRaySuite(folder: string, tokenMs: number, ray: Partial<RaySettings>): Promise<void> {
  const suite = {
    models: Object.entries(models).map(([name, answers]) => ({
      name,
      source: 'none',
      engine: 'mock',
      engineOptions: { tokenMs, answers },
    })),
    tasks,
    limit,
    launches: 2,
    windowSeconds: 0.2,
    latencyRequests: 4,
    waitQuiet: 0,
    allowBusy: true,
    cluster: { ray: { program: `${process.execPath} ${perbenchBin}`, ...ray } },
  };
  await writeFile(join(folder, 'suite.json'), JSON.stringify(suite));
}

/** How a run may end that is done: whether one of these models is usable, and which, isn't asked here. */
export const doneCodes: readonly number[] = [exitCodes.done, exitCodes.gateFailed, exitCodes.gateInconclusive];

export type Answers = ReadonlyMap<string, unknown>;

/** What each model has answered to each item of each task in the newest run. */
export async function answersIn(store: Store): Promise<Answers> {
  const run = await store.latestRun();
  const answers = new Map<string, unknown>();
  for (const { id, model, taskId } of await store.cells(run?.id ?? '')) {
    for await (const { itemId, output, score } of store.samples(id))
      answers.set(`${model} ${taskId} ${itemId}`, [output, score]);
  }
  return answers;
}

/** The answers of the same suite on this machine alone. */
export async function localAnswers(folder: string): Promise<Answers> {
  const { code, stderr } = await runInProcess(['run', 'suite.json', '--no-progress'], { folder });
  if (!doneCodes.includes(code)) throw new Error(`the run on this machine ended with ${code}: ${stderr}`);
  await using store = await openStore({ address: join(folder, defaultStore) });
  return await answersIn(store);
}
