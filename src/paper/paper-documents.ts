import { accuracyBySize } from '../page/charts/accuracy-by-size.ts';
import { printedOptions, type Figure } from '../page/figures/render-svg.ts';
import { csvText } from '../present/csv.ts';
import { records, type RecordColumn } from '../present/document.ts';
import type { AuditedClaim, PaperAudit } from './audit-paper.ts';
import { signed, type Verdict } from './claim.ts';
import { taskRows, taskTitle, type PaperTable } from './paper-table.ts';
import { perTolerance, type RecomputedPer } from './recomputed-per.ts';

/** The paper's two tables, each with the tasks that it has. */
export const paperTables = [
  { title: 'Table 1: generation tasks', tasks: ['gsm8k', 'squad2'] },
  { title: 'Table 2: classification tasks', tasks: ['hellaswag', 'imdb', 'arc_easy'] },
] as const;

function differenceText({ difference }: RecomputedPer): string {
  // What rounds to nothing has no sign of its own.
  return signed(Math.abs(difference) < 0.0005 ? 0 : difference, 3);
}

/** Recomputed PER and its distance from the published one: `0.662 +0.000`. */
export function perText(cell: RecomputedPer): string {
  return `${cell.per.toFixed(3)} ${differenceText(cell)}`;
}

/** One cell of the recomputed tables; undefined where a table lacks the model. */
export function recomputedCell({ recomputed }: PaperAudit, task: string, model: string): RecomputedPer | undefined {
  return recomputed.find(({ row }) => row.task === task && row.model === model);
}

/** `75 of 80 values are within 0.02 of the published ones, 77 within what rounding allows.` */
export function recomputedSummary({ recomputed }: PaperAudit): string {
  const near = recomputed.filter(({ reason }) => reason === undefined).length;
  const rounded = recomputed.filter(({ isWithinRounding }) => isWithinRounding).length;
  return `${near} of ${recomputed.length} values are within ${perTolerance} of the published ones, ${rounded} within the rounding of the printed digits.`;
}

/** The differences that need a reason, each with it. */
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

const tableColumns: readonly RecordColumn<[RecomputedPer]>[] = [
  ['task', ({ row }) => row.task],
  ['model', ({ row }) => row.model],
  ['parameters_billions', ({ row }) => row.billions],
  ['accuracy', ({ row }) => row.accuracy],
  ['throughput', ({ row }) => row.throughput],
  ['throughput_unit', ({ row }) => units[row.kind][0]],
  ['latency', ({ row }) => row.latency],
  ['latency_unit', ({ row }) => units[row.kind][1]],
  ['memory_mib', ({ row }) => row.memory],
  ['per_published', ({ row }) => row.published],
  ['per_recomputed', ({ per }) => per],
  ['per_difference', ({ difference }) => difference],
  ['per_rounding_low', ({ range }) => range.low],
  ['per_rounding_high', ({ range }) => range.high],
  ['per_explanation', ({ reason }) => reason?.text],
];

/** The recomputed tables as CSV, a line per model and task; `perbench score` reads it. */
export function paperTablesCsv({ recomputed }: PaperAudit): string {
  return csvText(
    records(
      tableColumns,
      recomputed.map((cell) => [cell]),
    ),
  );
}

const claimColumns: readonly RecordColumn<[AuditedClaim]>[] = [
  ['id', ({ id }) => id],
  ['section', ({ where }) => where],
  ['claim', ({ says }) => says],
  ['numbers', ({ numbers }) => JSON.stringify(numbers)],
  ['verdict', ({ verdict }) => verdict],
  ['ours', ({ ours }) => ours],
  ['difference', ({ difference }) => difference],
  ['figures', ({ figures }) => JSON.stringify(figures)],
];

/** The audited claims as CSV, a line each. */
export function paperClaimsCsv({ claims }: PaperAudit): string {
  return csvText(
    records(
      claimColumns,
      claims.map((claim) => [claim]),
    ),
  );
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
      const difference = differenceText(cell);
      const marked = cell.reason === undefined ? difference : `**${difference}**`;
      return [String(cell.row.published), cell.per.toFixed(3), marked];
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
    `## Claims\n\n${verdictSummary(audit.claims)}\n\n${table([['Section', 'Claim', 'Verdict', 'Tables', 'Difference'], ...claims], () => 'left')}`,
  ].join('\n');
}

/** The paper's Figure 1 from its tables: accuracy on all tasks, here against model size. */
export function paperFigure(paper: PaperTable, widthMm: number): Figure {
  const title = 'Figure 1: model accuracy across all tasks';
  const series = paper.tasks.map((task) => ({
    task: taskTitle(task),
    points: taskRows(paper, task).map(({ model, billions, accuracy }) => ({
      model,
      parameters: billions * 1e9,
      accuracy,
      bounds: undefined,
    })),
  }));
  return { name: 'figure-1', title, chart: accuracyBySize({ title, series }, printedOptions(widthMm, 'figure-1')) };
}
