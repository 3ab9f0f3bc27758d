import type { Sample } from '../core/sample.ts';
import type { Scalar } from './column.ts';
import type { ParquetType } from './parquet-stream.ts';

/** Where the samples come from; on every line, so that files can be joined. */
export interface SampleOrigin {
  readonly runId: string;
  readonly model: string;
  readonly task: string;
  readonly protocol: string;
}

/** One sample with where it comes from. */
export interface SampleRow {
  readonly origin: SampleOrigin;
  readonly sample: Sample;
}

export interface SampleColumn {
  readonly name: string;
  readonly type: ParquetType;
  readonly value: (row: SampleRow) => Scalar | boolean;
}

function ofOrigin(name: string, value: (origin: SampleOrigin) => string): SampleColumn {
  return { name, type: 'STRING', value: ({ origin }) => value(origin) };
}

function ofSample(name: string, type: ParquetType, value: (sample: Sample) => Scalar | boolean): SampleColumn {
  return { name, type, value: ({ sample }) => value(sample) };
}

/** Columns of sample tables, the same in CSV and Parquet. */
export const sampleColumns: readonly SampleColumn[] = [
  ofOrigin('run_id', ({ runId }) => runId),
  ofOrigin('model', ({ model }) => model),
  ofOrigin('task', ({ task }) => task),
  ofOrigin('protocol', ({ protocol }) => protocol),
  ofSample('item_id', 'STRING', ({ itemId }) => itemId),
  ofSample('position', 'INT32', ({ position }) => position),
  ofSample('score', 'DOUBLE', ({ score }) => score),
  ofSample('expected', 'STRING', ({ expected }) => expected),
  ofSample('answer', 'STRING', ({ answer }) => answer),
  ofSample('output', 'STRING', ({ output }) => output),
  ofSample('is_unparsed', 'BOOLEAN', ({ isUnparsed }) => isUnparsed),
  ofSample('is_truncated', 'BOOLEAN', ({ isTruncated }) => isTruncated),
  ofSample('failure', 'STRING', ({ failure }) => failure && `${failure.reason}: ${failure.message}`),
  ofSample('cluster', 'STRING', ({ cluster }) => cluster),
  ofSample('prompt_tokens', 'INT32', ({ promptTokens }) => promptTokens),
  ofSample('reused_tokens', 'INT32', ({ reusedTokens }) => reusedTokens),
  ofSample('output_tokens', 'INT32', ({ outputTokens }) => outputTokens),
  ofSample('scheduled_ms', 'DOUBLE', ({ times }) => times?.scheduledMs),
  ofSample('started_ms', 'DOUBLE', ({ times }) => times?.startedMs),
  ofSample('first_token_ms', 'DOUBLE', ({ times }) => times?.firstTokenMs),
  ofSample('last_token_ms', 'DOUBLE', ({ times }) => times?.lastTokenMs),
  ofSample('prompt_sha256', 'STRING', ({ promptSha256 }) => promptSha256),
  ofSample('prompt', 'STRING', ({ prompt }) => prompt),
];
