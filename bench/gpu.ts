/*
 * The same models and items on the CPU, Vulkan and CUDA: tokens per second, memory, telemetry and energy of the GPU, and
 * how many answers are those of the CPU. Everything is written as JSON, samples too.
 *
 *     node bench/gpu.ts [--devices cpu,vulkan,cuda] [--tasks arc_easy/mini,gsm8k/mini] [--limit 20] [--concurrency 8]
 *       [--window-seconds 5] [--threads N] [--out gpu.json] MODEL.gguf...
 *
 * bench/gpu.sh takes it to a machine without a network. Devices that aren't there are left out, with the reason.
 */
import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { run } from '../src/app/run.ts';
import type { Cell } from '../src/core/cell.ts';
import { PerbenchError } from '../src/core/errors.ts';
import type { DeviceChoice } from '../src/core/llama-settings.ts';
import type { Sample } from '../src/core/sample.ts';
import { withRemedy } from '../src/core/with-remedy.ts';
import { chooseDevice } from '../src/engines/llama-cpp/choose-device.ts';
import { openSqliteStore } from '../src/store/sqlite-store.ts';

const { values: flags, positionals: files } = parseArgs({
  allowPositionals: true,
  options: {
    devices: { type: 'string', default: 'cpu,vulkan,cuda' },
    tasks: { type: 'string', default: 'arc_easy/mini,gsm8k/mini' },
    limit: { type: 'string', default: '20' },
    concurrency: { type: 'string', default: '8' },
    'window-seconds': { type: 'string', default: '5' },
    threads: { type: 'string' },
    out: { type: 'string', default: 'gpu.json' },
  },
});

/** Why it can't be computed on; undefined where it can. */
async function missing(device: DeviceChoice): Promise<string | undefined> {
  try {
    await chooseDevice(device);
    return undefined;
  } catch (error) {
    if (!(error instanceof PerbenchError)) throw error;
    return withRemedy(error.message, error.hint);
  }
}

const devices: DeviceChoice[] = [];
const absent: Record<string, string> = {};
for (const device of flags.devices.split(',') as DeviceChoice[]) {
  const reason = await missing(device);
  if (reason === undefined) devices.push(device);
  else absent[device] = reason;
}
for (const [device, reason] of Object.entries(absent)) console.log(`${device} is left out: ${reason}`);

const nameOf = (file: string, device: DeviceChoice): string => `${basename(file, '.gguf')} ${device}`;

await using store = await openSqliteStore({ file: ':memory:' });
const suite = {
  models: files.flatMap((source) =>
    devices.map((device) => ({ source, name: nameOf(source, device), engineOptions: { device } })),
  ),
  tasks: flags.tasks.split(','),
  limit: Number(flags.limit),
  concurrency: Number(flags.concurrency),
  launches: 1,
  windowSeconds: Number(flags['window-seconds']),
  ...(flags.threads !== undefined && { threads: Number(flags.threads) }),
};
for await (const event of run(suite, { store, isFresh: true, environment: process.env })) {
  if (event.type === 'warning' || event.type === 'note') console.log(event.message);
}

const [record] = await store.listRuns({ limit: 1 });
if (record === undefined) throw new Error('no run');
const cells = await store.cells(record.id);
const samples = new Map<Cell, readonly Sample[]>();
for (const cell of cells) samples.set(cell, await Array.fromAsync(store.samples(cell.id)));

/** Items whose answer is that of the CPU, of those that both answered; undefined where the CPU answered none. */
function sameAsCpu(cell: Cell): { readonly same: number; readonly items: number } | undefined {
  const file = files.find((each) => devices.some((device) => nameOf(each, device) === cell.model));
  const cpu = cells.find(({ model, taskId }) => model === nameOf(file ?? '', 'cpu') && taskId === cell.taskId);
  if (cpu === undefined || cpu === cell) return undefined;
  const answers = new Map(samples.get(cpu)?.map(({ itemId, output }) => [itemId, output]));
  const both = (samples.get(cell) ?? []).filter(({ itemId }) => answers.has(itemId));
  return { same: both.filter(({ itemId, output }) => answers.get(itemId) === output).length, items: both.length };
}

function figure(cell: Cell, name: keyof Cell['measurements']): string {
  const found = cell.measurements[name];
  const isKnown = found !== undefined && 'value' in found && typeof found.value === 'number';
  return isKnown ? found.value.toPrecision(3) : '–';
}

console.log('model | task | accuracy | output tokens/s | memory, MiB | J per item | same as the CPU');
const results = [];
for (const cell of cells) {
  const { model, taskId, state, error, measurements } = cell;
  const same = sameAsCpu(cell);
  const memory = measurements.memory;
  const mebibytes = memory?.status === 'unavailable' ? undefined : memory?.value;
  console.log(
    [
      model,
      taskId,
      state === 'done' ? figure(cell, 'accuracy') : `${state}: ${error?.message ?? ''}`,
      figure(cell, 'outputTokensPerSecond'),
      mebibytes === undefined ? '–' : (mebibytes / 2 ** 20).toFixed(0),
      figure(cell, 'energyPerItem'),
      same === undefined ? '–' : `${same.same} of ${same.items}`,
    ].join(' | '),
  );
  results.push({
    model,
    taskId,
    state,
    error,
    measurements,
    same,
    passes: await store.passResults(cell.id),
    samples: samples.get(cell),
  });
}
const { host, models } = record.manifest;
await writeFile(flags.out, JSON.stringify({ host, absent, models, cells: results }, undefined, 1));
console.log(`written: ${flags.out}`);
