import type { PaperAudit } from '../../stats/paper/audit-paper.ts';
import { csvLine } from '../csv-text.ts';

const schema = 'perbench-paper/1';
const units = { generation: ['tokens/s', 'ms/token'], classification: ['samples/s', 'ms/sample'] } as const;

/** The recomputed tables as CSV, a line per model and task; `perbench score` reads it. */
export function paperTablesCsv({ recomputed }: PaperAudit): string {
  const heading = [
    'task',
    'model',
    'parameters_billions',
    'accuracy',
    'throughput',
    'throughput_unit',
    'latency',
    'latency_unit',
    'memory_mib',
    'per_published',
    'per_recomputed',
    'per_difference',
    'per_rounding_low',
    'per_rounding_high',
    'per_explanation',
  ];
  const lines = recomputed.map(({ row, per, difference, range, reason }) => {
    const [throughputUnit, latencyUnit] = units[row.kind];
    const { task, model, billions, accuracy, throughput, latency, memory, published } = row;
    return [
      task,
      model,
      billions,
      accuracy,
      throughput,
      throughputUnit,
      latency,
      latencyUnit,
      memory,
      published,
      per,
      difference,
      range.low,
      range.high,
      reason?.text,
    ];
  });
  return [heading, ...lines].map(csvLine).join('');
}

/** The audited claims as CSV, a line each. */
export function paperClaimsCsv({ claims }: PaperAudit): string {
  const lines = claims.map(({ id, where, says, numbers, verdict, ours, difference, figures }) => [
    id,
    where,
    says,
    JSON.stringify(numbers),
    verdict,
    ours,
    difference,
    JSON.stringify(figures),
  ]);
  return [['id', 'section', 'claim', 'numbers', 'verdict', 'ours', 'difference', 'figures'], ...lines]
    .map(csvLine)
    .join('');
}

/** Everything as JSON. */
export function paperJson({ recomputed, claims, scaling }: PaperAudit): string {
  return `${JSON.stringify({ schema, tables: recomputed, claims, scaling }, undefined, 2)}\n`;
}
