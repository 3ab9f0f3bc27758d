/**
 * Tries real models on Slurm: three of the catalogue through `perbench run --on slurm`, then the same suite here, and
 * compares the two: answers item by item, figures by what launches differ.
 *
 * Background: all nodes of a test's Slurm are this machine, so the jobs take turns on one of them, a worker at a time.
 * Figures need a machine on which nothing else runs, which is why this is no test. Wants root and Slurm's packages
 * (test/setup/slurm-cluster.ts); models are taken from the user's cache, or fetched.
 *
 * Exit code 1: a run failed, answers differ, or a figure differs significantly (95 %) and by more than 5 %.
 *
 * Usage: sudo node scripts/try-slurm-models.ts
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { defaultStore } from '../src/cli/tables/global-options.ts';
import { openStore } from '../src/store/open-store.ts';
import { answersIn, doneCodes } from '../test/ray/ray-runs.ts';
import { type Ended, perbenchBin, startPerbench } from '../test/setup/perbench-process.ts';
import { startPostgres } from '../test/setup/postgres.ts';
import { startSlurm } from '../test/setup/slurm-cluster.ts';
import { smallModel, type SmallModelName } from '../test/setup/small-models.ts';
import { testFolder } from '../test/setup/test-settings.ts';

const names: readonly SmallModelName[] = ['smollm2-135m-instruct', 'gemma-3-270m', 'qwen2.5-coder-0.5b-instruct'];
const limit = 8;
/** Launches a few minutes apart differ by less on a quiet machine. */
const mostOff = 0.05;
const figures: readonly string[] = ['throughput', 'latency', 'memory'];

const comparisonSchema = z.object({
  cells: z.array(
    z.object({
      b: z.object({ model: z.string() }),
      metrics: z.array(z.object({ metric: z.string(), change: z.number().optional(), verdict: z.string() })),
    }),
  ),
});

function say(text: string): void {
  process.stdout.write(`${text.trimEnd()}\n`);
}

function mustEnd(what: string, codes: readonly number[], { code, stdout, stderr }: Ended): Ended {
  if (code === null || !codes.includes(code)) throw new Error(`${what} ended with ${code}:\n${stdout}${stderr}`);
  return { code, signal: null, stdout, stderr };
}

const slurm = await startSlurm();
if (typeof slurm === 'string') throw new Error(slurm);
await using cluster = slurm;
await using server = await startPostgres();
await using folder = await testFolder();
const suite = {
  models: await Promise.all(names.map(async (name) => ({ name, source: await smallModel(name) }))),
  tasks: ['arc_easy/mini'],
  limit,
  launches: 3,
  windowSeconds: 2,
  latencyRequests: 6,
  cluster: { slurm: { program: `${process.execPath} ${perbenchBin}`, lines: ['--nodelist=n1'] } },
};
await writeFile(join(folder.path, 'suite.json'), JSON.stringify(suite));
// Nodes reach the server from their own network by its socket.
const database = new URL(await server.newDatabase()).pathname.slice(1);
const address = server.address(database, { host: server.socketFolder });

async function perbench(...words: readonly string[]): Promise<Ended> {
  const { PATH = '', SLURM_CONF = '' } = cluster.environment;
  const environment = { PATH, SLURM_CONF, PERBENCH_ALLOW_BUSY: '' };
  return startPerbench(words, { workingFolder: folder.path, homeFolder: folder.path, environment }).ended;
}

const words = ['run', 'suite.json', '--no-progress'];
const onSlurm = await perbench(...words, '--on', 'slurm', '--workers', '1', '--store', address);
say(mustEnd('the run on Slurm', doneCodes, onSlurm).stdout);
mustEnd('the copy', [0], await perbench('store', 'copy', address, defaultStore));
await using store = await openStore({ address: join(folder.path, defaultStore) });
const theirs = await answersIn(store);
const here = await perbench(...words, '--fresh');
say(mustEnd('the run here', doneCodes, here).stdout);
const ours = await answersIn(store);

const compared = await perbench('compare', 'latest~1', 'latest', '-o', 'comparison.json');
say(mustEnd('the comparison', [0], compared).stdout);
const { cells } = comparisonSchema.parse(JSON.parse(await readFile(join(folder.path, 'comparison.json'), 'utf8')));
const off = cells.flatMap(({ b: { model }, metrics }) =>
  metrics
    .filter(({ metric, verdict }) => figures.includes(metric) && (verdict === 'better' || verdict === 'worse'))
    .filter(({ change = 1 }) => Math.abs(change - 1) > mostOff)
    .map(({ metric, change = 1 }) => `${model}: ${metric} differs by ${((change - 1) * 100).toFixed(1)} %`),
);
const isWhole = cells.length === names.length && ours.size === names.length * limit;
const isEqual = isWhole && isDeepStrictEqual(theirs, ours);
say(isEqual ? `${ours.size} answers are the same on Slurm and here` : 'answers on Slurm and here differ');
for (const line of off) say(line);
if (!isEqual || off.length > 0) process.exitCode = 1;
