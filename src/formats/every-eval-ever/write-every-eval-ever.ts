import { createHash, hash } from 'node:crypto';
import type { Measurement } from '../../core/measurement.ts';
import { safeFileName } from '../../core/file-names.ts';
import type { Sample } from '../../core/sample.ts';
import { valueOf } from '../../scoring/scoreboard.ts';
import type { FormatFile, StoredCell } from '../format.ts';
import { datasetOf, hasAccuracy, hubDatasetOf, MetricTotals, wholeText } from '../write-parts.ts';
import { tokenUsage } from '../token-usage.ts';

/** Of the aggregate and of the samples. */
const schemaVersion = '0.3.0';

/** What was seen of the samples while they were written. */
interface Written {
  readonly totals: MetricTotals;
  readonly checksum: string;
}

/** The schema takes texts alone in its open places. */
function texts(values: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const known = Object.entries(values).filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(
    known.map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)]),
  );
}

/** `owner/name` on the hub, as the schema wants it; weights that came from elsewhere have `local` as their owner. */
function modelIdOf({ run, cell: { model } }: StoredCell): string {
  const source = run.manifest.models[model]?.source ?? '';
  const [, repository] = /^hf:([\w.-]+\/[\w.-]+)/u.exec(source) ?? [];
  if (repository !== undefined) return repository;
  return /^[\w.-]+\/[\w.-]+$/u.test(model) && !model.startsWith('.') ? model : `local/${safeFileName(model)}`;
}

/** The folder of a record, which its validator wants to the letter. */
function folderOf(stored: StoredCell): string {
  const [owner = 'local', name = 'model'] = modelIdOf(stored).split('/').map(safeFileName);
  return ['data', safeFileName(stored.cell.taskId), owner, name].join('/');
}

function evaluationId(stored: StoredCell): string {
  const { run, cell } = stored;
  return `${cell.taskId}/${modelIdOf(stored)}/${Math.floor(run.createdAtMs / 1000)}`;
}

function performanceOf({ times }: Sample): object | undefined {
  if (times === undefined) return undefined;
  const { scheduledMs, firstTokenMs, lastTokenMs } = times;
  return {
    latency_ms: Math.max(0, lastTokenMs - scheduledMs),
    ...(firstTokenMs !== undefined && {
      time_to_first_token_ms: Math.max(0, firstTokenMs - scheduledMs),
      generation_time_ms: Math.max(0, lastTokenMs - firstTokenMs),
    }),
  };
}

function choicesOf(prompt: string): readonly string[] | undefined {
  if (!prompt.startsWith('{"context":')) return undefined;
  const { continuations } = JSON.parse(prompt) as { readonly continuations?: unknown };
  return Array.isArray(continuations) && continuations.every((text) => typeof text === 'string')
    ? continuations
    : undefined;
}

/** Everything about a sample that the schema has no place for. */
function metadataOf(sample: Sample): Readonly<Record<string, string>> {
  const { position, metrics, detail, isUnparsed, isTruncated, cluster, promptSha256, times, failure } = sample;
  const { cut, thoughts, thinkingTokens } = sample;
  const verdict = { metrics, detail, isUnparsed, isTruncated, cut, thoughts, thinkingTokens, failure };
  return texts({
    perbench: { position, ...verdict, cluster, promptSha256, times },
  });
}

/** Undefined where the tokens of an answer weren't counted. */
function usageOf(sample: Sample): object | undefined {
  const counted = tokenUsage(sample);
  return counted && { ...counted, input_tokens_cache_read: sample.reusedTokens };
}

function instanceRow(stored: StoredCell, sample: Sample): object {
  const { prompt, expected, answer, output, score, failure } = sample;
  return {
    schema_version: schemaVersion,
    evaluation_id: evaluationId(stored),
    model_id: modelIdOf(stored),
    evaluation_name: stored.cell.taskId,
    sample_id: sample.itemId,
    sample_hash: hash('sha256', prompt + expected),
    interaction_type: 'single_turn',
    input: { raw: prompt, reference: [expected], choices: choicesOf(prompt) },
    output: { raw: [output] },
    answer_attribution:
      answer === undefined
        ? []
        : [
            {
              turn_idx: 0,
              source: 'output.raw',
              extracted_value: answer,
              extraction_method: 'custom',
              is_terminal: true,
            },
          ],
    evaluation: { score, is_correct: score >= 1 },
    token_usage: usageOf(sample) ?? null,
    performance: performanceOf(sample) ?? null,
    error: failure === undefined ? null : `${failure.reason}: ${failure.message}`,
    metadata: metadataOf(sample),
  };
}

async function* instanceLines(stored: StoredCell, written: (result: Written) => void): AsyncGenerator<string> {
  const totals = new MetricTotals();
  const checksum = createHash('sha256');
  for await (const sample of stored.samples()) {
    const line = `${JSON.stringify(instanceRow(stored, sample))}\n`;
    totals.add({ score: sample.score });
    checksum.update(line);
    yield line;
  }
  written({ totals, checksum: checksum.digest('hex') });
}

