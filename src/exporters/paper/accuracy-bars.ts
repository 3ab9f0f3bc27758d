import type { TerminalOptions } from '../terminal-table.ts';
import { textWidth, truncateMiddle } from '../text-width.ts';

const eighths = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'] as const;
const numberWidth = 5;
const gapWidth = 2;
const leastBar = 4;
const mostBar = 14;

/** A share as a bar of at most so many characters, in steps of an eighth. */
export function textBar(share: number, width: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width * 8);
  const part = filled % 8;
  const bar = '█'.repeat(Math.floor(filled / 8)) + (part === 0 ? '' : (eighths[part] ?? ''));
  return bar + ' '.repeat(width - bar.length);
}

/** Accuracies as bars: a line per model, a column per task; tasks that don't fit beside the others go below. */
export function accuracyBars(
  tasks: readonly string[],
  models: readonly { readonly model: string; readonly accuracies: readonly number[] }[],
  width: number,
  style: NonNullable<TerminalOptions['style']>,
): readonly string[] {
  const longest = Math.max(0, ...models.map(({ model }) => textWidth(model)));
  const nameWidth = Math.min(longest, Math.max(8, Math.floor(width * 0.4)));
  const room = width - nameWidth;
  const perLine = Math.max(1, Math.min(tasks.length, Math.floor(room / (gapWidth + leastBar + numberWidth))));
  const bar = Math.min(mostBar, Math.max(leastBar, Math.floor(room / perLine) - gapWidth - numberWidth));
  const lines: string[] = [];
  for (let first = 0; first < tasks.length; first += perLine) {
    const shown = tasks.slice(first, first + perLine);
    const headings = shown.map((task) => truncateMiddle(task, bar + numberWidth).padEnd(bar + numberWidth));
    lines.push(style(['Model'.padEnd(nameWidth), ...headings].join(' '.repeat(gapWidth)).trimEnd(), 'heading'));
    for (const { model, accuracies } of models) {
      const cells = shown.map((_, index) => {
        const accuracy = accuracies[first + index] ?? 0;
        return `${textBar(accuracy, bar)} ${accuracy.toFixed(2)}`;
      });
      const name = truncateMiddle(model, nameWidth);
      lines.push([name + ' '.repeat(nameWidth - textWidth(name)), ...cells].join(' '.repeat(gapWidth)));
    }
  }
  return lines;
}
