import { hash } from 'node:crypto';
import * as z from 'zod';
import type { Cell } from '../core/cell.ts';
import { DataError, ImportError } from '../core/errors.ts';
import { isSystemError, systemErrorWords } from '../core/system-error.ts';
import { isTooDeep, tooDeepText } from '../core/too-deep.ts';
import type { RunRecord } from '../core/store.ts';
import { jsonText } from '../present/sanitise.ts';
import { fieldPrefix } from '../core/task.ts';
import { readBytes } from '../files/read-file.ts';
import { measurementSchema } from '../core/measurement-schema.ts';
import type { CostFacts } from '../metrics/cost-measurements.ts';
import type { TokenCounts } from '../metrics/token-counts.ts';
import { decodeText } from '../sources/datasets/decode-text.ts';
import type { CellEvidence, ItemAnswer } from '../scoring/compare-cells.ts';

/** What is recorded of a cell item by item and launch by launch. */
export type RecordedEvidence = Pick<CellEvidence, 'answers' | 'launches' | 'launchStarts' | 'latencyItems'>;

/** What prices are made of. */
export interface ExportedCosts extends CostFacts {
  readonly tokens: TokenCounts;
}

/** A cell with what a comparison is made of. */
export interface ExportedCell {
  readonly cell: Cell;
  readonly evidence: RecordedEvidence;
  /** Undefined in files of older versions. */
  readonly costs: ExportedCosts | undefined;
}

/** A run as a file holds it: what `compare`, `gate` and `cost` need, item by item and launch by launch. */
export interface ExportedRun {
  readonly run: RunRecord;
  readonly cells: readonly ExportedCell[];
}

/** Raised when a reader of an older file would misunderstand a newer one. */
const version = 1;
const exportHint = 'Export it from the store of its run: perbench export <run> --format run -o base.json';

const nothingIsUndefined = <Value>(value: Value | null): Value | undefined => value ?? undefined;
const optionalText = z.string().nullable().transform(nothingIsUndefined);

/** An answer is a list: thousands of them have the same names. */
const answerSchema = z.tuple([
  z.string().describe('item'),
  z.number().min(0).max(1).describe('score'),
  optionalText.describe('answer; null where none could be read'),
  z.string().describe('expected answer'),
  optionalText.describe('cluster; null where it is in none'),
  z.string().describe('sha256 of the prompt; empty where nothing was asked'),
]);

const launchSchema = z.object({
  unit: z.string(),
  values: z.array(z.number().positive()),
  reason: z.string().optional(),
});

/** By item, one per launch. */
const latencyItemsSchema = z.array(z.record(z.string(), z.number()));

/** By metric, in the order of the answers; null where an item has none. Beside them, as older versions don't know it. */
const itemMetricsSchema = z.record(z.string(), z.array(z.number().nullable()));

const count = z.number().min(0);

const costsSchema = z.object({
  rate: measurementSchema,
  isOffered: z.boolean(),
  devices: z.int().min(1),
  energyOf: z.string(),
  tokens: z.object({
    items: count,
    uncounted: count,
    prompt: count,
    output: count,
    promptSquares: count,
    outputSquares: count,
    products: count,
  }),
});

const cellSchema = z.looseObject({
  id: z.string(),
  runId: z.string(),
  model: z.string(),
  taskId: z.string(),
  protocol: z.enum(['serving', 'paper']),
  state: z.enum(['pending', 'running', 'done', 'failed', 'unavailable']),
  error: z.object({ code: z.string(), message: z.string(), hint: z.string().optional() }).optional(),
  measurements: z.record(z.string(), z.unknown()),
  launches: z.record(z.string(), launchSchema),
  launchStarts: z.array(z.number()).default([]),
  latencyItems: latencyItemsSchema.optional(),
  answers: z.array(answerSchema),
  itemMetrics: itemMetricsSchema.optional(),
  costs: costsSchema.optional(),
});

const fileSchema = z.object({
  schema: z.literal(`perbench-run/${version}`),
  run: z.looseObject({
    id: z.string(),
    suite: z.looseObject({ models: z.array(z.unknown()), tasks: z.array(z.unknown()) }),
    manifest: z.looseObject({
      host: z.looseObject({ gpus: z.array(z.string()), memoryBytes: z.number() }),
      models: z.record(z.string(), z.looseObject({})),
      tasks: z.record(z.string(), z.looseObject({})),
    }),
  }),
  cells: z.array(cellSchema),
  sha256: z.string(),
});

/** Of what a file says, however it is laid out: formatters and line ends change nothing. */
function contentSha256(file: Readonly<Record<string, unknown>>): string {
  const { sha256: _, ...content } = file;
  return hash('sha256', JSON.stringify(content));
}

function cellContent({ cell, evidence, costs }: ExportedCell): object {
  const { answers, launches, launchStarts, latencyItems } = evidence;
  const rows = Array.from(answers, ([itemId, { score, answer, expected, cluster, promptSha256 }]) => [
    itemId,
    score,
    answer ?? null,
    expected,
    cluster ?? null,
    promptSha256,
  ]);
  const byItem = latencyItems?.map((items) => Object.fromEntries(items));
  return {
    ...cell,
    launches,
    launchStarts,
    ...(byItem !== undefined && { latencyItems: byItem }),
    ...itemMetrics([...answers.values()]),
    ...(costs !== undefined && { costs }),
    answers: rows,
  };
}

