import type { Sample } from '../../core/sample.ts';
import { fileHead, fileMentions, firstJsonLine } from '../foreign-text.ts';
import type { ForeignFile, ImportedCell, ImportOptions, Imported } from '../format.ts';
import { publishedRatio } from '../published.ts';
import { readResults, type ResultsFile } from './read-results.ts';
import { readSamples, sampleOf, type SamplesFile } from './read-samples.ts';
import { tasksOfResult } from './task-names.ts';

function isSamplesFile(file: ForeignFile): boolean {
  if (!file.name.endsWith('.jsonl')) return false;
  const line = firstJsonLine(file);
  return line !== undefined && 'doc_id' in line && 'resps' in line;
}

export function acceptsLmEval(file: ForeignFile): boolean {
  if (isSamplesFile(file)) return true;
  if (!file.name.endsWith('.json')) return false;
  if (/^\s*\{\s*"results"\s*:\s*\{/u.test(fileHead(file))) return true;
  // Somebody else may have ordered the keys anew.
  return (
    /^\s*\{/u.test(fileHead(file, 100)) &&
    ['"results"', '"lm_eval_version"', '"n-shot"'].every((word) => fileMentions(file, word))
  );
}

/** `samples_` files write every character outside words as `_`. */
function fileTask(name: string): string {
  return name.replaceAll(/\W/gu, '_');
}

function stampOf({ name }: ResultsFile): string {
  return /_(\d{4}-\d\d-\d\dT[^/\\]*)\.json$/u.exec(name)?.[1] ?? '';
}

function folderOf(name: string): string {
  return name.slice(0, Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
}

/** The rows that belong to a results file: same task and same time, in the same folder where there are several. */
function samplesOf(results: ResultsFile, files: readonly SamplesFile[], task: string): SamplesFile | undefined {
  const own = files.filter((file) => file.task === fileTask(task) && file.stamp === stampOf(results));
  return own.find(({ name }) => folderOf(name) === folderOf(results.name)) ?? (own.length === 1 ? own[0] : undefined);
}

function hashNotes(results: ResultsFile | undefined, file: SamplesFile, task: string): readonly string[] {
  const notes: string[] = [];
  const stated = results?.taskHashes[task];
  if (stated !== undefined && file.taskHash !== undefined && stated !== file.taskHash) {
    notes.push(`${file.name}: its rows are not those that ${results?.name} was computed from (task_hashes differ)`);
  }
  if (file.changedPrompts > 0) {
    notes.push(`${file.name}: ${file.changedPrompts} of ${file.lines.length} prompts don't match their hashes`);
  }
  return notes;
}

function samplesUnder(file: SamplesFile, task: Parameters<typeof sampleOf>[1]): readonly Sample[] {
  const own = file.lines.filter(({ filter }) => filter === task.filter);
  return own.map((line) => sampleOf(line, task)).filter((sample) => sample !== undefined);
}

function cellsOfResults(results: ResultsFile, files: readonly SamplesFile[], notes: string[]): readonly ImportedCell[] {
  return results.results.map(({ task, items, measurements }) => {
    const file = samplesOf(results, files, task.name);
    if (file !== undefined) notes.push(...hashNotes(results, file, task.name));
    const samples = file === undefined ? [] : samplesUnder(file, task);
    if (file !== undefined && samples.length === 0) {
      notes.push(`${file.name}: its rows have no scores; only the totals were read`);
    }
    return { model: results.model, taskId: task.taskId, items, measurements, samples, from: results.name };
  });
}

/** A file of samples without its results: the accuracy is the mean of the rows. */
function cellsOfSamples(file: SamplesFile, options: ImportOptions, notes: string[]): readonly ImportedCell[] {
  const [first] = file.lines;
  const metrics = Object.entries(first ?? {})
    .filter(([, value]) => typeof value === 'number')
    .map(([name]) => name);
  const filters = [...new Set(file.lines.map(({ filter }) => filter))];
  const keys = filters.flatMap((filter) =>
    metrics.filter((name) => name !== 'doc_id').map((name) => `${name},${filter}`),
  );
  const model =
    folderOf(file.name)
      .split(/[/\\]/u)
      .findLast((part) => part !== '' && part !== '.') ?? 'unknown model';
  notes.push(`${file.name}: has no results file; the model name "${model}" is that of its folder`);
  notes.push(...hashNotes(undefined, file, file.task));
  return tasksOfResult({ name: file.task, version: undefined, shots: undefined }, keys, options.metric).flatMap(
    (task) => {
      const samples = samplesUnder(file, task);
      if (samples.length === 0) return [];
      const value = samples.reduce((sum, { score }) => sum + score, 0) / samples.length;
      const isShare = samples.every(({ score }) => score === 0 || score === 1);
      const accuracy = publishedRatio({ value: Math.min(1, value), items: samples.length, isShare });
      return [
        { model, taskId: task.taskId, items: samples.length, measurements: { accuracy }, samples, from: file.name },
      ];
    },
  );
}

/** The newest result of each model and task: lm-eval writes a new file at every run. */
function newest(results: readonly ResultsFile[]): readonly ResultsFile[] {
  return results.toSorted((left, right) => (left.createdAtMs ?? 0) - (right.createdAtMs ?? 0));
}

/**
 * Results and samples of lm-evaluation-harness. Where several results have the same model and task, the last one counts.
 *
 * @throws {ImportError} if a file isn't what lm-eval writes
 */
export function readLmEval(files: readonly ForeignFile[], options: ImportOptions): Imported {
  const sampleFiles = files.filter(isSamplesFile).map(readSamples);
  const results = newest(files.filter((file) => !isSamplesFile(file)).map((file) => readResults(file, options)));
  const notes = results.flatMap((file) => file.notes);
  const used = new Set(
    results.flatMap((file) => file.results.map(({ task }) => samplesOf(file, sampleFiles, task.name))),
  );
  const alone = sampleFiles.filter((file) => !used.has(file));
  const cells = [
    ...alone.flatMap((file) => cellsOfSamples(file, options, notes)),
    ...results.flatMap((file) => cellsOfResults(file, sampleFiles, notes)),
  ];
  const last = new Map(cells.map((cell) => [JSON.stringify([cell.model, cell.taskId]), cell]));
  if (last.size < cells.length)
    notes.push(`${cells.length - last.size} older results of the same model and task were left out`);
  return {
    tool: results.at(-1)?.tool ?? 'lm-eval',
    createdAtMs: results.at(-1)?.createdAtMs,
    cells: [...last.values()],
    notes: [...new Set(notes)],
  };
}
