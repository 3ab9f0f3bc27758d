import type { BoundedEstimate, LossRecord, LossSource } from '../core/loss.ts';
import type { AnswerFlips } from '../scoring/answer-flips.ts';
import {
  type Block,
  type Cell,
  type Column,
  column,
  createDocument,
  type Document,
  endColumns,
  intervalParts,
  line,
  listBlock,
  numberCell,
  type RecordColumn,
  records,
  row,
  table,
  tableBlock,
  textBlock,
} from './document.ts';

/** The loss of one model on one source. */
export interface LossRow {
  readonly record: LossRecord;
  /** What became of the stored answers; undefined where there are none of both. */
  readonly flips: AnswerFlips | undefined;
  /** Of the accuracy, paired. */
  readonly change: BoundedEstimate | undefined;
}

export interface UnavailableLoss {
  readonly model: string;
  readonly base: string;
  readonly source: LossSource;
  readonly reason: string;
}

/** How far models are from a base. */
export interface LossTable {
  readonly base: string;
  readonly rows: readonly LossRow[];
  readonly unavailable: readonly UnavailableLoss[];
  /** What was left out, one sentence each. */
  readonly notes: readonly string[];
  /** Undefined where no run keeps it. */
  readonly runId?: string;
}

/** Raised when a reader of an older file would misunderstand a newer one. */
const schema = 'perbench-loss/1';

function lossSourceText(source: LossSource): string {
  return source.kind === 'task' ? source.taskId : source.name;
}

function intervalCell(estimate: BoundedEstimate, decimals: number): Cell {
  return numberCell(estimate.value, decimals, intervalParts(estimate));
}

/** So many decimals that the first two digits of a divergence are seen; 0 is exact. */
function divergenceDecimals(value: number): number {
  return value > 0 ? Math.min(9, Math.max(4, 1 - Math.floor(Math.log10(value)))) : 4;
}

interface LossColumn {
  readonly column: Column;
  readonly cell: (row: LossRow) => Cell;
}

function lossColumn(
  heading: string,
  priority: number,
  inPaper: Column['inPaper'],
  cell: LossColumn['cell'],
): LossColumn {
  return { column: { ...column(heading, 'right'), priority, inPaper }, cell };
}

const columns: readonly LossColumn[] = [
  {
    column: { ...column('model'), isName: true, inPaper: 'plain' },
    cell: ({ record }) => record.model,
  },
  {
    column: { ...column('on'), inPaper: 'plain' },
    cell: ({ record }) => lossSourceText(record.source),
  },
  lossColumn('tokens', 6, undefined, ({ record }) => numberCell(record.tokens, 0, { isGrouped: true })),
  lossColumn('KL mean', 0, 'lowest', ({ record: { klDivergence } }) =>
    intervalCell(klDivergence, divergenceDecimals(klDivergence.value)),
  ),
  lossColumn('median', 5, undefined, ({ record }) => numberCell(record.klMedian, divergenceDecimals(record.klMedian))),
  lossColumn('p99', 3, 'lowest', ({ record }) => numberCell(record.klP99, divergenceDecimals(record.klP99))),
  lossColumn('max', 7, undefined, ({ record }) => numberCell(record.klMax, divergenceDecimals(record.klMax))),
  lossColumn('same top token', 1, 'highest', ({ record }) => intervalCell(record.topAgreement, 4)),
  lossColumn('PPL base', 8, undefined, ({ record }) => numberCell(record.basePerplexity, 4)),
  lossColumn('PPL', 4, undefined, ({ record }) => numberCell(record.perplexity, 4)),
  lossColumn('PPL ratio', 2, 'lowest', ({ record }) => intervalCell(record.perplexityRatio, 4)),
  lossColumn('right to wrong', 2, undefined, ({ flips }) => numberCell(flips?.lost.count, 0)),
  lossColumn('wrong to right', 2, undefined, ({ flips }) => numberCell(flips?.gained.count, 0)),
  lossColumn('accuracy change', 3, undefined, ({ change }) => (change === undefined ? '' : intervalCell(change, 3))),
];

function unavailableText({ model, source, reason }: UnavailableLoss): string {
  return `! ${model} on ${lossSourceText(source)}: unavailable: ${reason}`;
}

const legend =
  'KL: Kullback-Leibler divergence of the next-token distribution from that of the base, in nats. PPL: perplexity of the same tokens. Intervals: 95 %, over prompts or chunks; tokens of one are taken as dependent.';

const flipsLegend = 'right to wrong, wrong to right, accuracy change: of all stored answers of both, against the base.';

/** The tables and sentences of losses, without a title. */
function lossBlocks({ rows, unavailable, notes }: LossTable): readonly Block[] {
  const legends =
    rows.length === 0 ? [] : [legend, ...(rows.some(({ flips }) => flips !== undefined) ? [flipsLegend] : [])];
  const shown = table(
    columns.map((own) => own.column),
    rows.map((own) => row(columns.map(({ cell }) => cell(own)))),
  );
  return [
    ...(rows.length === 0 ? [] : [tableBlock(shown)]),
    ...listBlock([
      ...unavailable.map((own) => line(unavailableText(own), 'doubtful')),
      ...[...notes, ...legends].map((text) => line(text, 'muted')),
    ]),
  ];
}

const recordColumns: readonly RecordColumn<[LossRow]>[] = [
  ['model', ({ record }) => record.model],
  ['base', ({ record }) => record.base],
  ['on', ({ record }) => lossSourceText(record.source)],
  ['texts', ({ record }) => record.texts],
  ['tokens', ({ record }) => record.tokens],
  ...endColumns<[LossRow]>('kl_mean', ({ record }) => record.klDivergence),
  ['kl_median', ({ record }) => record.klMedian],
  ['kl_p99', ({ record }) => record.klP99],
  ['kl_max', ({ record }) => record.klMax],
  ...endColumns<[LossRow]>('same_top', ({ record }) => record.topAgreement),
  ['base_perplexity', ({ record }) => record.basePerplexity],
  ['perplexity', ({ record }) => record.perplexity],
  ...endColumns<[LossRow]>('perplexity_ratio', ({ record }) => record.perplexityRatio),
  ['answers', ({ flips }) => flips?.items],
  ['right_to_wrong', ({ flips }) => flips?.lost.count],
  ['wrong_to_right', ({ flips }) => flips?.gained.count],
  ...endColumns<[LossRow]>('accuracy_change', ({ change }) => change),
];

/** Losses of models against a base: a line per model and source. */
export function lossDocument(losses: LossTable): Document {
  const { base, rows, runId } = losses;
  const title = `loss against ${base}${runId === undefined ? '' : `, run ${runId}`}`;
  const blocks = lossBlocks(losses);
  return createDocument({
    schema,
    title: `perbench ${title}`,
    verdict: title,
    screen: [textBlock(title, 'heading'), ...blocks],
    page: [{ kind: 'heading', text: title, level: 3, tone: 'title' }, ...blocks],
    records: records(
      recordColumns,
      rows.map((own) => [own]),
    ),
    data: { schema, ...losses },
  });
}