/** Metrics of the whole answers; nothing where they aren't known. */
function itemMetrics(answers: readonly ItemAnswer[]): Pick<z.input<typeof cellSchema>, 'itemMetrics'> {
  if (answers.some(({ metrics }) => metrics === undefined)) return {};
  const names = new Set(answers.flatMap(({ metrics = {} }) => Object.keys(metrics)));
  const kept = [...names].filter((name) => !name.startsWith(fieldPrefix));
  const valuesOf = (name: string): (number | null)[] => answers.map(({ metrics = {} }) => metrics[name] ?? null);
  return { itemMetrics: Object.fromEntries(kept.map((name) => [name, valuesOf(name)])) };
}

/** The metrics of one answer; undefined where the file has none. */
function metricsAt(metrics: z.output<typeof itemMetricsSchema> | undefined, index: number): ItemAnswer['metrics'] {
  if (metrics === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(metrics).flatMap(([name, values]) => {
      const value = values[index] ?? undefined;
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** A cell on a line, and below it a line per item: what differs between two files can be read. */
function cellText({ answers, ...facts }: Readonly<Record<string, unknown>> & { readonly answers: readonly object[] }) {
  const lines = answers.map((answer) => `\n${jsonText(answer)}`);
  return `\n${jsonText(facts).slice(0, -1)},"answers":[${lines.join(',')}]}`;
}

/** The text of the file. */
export function exportedRunText({ run, cells }: ExportedRun): string {
  const { cost: _, ...facts } = run;
  const content = {
    schema: `perbench-run/${version}`,
    run: facts,
    cells: cells.map(cellContent),
  };
  // As a reader will have it.
  const written = JSON.parse(JSON.stringify(content)) as typeof content & {
    readonly cells: readonly Parameters<typeof cellText>[0][];
  };
  return [
    `{"schema":"${written.schema}",`,
    `\n"run":${jsonText(written.run)},`,
    `\n"cells":[${written.cells.map(cellText).join(',')}],`,
    `\n"sha256":"${contentSha256(written)}"}\n`,
  ].join('');
}

function parse(file: string, text: string): unknown {
  if (text.trim() === '') throw new ImportError({ file }, 'it is empty', { hint: exportHint });
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const isCut = /end of JSON|Unterminated/.test(error.message) || /^\s*\{.*[^}\s]\s*$/su.test(text);
    const what = isCut ? 'it is cut off: the JSON ends in the middle' : 'expected an exported run, this is not JSON';
    throw new ImportError({ file }, what, { cause: error, hint: exportHint });
  }
}

/** Refuses what isn't an exported run of this version, and says what it is instead. */
function requireRun(file: string, content: unknown): asserts content is Readonly<Record<string, unknown>> {
  const named = typeof content === 'object' && content !== null && 'schema' in content ? content.schema : undefined;
  const [, kind, number] = /^perbench-([a-z]+)\/(\d+)$/.exec(typeof named === 'string' ? named : '') ?? [];
  if (kind === 'run' && Number(number) === version) return;
  if (kind === 'run') {
    throw new ImportError(
      { file },
      `written by another version of perbench (${String(named)}); this one reads perbench-run/${version}`,
      {
        hint: 'Update perbench, or export the run again with this version.',
      },
    );
  }
  const what =
    kind === undefined
      ? 'expected a run that perbench exported, got other JSON'
      : `expected an exported run, got a ${kind} (${String(named)}), which lacks the answers item by item`;
  throw new ImportError({ file }, what, { hint: exportHint });
}

function problemText({ issues: [issue] }: z.ZodError): readonly [key: string, message: string] {
  return [issue?.path.join('.') ?? '', issue?.message ?? 'invalid'];
}

/**
 * Reads the text of an exported run.
 *
 * @param file its name, for messages
 * @throws {ImportError} if it is cut off, of another kind or version, or was changed
 */
export function parseExportedRun(file: string, text: string): ExportedRun {
  const content = parse(file, text);
  if (isTooDeep(content)) throw new ImportError({ file }, tooDeepText, { hint: exportHint });
  requireRun(file, content);
  if (content['sha256'] !== contentSha256(content)) {
    throw new ImportError({ file }, 'it was changed after it was exported: its checksum is another', {
      hint: exportHint,
    });
  }
  const read = fileSchema.safeParse(content);
  if (!read.success) {
    const [key, message] = problemText(read.error);
    throw new ImportError({ file, key }, message, { hint: exportHint });
  }
  // What isn't checked above was written by perbench: the checksum says so.
  const run = { ...read.data.run, cost: undefined } as unknown as RunRecord;
  const cells = read.data.cells.map(
    ({ launches, launchStarts, latencyItems, itemMetrics: byName, costs, answers, ...cell }): ExportedCell => {
      const byItem = answers.map(([itemId, score, answer, expected, cluster, promptSha256], index) => {
        const metrics = metricsAt(byName, index);
        // Prompts are not kept: they are the data set's.
        const own: ItemAnswer = { question: '', score, answer, expected, cluster, promptSha256, metrics };
        return [itemId, own] as const;
      });
      return {
        cell: cell as unknown as Cell,
        evidence: {
          answers: new Map(byItem),
          launches,
          launchStarts,
          latencyItems: latencyItems?.map((items) => new Map(Object.entries(items))),
        },
        costs: costs as ExportedCosts | undefined,
      };
    },
  );
  return { run, cells };
}

/**
 * Reads an exported run from a file.
 *
 * @param path absolute
 * @param file its name, for messages
 * @throws {ImportError} if it can't be read, or isn't an exported run
 */
export async function readExportedRun(path: string, file: string): Promise<ExportedRun> {
  try {
    return parseExportedRun(file, decodeText(await readBytes(path), file).utf8.toString('utf8'));
  } catch (error) {
    const isSystem = isSystemError(error);
    if (!isSystem && !(error instanceof DataError)) throw error;
    const what = isSystem ? systemErrorWords(error) : error.message.replace(`${file}: `, '');
    throw new ImportError({ file }, what, { cause: error, hint: exportHint });
  }
}
