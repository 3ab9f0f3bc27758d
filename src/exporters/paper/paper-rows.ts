import type { AuditedClaim, PaperAudit } from '../../stats/paper/audit-paper.ts';
import type { Verdict } from '../../stats/paper/claim.ts';
import { taskTitle } from '../../stats/paper/paper-table.ts';
import { perTolerance, type RecomputedPer } from '../../stats/paper/recomputed-per.ts';

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
