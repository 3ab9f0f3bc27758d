import type { CellMeasurements } from '../src/core/cell.ts';
import type { Measurement } from '../src/core/measurement.ts';
import type { Sample } from '../src/core/sample.ts';
import type { Store } from '../src/core/store.ts';
import { createRandom } from '../src/stats/random.ts';
import { newRun } from '../test/conformance/store-records.ts';

const batch = 2000;
const words = ['because', 'the', 'answer', 'depends', 'on', 'whether', 'light', 'passes', 'through', 'water', 'slowly'];

function sentence(length: number, next: () => number): string {
  return Array.from({ length }, () => words[Math.floor(next() * words.length)]).join(' ');
}

function sampleOf(position: number, prompt: string, next: () => number): Sample {
  const score = next() < 0.6 ? 1 : 0;
  const output = `${sentence(25, next)}. The answer is ${score === 1 ? 7 : 8}.`;
  return {
    itemId: `item-${position}`,
    position,
    prompt,
    promptSha256: 'cd'.repeat(32),
    output,
    raw: JSON.stringify({ text: output, finishReason: 'stop' }),
    expected: '7',
    answer: score === 1 ? '7' : '8',
    score,
    metrics: {},
    detail: {},
    isUnparsed: next() < 0.02,
    isTruncated: next() < 0.01,
    failure: undefined,
    cluster: undefined,
    promptTokens: 250,
    reusedTokens: 200,
    outputTokens: 30,
    times: { scheduledMs: position, startedMs: position + 1, firstTokenMs: position + 40, lastTokenMs: position + 200 },
  };
}

function measured(value: number, unit: 'ratio' | 'items/s' | 'ms' | 'bytes'): Measurement {
  return { status: 'measured', value, unit, n: 3, warnings: [] };
}

function measurementsOf(model: number): CellMeasurements {
  return {
    accuracy: measured(0.6, 'ratio'),
    throughput: measured(40 / (model + 1), 'items/s'),
    latency: measured(100 * (model + 1), 'ms'),
    memory: measured(2 ** 30 * (model + 1), 'bytes'),
  };
}

/** Fills a store with one finished run of made-up answers: every model on every item. */
export async function fillStore(store: Store, models: number, items: number): Promise<void> {
  const names = Array.from({ length: models }, (_, index) => `model-${index + 1}b`);
  const cells = names.map((model, position) => ({
    id: `cell-${position}`,
    model,
    taskId: 'gsm8k/per@2',
    protocol: 'serving' as const,
    position,
    items,
  }));
  await store.createRun(newRun('20261124-120000-demo', { name: 'viewer bench' }), cells);
  const prompts = createRandom(1);
  const texts = Array.from(
    { length: items },
    (_, item) => `Question ${item}: ${sentence(150, () => prompts.nextFloat())}`,
  );
  for (const [index, cell] of cells.entries()) {
    const claim = await store.claimCell(cell.id, 'bench', 60_000);
    if (claim === undefined) throw new Error(`${cell.id} can't be claimed`);
    const random = createRandom(index + 2);
    for (let start = 0; start < items; start += batch) {
      const samples = texts
        .slice(start, start + batch)
        .map((prompt, offset) => sampleOf(start + offset, prompt, () => random.nextFloat()));
      await store.appendSamples(claim, samples, 60_000);
    }
    await store.endCell(claim, {
      state: 'done',
      measurements: measurementsOf(index),
      error: undefined,
    });
  }
  await store.setRunStatus('20261124-120000-demo', 'finished');
}

/** Fills a store with older finished runs of four models on five items. */
export async function fillRuns(store: Store, count: number): Promise<void> {
  const random = createRandom(99);
  for (let run = 0; run < count; run += 1) {
    const id = `small-${String(run).padStart(4, '0')}`;
    const cells = [0, 1, 2, 3].map((position) => ({
      id: `${id}.${position}`,
      model: `model-${position + 1}b`,
      taskId: 'gsm8k/per@2',
      protocol: 'serving' as const,
      position,
      items: 5,
    }));
    await store.createRun(newRun(id, { createdAtMs: run - count }), cells);
    for (const [index, cell] of cells.entries()) {
      const claim = await store.claimCell(cell.id, 'bench', 60_000);
      if (claim === undefined) throw new Error(`${cell.id} can't be claimed`);
      const samples = [0, 1, 2, 3, 4].map((item) => sampleOf(item, `Question ${item}?`, () => random.nextFloat()));
      await store.appendSamples(claim, samples, 60_000);
      await store.endCell(claim, { state: 'done', measurements: measurementsOf(index), error: undefined });
    }
    await store.setRunStatus(id, 'finished');
  }
}
