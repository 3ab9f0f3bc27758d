import type { Tone } from '../present/document.ts';
import type { Style } from '../present/terminal.ts';
import { padText, textWidth, truncateMiddle, wrapText } from '../present/text-width.ts';
import type { AuditedClaim, PaperAudit } from './audit-paper.ts';
import type { Verdict } from './claim.ts';
import {
  explanations,
  paperTables,
  perText,
  recomputedCell,
  recomputedSummary,
  scalingRows,
  verdictSummary,
} from './paper-documents.ts';
import { taskRows, taskTitle } from './paper-table.ts';

const eighths = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'] as const;
const numberWidth = 5;
const gap = '  ';
const minBar = 4;
const maxBar = 14;

/** A share as a bar, in steps of an eighth of a character; padded to `width`. */
export function textBar(share: number, width: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width * 8);
  const part = filled % 8;
  const bar = '█'.repeat(Math.floor(filled / 8)) + (part === 0 ? '' : (eighths[part] ?? ''));
  return bar + ' '.repeat(width - bar.length);
}

/** Accuracies as bars: a line per model, a column per task; tasks that don't fit beside the others go below. */
function accuracyBars(
  tasks: readonly string[],
  models: readonly { readonly model: string; readonly accuracies: readonly number[] }[],
  width: number,
  style: Style,
): readonly string[] {
  const longest = Math.max(0, ...models.map(({ model }) => textWidth(model)));
  const nameWidth = Math.min(longest, Math.max(8, Math.floor(width * 0.4)));
  const room = width - nameWidth;
  const perLine = Math.max(1, Math.min(tasks.length, Math.floor(room / (gap.length + minBar + numberWidth))));
  const bar = Math.min(maxBar, Math.max(minBar, Math.floor(room / perLine) - gap.length - numberWidth));
  const lines: string[] = [];
  for (let first = 0; first < tasks.length; first += perLine) {
    const shown = tasks.slice(first, first + perLine);
    const headings = shown.map((task) => truncateMiddle(task, bar + numberWidth).padEnd(bar + numberWidth));
    lines.push(style(['Model'.padEnd(nameWidth), ...headings].join(gap).trimEnd(), 'heading'));
    for (const { model, accuracies } of models) {
      const cells = shown.map((_, index) => {
        const accuracy = accuracies[first + index] ?? 0;
        return `${textBar(accuracy, bar)} ${accuracy.toFixed(2)}`;
      });
      lines.push([padText(truncateMiddle(model, nameWidth), nameWidth, 'left'), ...cells].join(gap));
    }
  }
  return lines;
}

const roles: Readonly<Record<Verdict, Tone>> = {
  holds: 'best',
  'holds in part': 'plain',
  fails: 'doubtful',
  'not checkable': 'muted',
};

/** Columns of text, the first left-aligned; as many as fit, the rest below. */
function textColumns(
  rows: readonly (readonly string[])[],
  width: number,
  style: Style,
  leftColumns = 1,
): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => textWidth(row[column] ?? ''))));
  const first = Math.min(widths[0] ?? 0, Math.max(10, Math.floor(width * 0.4)));
  const blocks: number[][] = [[]];
  let used = first;
  for (const [column, columnWidth] of widths.entries()) {
    if (column === 0) continue;
    if (used + gap.length + columnWidth > width && (blocks.at(-1)?.length ?? 0) > 0) {
      blocks.push([]);
      used = first;
    }
    blocks.at(-1)?.push(column);
    used += gap.length + columnWidth;
  }
  return blocks.flatMap((columns) =>
    rows.map((row, index) => {
      const cells = columns.map((column) => {
        return padText(row[column] ?? '', widths[column] ?? 0, column < leftColumns ? 'left' : 'right');
      });
      const name = padText(truncateMiddle(row[0] ?? '', first), first, 'left');
      const line = [name, ...cells].join(gap).trimEnd();
      return style(line, index === 0 ? 'heading' : 'plain');
    }),
  );
}

function perLines(audit: PaperAudit, tasks: readonly string[], width: number, style: Style): readonly string[] {
  const rows = audit.table.models.map((model) => [
    model,
    ...tasks.map((task) => {
      const cell = recomputedCell(audit, task, model);
      return cell === undefined ? '–' : perText(cell) + (cell.reason === undefined ? ' ' : '!');
    }),
  ]);
  return textColumns([['Model', ...tasks.map((task) => `${taskTitle(task)} `)], ...rows], width, style);
}

function claimLines(
  { where, says, verdict, ours, difference }: AuditedClaim,
  width: number,
  style: Style,
): readonly string[] {
  const indent = '    ';
  const [first = '', ...rest] = wrapText(`${verdict.padEnd(13)} ${says} (${where})`, width, indent);
  const below = [ours, difference].flatMap((text) =>
    text === '' ? [] : wrapText(text, width - indent.length, '').map((line) => indent + line),
  );
  return [
    style(first.slice(0, 13), roles[verdict]) + first.slice(13),
    ...rest,
    ...below.map((line) => style(line, 'muted')),
  ];
}

/** The whole audit as text for a terminal. */
export function paperTerminal(audit: PaperAudit, options: { readonly width: number; readonly style?: Style }): string {
  const { style = (text: string): string => text } = options;
  const width = Math.max(40, options.width);
  const title = (text: string): readonly string[] => wrapText(text, width, '  ').map((line) => style(line, 'title'));
  const models = audit.table.models.map((model) => ({
    model,
    accuracies: audit.table.tasks.map(
      (task) => taskRows(audit.table, task).find((row) => row.model === model)?.accuracy ?? 0,
    ),
  }));
  const sections = [
    ...paperTables.map(({ title: name, tasks }) => [
      ...title(`${name}: recomputed PER, difference from the published PER`),
      ...perLines(audit, tasks, width, style),
    ]),
    [recomputedSummary(audit), ...explanations(audit)].flatMap((text, index) =>
      wrapText(index === 0 ? text : `! ${text}`, width, '  '),
    ),
    [
      ...title('Figure 1: accuracy, models by size'),
      ...accuracyBars(audit.table.tasks.map(taskTitle), models, width, style),
    ],
    [...title('Scaling: accuracy by size'), ...textColumns(scalingRows(audit), width, style, 2)],
    [
      ...title('Claims of the text, checked against the tables'),
      ...wrapText(verdictSummary(audit.claims), width, '  '),
      ...audit.claims.flatMap((claim) => claimLines(claim, width, style)),
    ],
  ];
  return sections.map((lines) => lines.map((line) => `${line}\n`).join('')).join('\n');
}
