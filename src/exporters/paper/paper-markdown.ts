import type { PaperAudit } from '../../stats/paper/audit-paper.ts';
import { taskTitle } from '../../stats/paper/paper-table.ts';
import {
  explanations,
  paperTables,
  perText,
  recomputedCell,
  recomputedSummary,
  scalingRows,
  verdictSummary,
} from './paper-rows.ts';

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
