/*
 * An accuracy pass that gives up threads while others use the CPU against one that keeps them all, beside no, one and two
 * busy processes, in turns. Items per second; whether all answers are equal is printed beside them. Target: at least 1
 * beside nobody, more beside the others.
 *
 *   node bench/fewer-threads.ts --model FILE.gguf [--task hellaswag/mini] [--items 24] [--rounds 3] [--threads 2] [--busy 0,1,2]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import type { LoadedModel } from '../src/core/engine.ts';
import { createLlamaEngine } from '../src/engines/llama-cpp/llama-engine.ts';
import { createMachineMeter } from '../src/meters/machine-meter.ts';
import { askItems } from '../src/run/ask-items.ts';
import type { PlannedTask } from '../src/run/plan.ts';
import { yieldThreads } from '../src/run/yield-threads.ts';
import { loadItems } from '../src/sources/datasets/load-items.ts';
import { loadTask } from '../src/tasks/index.ts';
import { modelSpec } from '../test/setup/model-spec.ts';
import { alternate } from './alternate.ts';

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    task: { type: 'string', default: 'hellaswag/mini' },
    items: { type: 'string', default: '24' },
    rounds: { type: 'string', default: '3' },
    threads: { type: 'string', default: String(availableParallelism()) },
    busy: { type: 'string', default: '0,1,2' },
  },
});
const { model: file } = values;
if (file === undefined) throw new Error('give --model FILE.gguf');
const signal = new AbortController().signal;

/**
 * A process that takes a core until this one ends. A shell that ends at once starts it: as a descendant of this process it
 * would count as perbench's own.
 */
async function startBusy(): Promise<Disposable> {
  const burn = `for (;;) { const end = Date.now() + 200; while (Date.now() < end); process.kill(${process.pid}, 0); }`;
  const shell = spawn('sh', ['-c', '"$0" -e "$1" >/dev/null 2>&1 & echo $!', process.execPath, burn], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [chunk] = (await once(shell.stdout, 'data')) as [Buffer];
  const pid = Number(chunk.toString());
  return { [Symbol.dispose]: () => void process.kill(pid, 'SIGKILL') };
}

const task = await loadTask(values.task);
const { items, examples } = await loadItems(task, {}, signal);
const planned = { task, items, examples } as unknown as PlannedTask;
const positions = Array.from({ length: Number(values.items) }, (_, index) => index % items.length);
const meter = createMachineMeter();

async function pass(model: LoadedModel, yields: boolean) {
  const answers: string[] = [];
  const startMs = performance.now();
  using threads = yields ? yieldThreads(model, meter) : undefined;
  const asked = askItems(model, planned, positions, { concurrency: 16, reuse: 'prefix', signal });
  for await (const answer of asked) {
    const { itemId, answer: said } = answer.sample();
    answers.push(`${itemId} ${said}`);
  }
  const perSecond = (1000 * positions.length) / (performance.now() - startMs);
  return { perSecond, answers: answers.toSorted().join('\n'), fewest: threads?.fewest() };
}

const spec = modelSpec({ name: 'm', engine: 'llama', file });
await using model = await createLlamaEngine().open(spec, { threads: Number(values.threads) }, signal);
for (const count of values.busy.split(',').map(Number)) {
  using busy = new DisposableStack();
  for (let started = 0; started < count; started += 1) busy.use(await startBusy());
  let withAll = '';
  await alternate({
    title: `${task.id}, ${positions.length} items, ${values.threads} threads, ${count} busy processes`,
    unit: 'items/s',
    rounds: Number(values.rounds),
    target: 1,
    ours: {
      name: 'fewer threads',
      run: async () => {
        const { perSecond, answers, fewest } = await pass(model, true);
        const same = withAll === '' || answers === withAll ? '' : ', other answers';
        return { perSecond, note: `at the fewest ${fewest ?? values.threads}${same}` };
      },
    },
    theirs: {
      name: 'all threads',
      run: async () => {
        const { perSecond, answers } = await pass(model, false);
        withAll = answers;
        return { perSecond };
      },
    },
  });
}
