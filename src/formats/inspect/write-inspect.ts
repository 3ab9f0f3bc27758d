import { hash } from 'node:crypto';
import { fileNames, safeFileName } from '../../core/file-names.ts';
import type { Sample } from '../../core/sample.ts';
import { valueOf } from '../../scoring/scoreboard.ts';
import type { FormatFile, StoredCell } from '../format.ts';
import { fileStamp, hasAccuracy, MetricTotals, taskVersion } from '../write-parts.ts';
import { type ZipMember, zipOf } from '../zip.ts';
import { tokenUsage } from '../token-usage.ts';

/** Name of the scorer under which perbench's score stands. */
const scorer = 'perbench';

interface Log {
  readonly stored: StoredCell;
  readonly evalId: string;
  readonly startedAt: string;
}

/** Absent where the tokens of an answer weren't counted. */
function usageOf(sample: Sample): object | undefined {
  const { reusedTokens } = sample;
  const counted = tokenUsage(sample);
  return counted && { ...counted, ...(reusedTokens > 0 && { input_tokens_cache_read: reusedTokens }) };
}

function scoresOf(sample: Sample): object {
  const { score, answer, metrics, detail, isUnparsed, promptSha256, cluster, failure } = sample;
  const { cut, thoughts, thinkingTokens } = sample;
  const metadata = { metrics, detail, isUnparsed, cut, thoughts, thinkingTokens, promptSha256, cluster, failure };
  return { [scorer]: { value: score, answer, metadata } };
}

function logSample(sample: Sample, model: string): object {
  const { times, isTruncated, cut, output, failure } = sample;
  const totalSeconds = times === undefined ? undefined : (times.lastTokenMs - times.scheduledMs) / 1000;
  const isLimited = isTruncated || cut === 'budget_cut';
  const stop = cut === 'content_filter' ? cut : isLimited ? 'max_tokens' : 'stop';
  return {
    id: sample.itemId,
    epoch: 1,
    input: sample.prompt,
    target: sample.expected,
    messages: [
      { role: 'user', content: sample.prompt },
      { role: 'assistant', content: output, source: 'generate', model },
    ],
    output: {
      model,
      choices: [{ message: { role: 'assistant', content: output, source: 'generate', model }, stop_reason: stop }],
      completion: output,
      usage: usageOf(sample),
      time: totalSeconds,
    },
    scores: scoresOf(sample),
    metadata: { position: sample.position, raw: sample.raw, times },
    store: {},
    events: [],
    model_usage: { [model]: usageOf(sample) },
    attachments: {},
    total_time: totalSeconds,
    working_time: totalSeconds,
    ...(failure !== undefined && {
      error: { message: `${failure.reason}: ${failure.message}`, traceback: '', traceback_ansi: '' },
    }),
  };
}

function evalSpec({ stored, evalId, startedAt }: Log): object {
  const { run, cell, task } = stored;
  const facts = run.manifest.models[cell.model];
  return {
    eval_id: evalId,
    run_id: run.id,
    created: startedAt,
    task: cell.taskId,
    task_id: evalId,
    task_version: taskVersion(cell.taskId),
    task_attribs: task === undefined ? {} : { title: task.title },
    task_args: {},
    dataset: { name: task?.dataset?.name ?? cell.taskId, samples: cell.items, shuffled: false },
    model: cell.model,
    model_generate_config: {},
    model_args: { source: facts?.source ?? cell.model, sha256: facts?.fileSha256, quantisation: facts?.quantisation },
    config: run.suite.limit === undefined ? {} : { limit: run.suite.limit },
    packages: { perbench: run.manifest.perbenchVersion },
    metadata: { protocol: cell.protocol, seed: run.manifest.seed, measurements: cell.measurements },
  };
}

const planOf = { name: 'plan', steps: [], config: {} } as const;

/** Headlines that aren't the share of right answers, which Inspect calls accuracy. */
const gradedMetrics: ReadonlySet<string> = new Set(['macro_f1', 'mean', 'f1', 'rouge_l']);

function resultsOf({ stored }: Log, totals: MetricTotals): object {
  const { cell, task } = stored;
  const headline = task !== undefined && gradedMetrics.has(task.metric) ? task.metric : 'accuracy';
  const error = totals.standardError('score');
  const { accuracy, extra = {} } = cell.measurements;
  const metrics = [[headline, accuracy] as const, ...Object.entries(extra)].flatMap(([metric, measurement]) => {
    const value = valueOf(measurement);
    const name = metric === 'acc' && headline === 'macro_f1' ? 'accuracy' : metric;
    return value === undefined ? [] : [[name, { name, value, params: {} }] as const];
  });
  // Samples are right or wrong: their error is that of the accuracy, of no macro F1.
  const stderr = error === undefined ? [] : [['stderr', { name: 'stderr', value: error, params: {} }] as const];
  return {
    total_samples: cell.items,
    completed_samples: totals.rows('score') || cell.items,
    scores: [
      {
        name: scorer,
        scorer,
        params: {},
        metrics: Object.fromEntries([...metrics, ...stderr]),
      },
    ],
  };
}

function member(path: string, value: unknown): ZipMember {
  return { path, text: JSON.stringify(value) };
}

/** Each sample in a member of its own, then what is known of all of them. */
async function* logMembers(log: Log): AsyncGenerator<ZipMember> {
  const { run, cell, samples } = log.stored;
  yield member('_journal/start.json', { version: 2, eval: evalSpec(log), plan: planOf });
  const summaries: object[] = [];
  const totals = new MetricTotals();
  // A slash in an id would be a folder.
  const nameOf = fileNames();
  const usage = { input_tokens: 0, output_tokens: 0, total_tokens: 0 };
  for await (const sample of samples()) {
    totals.add({ score: sample.score });
    const { promptTokens = 0, outputTokens = 0 } = sample;
    usage.input_tokens += promptTokens;
    usage.output_tokens += outputTokens;
    usage.total_tokens += promptTokens + outputTokens;
    const { itemId: id, prompt, expected } = sample;
    summaries.push({
      id,
      epoch: 1,
      input: prompt.slice(0, 200),
      target: expected,
      scores: scoresOf(sample),
      completed: true,
    });
    yield member(`samples/${nameOf(id)}_epoch_1.json`, logSample(sample, cell.model));
  }
  yield member('summaries.json', summaries);
  const endedAt = new Date(run.createdAtMs + (run.cost?.wallMs ?? 0)).toISOString();
  yield member('header.json', {
    version: 2,
    status: 'success',
    eval: evalSpec(log),
    plan: planOf,
    results: resultsOf(log, totals),
    stats: { started_at: log.startedAt, completed_at: endedAt, model_usage: { [cell.model]: usage } },
  });
}

/** Logs of Inspect, one deflated `.eval` for each cell that has an accuracy. */
export async function* writeInspect(cells: readonly StoredCell[]): AsyncGenerator<FormatFile> {
  for (const stored of cells.filter(hasAccuracy)) {
    const { run, cell } = stored;
    const evalId = hash('sha256', cell.id).slice(0, 22);
    const startedAt = new Date(run.createdAtMs).toISOString();
    const stamp = fileStamp(run.createdAtMs).slice(0, 19);
    const name = [stamp, safeFileName(cell.taskId), safeFileName(cell.model), evalId.slice(0, 8)].join('_');
    yield { path: `${name}.eval`, content: zipOf(logMembers({ stored, evalId, startedAt }), run.createdAtMs) };
  }
}
