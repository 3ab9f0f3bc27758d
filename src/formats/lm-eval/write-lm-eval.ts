import { fileNames, safeFileName } from '../../core/file-names.ts';
import { valueOf } from '../../scoring/scoreboard.ts';
import type { FormatFile, StoredCell } from '../format.ts';
import { fileStamp, hasAccuracy, itemMetric, MetricTotals, wholeText } from '../write-parts.ts';
import { sampleRow, TaskHash } from './sample-row.ts';
import { lmEvalTaskOf, type LmEvalTask } from './task-names.ts';

interface WrittenCell extends StoredCell {
  readonly lmEval: LmEvalTask;
  readonly totals: MetricTotals;
}

/** Cells that lm-eval keeps in one file of samples: one task of it, under one or more filters. */
interface TaskGroup {
  readonly name: string;
  readonly cells: readonly WrittenCell[];
  readonly hash: TaskHash;
}

function groupsOf(cells: readonly StoredCell[]): readonly TaskGroup[] {
  const written = cells.map((stored): WrittenCell => {
    const { run, cell, task } = stored;
    // A task that nobody knows has no known headline; `acc` is what lm-eval calls a share of right answers.
    const lmEval = lmEvalTaskOf(cell.taskId, task?.metric ?? 'acc', run.manifest.tasks[cell.taskId]);
    return { ...stored, lmEval, totals: new MetricTotals() };
  });
  return Array.from(
    Map.groupBy(written, ({ lmEval }) => lmEval.name),
    ([name, own]) => ({ name, cells: own, hash: new TaskHash() }),
  );
}

async function* sampleLines({ cells, hash: taskHash }: TaskGroup): AsyncGenerator<string> {
  for (const { lmEval, task, totals, samples } of cells) {
    for await (const sample of samples()) {
      const { row, hashes, metrics } = sampleRow(sample, lmEval, task?.kind ?? 'generate');
      totals.add(metrics);
      taskHash.add(hashes);
      yield `${JSON.stringify(row)}\n`;
    }
  }
}

/** `"acc,none": 0.5, "acc_stderr,none": 0.1` for all metrics of a task. */
function taskResult({ name, cells }: TaskGroup): Readonly<Record<string, unknown>> {
  const result: Record<string, unknown> = { alias: name, name };
  for (const { cell, lmEval, totals } of cells) {
    const { extra = {}, accuracy } = cell.measurements;
    const scale = lmEval.isPercent ? 100 : 1;
    const values = [[lmEval.metric, accuracy] as const, ...Object.entries(extra)];
    for (const [metric, measurement] of values) {
      const value = valueOf(measurement);
      if (value === undefined) continue;
      result[`${metric},${lmEval.filter}`] = value * scale;
      result[`${metric}_stderr,${lmEval.filter}`] = totals.standardError(metric) ?? 'N/A';
    }
    result['sample_len'] = totals.rows(itemMetric(lmEval.metric)) || cell.items;
  }
  return result;
}

/** The whole measurements, under a key that lm-eval's readers pass over. */
function ownPart(groups: readonly TaskGroup[]): object {
  const cells = groups.flatMap((group) => group.cells);
  const [first] = cells;
  return {
    schema: 'perbench-lm-eval/1',
    runId: first?.run.id,
    cells: cells.map(({ cell, lmEval }) => ({
      name: lmEval.name,
      taskId: cell.taskId,
      metric: lmEval.metric,
      protocol: cell.protocol,
      measurements: cell.measurements,
    })),
  };
}

function byTask<Value>(groups: readonly TaskGroup[], value: (group: TaskGroup) => Value): Record<string, Value> {
  return Object.fromEntries(groups.map((group) => [group.name, value(group)]));
}

function resultsFile(model: string, cells: readonly StoredCell[], groups: readonly TaskGroup[]): object {
  const run = cells[0]?.run;
  const facts = run?.manifest.models[model];
  const tasks = (group: TaskGroup): LmEvalTask | undefined => group.cells[0]?.lmEval;
  return {
    results: byTask(groups, taskResult),
    group_subtasks: byTask(groups, () => []),
    configs: byTask(groups, (group) => ({
      task: group.name,
      num_fewshot: tasks(group)?.shots ?? 0,
      metadata: { version: tasks(group)?.version },
    })),
    versions: byTask(groups, (group) => tasks(group)?.version ?? 'N/A'),
    'n-shot': byTask(groups, (group) => tasks(group)?.shots ?? 0),
    higher_is_better: byTask(groups, (group) =>
      Object.fromEntries(group.cells.map(({ lmEval }) => [lmEval.metric, true])),
    ),
    'n-samples': byTask(groups, (group) => ({
      original: group.cells[0]?.task?.items ?? group.cells[0]?.cell.items ?? 0,
      effective:
        group.cells[0]?.totals.rows(itemMetric(tasks(group)?.metric ?? '')) || (group.cells[0]?.cell.items ?? 0),
    })),
    config: {
      model: 'perbench',
      model_args: { pretrained: model, source: facts?.source, quantisation: facts?.quantisation },
      model_num_parameters: facts?.parameters,
      model_sha: facts?.fileSha256,
      batch_size: run?.suite.concurrency,
      limit: run?.suite.limit ?? null,
      random_seed: run?.manifest.seed,
    },
    date: (run?.createdAtMs ?? 0) / 1000,
    lm_eval_version: `perbench ${run?.manifest.perbenchVersion ?? ''}`.trim(),
    task_hashes: byTask(groups, (group) => group.hash.digest()),
    model_source: 'perbench',
    model_name: model,
    model_name_sanitized: sanitized(model),
    chat_template_sha: facts?.chatTemplateSha256 ?? null,
    perbench: ownPart(groups),
  };
}

/** lm-eval's own rule, and then what no file system takes. */
function sanitized(model: string): string {
  return safeFileName(model.replaceAll(/["<>:/|\\?*[\]]+/gu, '__'));
}

/**
 * Results as lm-evaluation-harness keeps them: a folder for each model with `results_<time>.json` and a
 * `samples_<task>_<time>.jsonl` for each task, with its hashes. Cells without an accuracy are left out.
 */
export async function* writeLmEval(cells: readonly StoredCell[]): AsyncGenerator<FormatFile> {
  const byModel = Map.groupBy(cells.filter(hasAccuracy), ({ run, cell }) => JSON.stringify([run.id, cell.model]));
  const folderOf = fileNames(sanitized);
  for (const own of byModel.values()) {
    const [first] = own;
    if (first === undefined) continue;
    const { model } = first.cell;
    const folder = folderOf(model);
    const stamp = fileStamp(first.run.createdAtMs);
    const groups = groupsOf(own);
    for (const group of groups) {
      const name = group.name.replaceAll(/\W/gu, '_');
      yield { path: `${folder}/samples_${name}_${stamp}.jsonl`, content: sampleLines(group) };
    }
    const results = `${JSON.stringify(resultsFile(model, own, groups), undefined, 2)}\n`;
    yield { path: `${folder}/results_${stamp}.json`, content: wholeText(results) };
  }
}