function sourceData(stored: StoredCell): object {
  const dataset = datasetOf(stored);
  const hub = hubDatasetOf(stored);
  if (hub === undefined) return { dataset_name: dataset, source_type: 'other' };
  return {
    dataset_name: dataset,
    source_type: 'hf_dataset',
    hf_repo: hub.id,
    hf_split: stored.task?.dataset?.split,
    samples_number: stored.cell.items,
  };
}

function uncertaintyOf(metric: string, value: Measurement | undefined, { totals }: Written): object {
  const known = value === undefined || value.status === 'unavailable' ? undefined : value;
  // Scores of samples say nothing of a macro F1.
  const error = metric === 'macro_f1' ? undefined : totals.standardError('score');
  return {
    ...(error !== undefined && { standard_error: { value: error, method: 'analytic' } }),
    ...(known?.interval !== undefined && {
      confidence_interval: {
        lower: known.interval.low,
        upper: known.interval.high,
        confidence_level: known.interval.level,
        method: known.interval.method,
      },
    }),
    num_samples: known?.n ?? 0,
  };
}

/** Kinds of metrics that are no share of right answers. */
const metricKinds: Readonly<Record<string, string>> = { macro_f1: 'f1', f1: 'f1', rouge_l: 'rouge', mean: 'score' };

/** The headline under its own name, and beside macro F1 the accuracy. */
function resultsOf(stored: StoredCell, written: Written): readonly object[] {
  const { accuracy, extra, ...performance } = stored.cell.measurements;
  const metric = stored.task?.metric ?? 'accuracy';
  // There is no place for throughput and memory.
  const details = texts({ ...performance, extra, protocol: stored.cell.protocol });
  const headline = resultOf(stored, written, metric, accuracy, details);
  const share = extra?.['acc'];
  return metric !== 'macro_f1' || share === undefined
    ? [headline]
    : [headline, resultOf(stored, written, 'acc', share, {})];
}

function resultOf(
  stored: StoredCell,
  written: Written,
  metric: string,
  value: Measurement | undefined,
  details: Readonly<Record<string, string>>,
): object {
  const { cell, task, run } = stored;
  return {
    evaluation_name: cell.taskId,
    source_data: sourceData(stored),
    evaluation_timestamp: new Date(run.createdAtMs).toISOString(),
    metric_config: {
      evaluation_description: `${task?.title ?? cell.taskId}: ${metric}`,
      metric_id: metric,
      metric_kind: metricKinds[metric] ?? 'accuracy',
      metric_unit: 'proportion',
      lower_is_better: false,
      score_type: 'continuous',
      min_score: 0,
      max_score: 1,
    },
    score_details: {
      score: valueOf(value) ?? 0,
      details,
      uncertainty: uncertaintyOf(metric, value, written),
    },
  };
}

function aggregateFile(stored: StoredCell, written: Written, instances: string): object {
  const { run, cell } = stored;
  const facts = run.manifest.models[cell.model];
  const rows = written.totals.rows('score');
  const seconds = String(Math.floor(run.createdAtMs / 1000));
  return {
    schema_version: schemaVersion,
    evaluation_id: evaluationId(stored),
    evaluation_timestamp: seconds,
    retrieved_timestamp: seconds,
    source_metadata: {
      source_name: 'perbench',
      source_type: 'evaluation_run',
      source_organization_name: 'unknown',
      evaluator_relationship: 'third_party',
    },
    eval_library: {
      name: 'perbench',
      version: run.manifest.perbenchVersion,
      additional_details: texts({ run: run.id, seed: run.manifest.seed }),
    },
    model_info: {
      name: cell.model,
      id: modelIdOf(stored),
      ...(facts?.engineBuild !== undefined && { inference_engine: { name: facts.engineBuild } }),
      additional_details: texts({
        deployment_type: 'self_deployed',
        model_availability: 'open_weights',
        source: facts?.source,
        sha256: facts?.fileSha256,
        quantisation: facts?.quantisation,
        parameters: facts?.parameters,
      }),
    },
    evaluation_results: resultsOf(stored, written),
    ...(rows > 0 && {
      detailed_evaluation_results: {
        format: 'jsonl',
        file_path: instances,
        hash_algorithm: 'sha256',
        checksum: written.checksum,
        total_rows: rows,
      },
    }),
  };
}

/** A name that is the same for the same cell, in the form of a UUID. */
function cellUuid(cellId: string): string {
  const hex = hash('sha256', cellId);
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}

/**
 * Records of Every Eval Ever (schema 0.3.0) in its own layout of folders: an aggregate and its samples for each cell
 * that has an accuracy.
 */
export async function* writeEveryEvalEver(cells: readonly StoredCell[]): AsyncGenerator<FormatFile> {
  for (const stored of cells.filter(hasAccuracy)) {
    const samples = `${folderOf(stored)}/${cellUuid(stored.cell.id)}_samples.jsonl`;
    let written: Written | undefined;
    yield {
      path: samples,
      content: instanceLines(stored, (result) => {
        written = result;
      }),
    };
    const seen = written ?? { totals: new MetricTotals(), checksum: '' };
    const aggregate = aggregateFile(stored, seen, samples);
    yield {
      path: samples.replace('_samples.jsonl', '.json'),
      content: wholeText(`${JSON.stringify(aggregate, undefined, 2)}\n`),
    };
  }
}
