import type { CellMeasurements } from '../../src/core/cell.ts';
import type { Measurement, Unit } from '../../src/core/measurement.ts';
import type { Sample } from '../../src/core/sample.ts';
import type { Store } from '../../src/core/store.ts';
import { suiteSchema } from '../../src/core/suite.ts';
import { noLaunchFacts } from '../../src/core/manifest.ts';
import { scoreInterval } from '../../src/stats/score-interval.ts';
import { newRun, sampleAt } from '../conformance/store-records.ts';

/** Ids of tasks of a user's own: one with labels, one whose answers are JSON. */
export const ticketsTask = 'tickets/own@0123abcd';
export const invoicesTask = 'invoices/own@89abcdef';

const labels = ['billing', 'bug', 'feature'] as const;
export const labelledModels = ['atlas-1b', 'birch-3b (thinking off)', 'birch-3b (thinking, 2k)'] as const;

/** The label of a ticket: 20 of billing, 14 of bug, 6 of feature. */
function ticketLabel(position: number): (typeof labels)[number] {
  if (position % 2 === 0) return 'billing';
  return position % 20 === 5 || position % 20 === 11 || position % 20 === 17 ? 'feature' : 'bug';
}

/** What each model makes of a ticket: all read some bugs as billing, the first never says feature. */
function ticketAnswer(model: number, position: number): string | undefined {
  const right = ticketLabel(position);
  if (right === 'bug' && position % 20 === 3) return 'billing';
  if (model === 0) {
    if (position === 1) return undefined;
    return right === 'feature' ? 'bug' : right;
  }
  if (model === 1) return right === 'billing' && position % 8 === 0 ? 'bug' : right;
  return position % 13 === 4 ? 'feature' : right;
}

function ticket(model: number, position: number): Sample {
  const gold = ticketLabel(position);
  const cut = model === 2 && position === 7 ? 'budget_cut' : undefined;
  const answer = cut === undefined ? ticketAnswer(model, position) : undefined;
  return sampleAt(position, {
    itemId: `t-${String(position).padStart(3, '0')}`,
    prompt: `Ticket ${position}: it does not work.\nCategory (billing, bug, feature):`,
    output: answer ?? 'I would have to ask.',
    expected: gold,
    answer,
    score: answer === gold ? 1 : 0,
    metrics: {},
    detail: answer === undefined ? { gold } : { gold, predicted: answer },
    isUnparsed: answer === undefined && cut === undefined,
    ...(cut !== undefined && { cut }),
    cluster: undefined,
  });
}

function invoice(model: number, position: number): Sample {
  const isDateRight = (position + model) % 4 !== 0;
  const isTotalRight = position % 5 !== model;
  const score = isDateRight && isTotalRight ? 1 : 0;
  return sampleAt(position, {
    itemId: `i-${position}`,
    prompt: `Invoice ${position}.`,
    output: '{}',
    expected: `{"date":"2026-01-0${position % 9}","total":${position}}`,
    answer: `{"date":"${isDateRight ? 'right' : 'wrong'}","total":${isTotalRight ? position : 0}}`,
    score,
    metrics: {
      json_valid: 1,
      schema_valid: isTotalRight ? 1 : 0,
      fields_right: (Number(isDateRight) + Number(isTotalRight)) / 2,
      'field:date': Number(isDateRight),
      'field:total': Number(isTotalRight),
      ...(position < 10 && { 'field:buyer.name': 1 }),
    },
    detail: {},
    cluster: undefined,
  });
}

function measured(value: number, unit: Unit, half: number, n = 3): Measurement {
  const interval = { low: value - half, high: value + half, level: 0.95, method: 't over 3 launches' };
  return { status: 'measured', value, unit, n, interval, warnings: [] };
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function measurements(samples: readonly Sample[], model: number): CellMeasurements {
  const scores = samples.map(({ score }) => score);
  const n = samples.length;
  const mean = (name: string): Measurement => ({
    status: 'measured',
    value: meanOf(samples.map(({ metrics }) => metrics[name] ?? 0)),
    unit: 'ratio',
    n,
    warnings: [],
  });
  return {
    accuracy: {
      status: 'measured',
      value: meanOf(scores),
      unit: 'ratio',
      n,
      interval: scoreInterval(scores),
      warnings: [],
    },
    throughput: measured(12 / (model + 1), 'items/s', 0.1),
    latency: measured(80 * (model + 1), 'ms', 5),
    memory: measured((model + 1) * 2 ** 29, 'bytes', 2 ** 20),
    tokensPerAnswer: measured([6, 9, 140][model] ?? 6, 'count', [1, 2, 30][model] ?? 1, n),
    ...(model === 2 && {
      thinkingTokens: { status: 'measured', value: 131, unit: 'count', n, warnings: [] },
      budgetCut: { status: 'measured', value: 1 / n, unit: 'ratio', n, warnings: [] },
    }),
    ...(samples.some(({ metrics }) => 'json_valid' in metrics) && {
      extra: Object.fromEntries(['json_valid', 'schema_valid', 'fields_right'].map((name) => [name, mean(name)])),
    }),
  };
}

/** Stores a finished run of three models on 40 tickets and 20 invoices of the user's own. */
export async function storeLabelledRun(store: Store, id = '20261124-170000-lbl1'): Promise<string> {
  const tasks = [
    { taskId: ticketsTask, items: 40, make: ticket },
    { taskId: invoicesTask, items: 20, make: invoice },
  ];
  const base = newRun(id);
  const run = {
    ...base,
    name: 'own tasks',
    suite: suiteSchema.parse({ name: 'own tasks', models: [...labelledModels], tasks: ['imdb'] }),
    manifest: {
      ...base.manifest,
      models: Object.fromEntries(
        labelledModels.map((name, index) => [
          name,
          // The last two are the same weights.
          {
            source: `./${index}.gguf`,
            fileSha256: String(Math.min(1, index)).repeat(64),
            fileBytes: 1024,
            ...noLaunchFacts,
          },
        ]),
      ),
    },
  };
  const cells = labelledModels.flatMap((model, index) =>
    tasks.map(({ taskId, items, make }, taskIndex) => ({
      cell: {
        id: `${id}.${index * tasks.length + taskIndex}`,
        model,
        taskId,
        protocol: 'serving' as const,
        position: index * tasks.length + taskIndex,
        items,
      },
      samples: Array.from({ length: items }, (_, position) => make(index, position)),
      index,
    })),
  );
  await store.createRun(
    run,
    cells.map(({ cell }) => cell),
  );
  for (const { cell, samples, index } of cells) {
    const claim = await store.claimCell(cell.id, 'fixture', 60_000);
    if (claim === undefined) throw new Error(`cell ${cell.id} can't be claimed`);
    await store.appendSamples(claim, samples, 60_000);
    await store.endCell(claim, { state: 'done', measurements: measurements(samples, index), error: undefined });
  }
  await store.setRunStatus(id, 'finished');
  return id;
}
