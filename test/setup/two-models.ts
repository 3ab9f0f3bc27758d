import { newRun, sampleAt } from '../conformance/store-records.ts';
import type { CellMeasurements } from '../../src/core/cell.ts';
import { noLaunchFacts } from '../../src/core/manifest.ts';
import type { Measurement, Unit } from '../../src/core/measurement.ts';
import type { RaceRecord } from '../../src/core/race.ts';
import { suiteSchema } from '../../src/core/suite.ts';
import { scoreInterval } from '../../src/stats/score-interval.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';

function measured(value: number, unit: Unit): Measurement {
  const interval = { low: value * 0.99, high: value * 1.01, level: 0.95, method: 't over 3 launches' };
  return { status: 'measured', value, unit, n: 3, interval, warnings: [] };
}

/** Items that each of the models has right. */
type Right = readonly [first: number, second: number];

/** A finished run of two GGUF models on 100 items of one or two tasks, of which each is right on so many. */
export async function storeTwoModels(file: string, right: readonly [Right, Right?], race?: RaceRecord): Promise<void> {
  await using store = await openSqliteStore({ file });
  const names = ['small', 'large'];
  const id = '20261124-170000-srv1';
  const base = newRun(id);
  const models = names.map((name) => ({ name, source: `/models/${name}.gguf` }));
  const facts = {
    fileSha256: undefined,
    fileBytes: 1024,
    ...noLaunchFacts,
    engineBuild: 'llama.cpp 0.5.0 (zen4)',
    devices: ['CPU zen4'],
  };
  const tasks = ['imdb/mini', 'gsm8k/mini'].slice(0, right.length);
  const cells = tasks.flatMap((task, at) =>
    names.map((model, index) => ({
      id: `${id}.${task}.${index}`,
      model,
      taskId: `${task}@2`,
      protocol: 'serving' as const,
      position: at * names.length + index,
      items: 100,
    })),
  );
  const suite = suiteSchema.parse({ models, tasks, concurrency: 4 });
  const manifest = {
    ...base.manifest,
    models: Object.fromEntries(models.map(({ name, source }) => [name, { source, ...facts }])),
    race,
  };
  await store.createRun({ ...base, suite, manifest }, cells);
  for (const [position, cell] of cells.entries()) {
    const index = position % names.length;
    const claim = await store.claimCell(cell.id, 'fixture', 60_000);
    if (claim === undefined) throw new Error('the cell can be claimed');
    const scores = Array.from({ length: 100 }, (_, at) =>
      Number(at < (right[Math.floor(position / names.length)]?.[index] ?? 0)),
    );
    const samples = scores.map((score, at) =>
      sampleAt(at, { score, metrics: {}, isUnparsed: false, promptTokens: 500, outputTokens: 4 }),
    );
    await store.appendSamples(claim, samples, 60_000);
    const value = scores.reduce((sum, score) => sum + score, 0) / 100;
    const measurements: CellMeasurements = {
      accuracy: { status: 'measured', value, unit: 'ratio', n: 100, interval: scoreInterval(scores), warnings: [] },
      throughput: measured(20 / (index + 1), 'items/s'),
      latency: measured(50 * (index + 1), 'ms'),
      memory: measured((index + 1) * 2 ** 29, 'bytes'),
    };
    await store.endCell(claim, { state: 'done', measurements, error: undefined });
  }
  await store.setRunStatus(id, 'finished');
}
