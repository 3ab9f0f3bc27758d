import type { Sample } from '../core/sample.ts';
import { csvLine } from './csv-text.ts';
import type { Scalar } from './column.ts';

/** Where the samples come from; on every line, so that files can be joined. */
export interface SampleOrigin {
  readonly runId: string;
  readonly model: string;
  readonly task: string;
  readonly protocol: string;
}

/** Samples as JSON lines, whole: prompt, output, score, counts and times. One string per line. */
export async function* samplesAsJsonLines(
  samples: AsyncIterable<Sample>,
  origin: SampleOrigin,
): AsyncGenerator<string> {
  for await (const sample of samples) yield `${JSON.stringify({ ...origin, ...sample })}\n`;
}

const csvColumns: readonly (readonly [heading: string, value: (sample: Sample) => Scalar | boolean])[] = [
  ['item_id', ({ itemId }) => itemId],
  ['position', ({ position }) => position],
  ['score', ({ score }) => score],
  ['expected', ({ expected }) => expected],
  ['answer', ({ answer }) => answer],
  ['output', ({ output }) => output],
  ['is_unparsed', ({ isUnparsed }) => isUnparsed],
  ['is_truncated', ({ isTruncated }) => isTruncated],
  ['failure', ({ failure }) => failure && `${failure.reason}: ${failure.message}`],
  ['cluster', ({ cluster }) => cluster],
  ['prompt_tokens', ({ promptTokens }) => promptTokens],
  ['reused_tokens', ({ reusedTokens }) => reusedTokens],
  ['output_tokens', ({ outputTokens }) => outputTokens],
  ['scheduled_ms', ({ times }) => times?.scheduledMs],
  ['started_ms', ({ times }) => times?.startedMs],
  ['first_token_ms', ({ times }) => times?.firstTokenMs],
  ['last_token_ms', ({ times }) => times?.lastTokenMs],
  ['prompt_sha256', ({ promptSha256 }) => promptSha256],
  ['prompt', ({ prompt }) => prompt],
];

/** Samples as CSV, a heading first, then one string per line. */
export async function* samplesAsCsv(samples: AsyncIterable<Sample>, origin: SampleOrigin): AsyncGenerator<string> {
  const { runId, model, task, protocol } = origin;
  yield csvLine(['run_id', 'model', 'task', 'protocol', ...csvColumns.map(([heading]) => heading)]);
  for await (const sample of samples) {
    yield csvLine([runId, model, task, protocol, ...csvColumns.map(([, value]) => value(sample))]);
  }
}
