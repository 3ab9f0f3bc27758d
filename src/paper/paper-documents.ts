import type { AuditedClaim, PaperAudit } from './audit-paper.ts';
import type { Verdict } from './claim.ts';
import { taskTitle } from './paper-table.ts';
import { perTolerance, type RecomputedPer } from './recomputed-per.ts';
import { csvLine } from '../exporters/csv.ts';

/** The paper's two tables, each with the tasks that it has. */
export const paperTables = [
  { title: 'Table 1: generation tasks', tasks: ['gsm8k', 'squad2'] },
  { title: 'Table 2: classification tasks', tasks: ['hellaswag', 'imdb', 'arc_easy'] },
] as const;

/** Recomputed PER and its distance from the published one: `0.662 +0.000`. */
export function perText({ per, difference }: RecomputedPer): string {
  const size = Math.abs(difference).toFixed(3);
  const sign = difference < 0 && Number(size) > 0 ? '−' : '+';
  return `${per.toFixed(3)} ${sign}${size}`;
}

/** One cell of the recomputed tables; undefined where a table lacks the model. */
export function recomputedCell({ recomputed }: PaperAudit, task: string, model: string): RecomputedPer | undefined {
  return recomputed.find(({ row }) => row.task === task && row.model === model);
}

/** `75 of 80 values are within 0.02 of the published ones, 77 within what rounding allows.` */
export function recomputedSummary({ recomputed }: PaperAudit): string {
  const near = recomputed.filter(({ reason }) => reason === undefined).length;
  const rounded = recomputed.filter(({ isWithinRounding }) => isWithinRounding).length;
  return `${near} of ${recomputed.length} values are within ${perTolerance} of the published ones, ${rounded} within what the printed digits allow.`;
}

/** Differences that need a reason, each with it. */
export function explanations({ recomputed }: PaperAudit): readonly string[] {
  return recomputed.flatMap(({ row, per, reason }) =>
    reason === undefined
      ? []
      : [
          `${taskTitle(row.task)} ${row.model}: published ${row.published}, recomputed ${per.toFixed(3)}: ${reason.text}`,
        ],
  );
}

const verdicts: readonly Verdict[] = ['holds', 'holds in part', 'fails', 'not checkable'];

/** `17 hold, 13 hold in part, ...` of all claims. */
export function verdictSummary(claims: readonly AuditedClaim[]): string {
  const counts = verdicts.map(
    (verdict) => [verdict, claims.filter((claim) => claim.verdict === verdict).length] as const,
  );
  const parts = counts.filter(([, count]) => count > 0).map(([verdict, count]) => `${verdict} ${count}`);
  return `${claims.length} claims: ${parts.join(', ')}.`;
}

/** Rows of the table of scaling regimes, headings first. */
export function scalingRows({ scaling }: PaperAudit): readonly (readonly string[])[] {
  return [
    ['Task', 'Regime', 'Smallest', 'Best', 'Gain to 8B', 'Above 8B', 'First within 0.02', 'tau-b'],
    ...scaling.map(({ task, regime, smallest, best, gainUpTo8B, gainAbove8B, saturation, tau }) => [
      taskTitle(task),
      regime,
      smallest.accuracy.toFixed(2),
      `${best.accuracy.toFixed(2)} (${best.model})`,
      gainUpTo8B.toFixed(2),
      gainAbove8B.toFixed(2),
      saturation.model,
      tau.toFixed(2).replace('-', '−'),
    ]),
  ];
}

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

function table(rows: readonly (readonly string[])[], align: (column: number) => 'left' | 'right'): string {
  const [heading = [], ...body] = rows.map((cells) => cells.map((cell) => cell.replaceAll('|', String.raw`\|`)));
  const rule = heading.map((_, column) => (align(column) === 'left' ? '---' : '---:'));
  return [heading, rule, ...body].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

function perTable(audit: PaperAudit, tasks: readonly string[]): string {
  const heading = ['Model', ...tasks.flatMap((task) => [`${taskTitle(task)} PER`, 'recomputed', 'difference'])];
  const rows = audit.table.models.map((model) => [
    model,
    ...tasks.flatMap((task) => {
      const cell = recomputedCell(audit, task, model);
      if (cell === undefined) return ['–', '–', '–'];
      const [per = '', difference = ''] = perText(cell).split(' ');
      return [String(cell.row.published), per, cell.reason === undefined ? difference : `**${difference}**`];
    }),
  ]);
  return table([heading, ...rows], (column) => (column === 0 ? 'left' : 'right'));
}

/** The audit as a Markdown page. */
export function paperMarkdown(audit: PaperAudit): string {
  const claims = audit.claims.map(({ where, says, verdict, ours, difference }) => [
    where,
    says,
    verdict,
    ours,
    difference,
  ]);
  return [
    '# The paper, recomputed from its published numbers\n',
    ...paperTables.map(({ title, tasks }) => `## ${title}\n\n${perTable(audit, tasks)}`),
    `${recomputedSummary(audit)}\n`,
    explanations(audit)
      .map((text) => `- ${text}\n`)
      .join(''),
    `## Scaling\n\n${table(scalingRows(audit), (column) => (column < 2 ? 'left' : 'right'))}`,
    `## Claims\n\n${verdictSummary(audit.claims)}\n\n${table([['Section', 'Claim', 'Verdict', 'Its tables say', 'By how much'], ...claims], () => 'left')}`,
  ].join('\n');
}
