/**
 * How long the bootstrap takes: 2,000 resamples of 16 models on 5 tasks, at the real item counts, and with 11,873 items
 * on each task. Right-or-wrong answers are as correlated between models as real ones. One core; on a busy machine look at the CPU time.
 *
 *     node bench/bootstrap.ts [repetitions]
 */
import { anchorsOf, paperAnchors } from '../src/scoring/anchors.ts';
import { bootstrapTask, type BootstrapModel } from '../src/scoring/bootstrap.ts';
import { createNormalSource, createRandom } from '../src/stats/random.ts';
import { answersOf } from './estimator-worlds.ts';

const models = 16;
const resamples = 2000;
const repetitions = Number(process.argv[2] ?? 3);

function syntheticModels(items: number, isBinary: boolean): BootstrapModel[] {
  const random = createRandom(items);
  const abilities = Array.from({ length: models }, (_, index) => 0.3 + (0.6 * index) / models);
  const answers = answersOf(abilities, items, createNormalSource(random), Math.sqrt(0.7));
  return abilities.map((ability, index) => {
    return {
      model: `model-${index}`,
      scores: isBinary
        ? (answers[index] as Float64Array)
        : Float64Array.from({ length: items }, () => ability * random.nextFloat()),
      launches: [0.98, 1, 1.02].map((factor) => ({
        throughput: (1000 * factor) / (1 + index),
        latency: (1 + index) / factor,
        memory: 2 ** 30 * (1 + index),
      })),
    };
  });
}

function measure(label: string, itemCounts: readonly number[], isBinary: boolean): void {
  const tasks = itemCounts.map((items) => syntheticModels(items, isBinary));
  const anchors = anchorsOf(paperAnchors, 'gsm8k');
  const seconds = Array.from({ length: repetitions }, () => {
    const startMs = performance.now();
    const startCpu = process.cpuUsage();
    let checksum = 0;
    for (const task of tasks)
      checksum += bootstrapTask(task, { seed: 1, resamples, anchors }).paper[0]?.interval.high ?? 0;
    if (!Number.isFinite(checksum)) throw new Error('the bootstrap gave no number');
    const { user, system } = process.cpuUsage(startCpu);
    return `${((performance.now() - startMs) / 1000).toFixed(2)} (CPU ${((user + system) / 1e6).toFixed(2)})`;
  });
  const memoryMib = process.memoryUsage().rss / 2 ** 20;
  console.log(`${label}: ${seconds.join(' / ')} s, resident memory ${memoryMib.toFixed(0)} MiB`);
}

measure('five tasks, 26,610 items, right or wrong', [1000, 10_042, 2376, 11_873, 1319], true);
measure(
  'five tasks, 59,365 items, right or wrong',
  Array.from({ length: 5 }, () => 11_873),
  true,
);
measure(
  'five tasks, 59,365 items, partial credit',
  Array.from({ length: 5 }, () => 11_873),
  false,
);
