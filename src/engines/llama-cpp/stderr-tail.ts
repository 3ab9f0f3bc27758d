import type { ChildProcess } from 'node:child_process';

const keptLines = 20;

/**
 * Keeps the last lines that a process writes to stderr.
 *
 * @returns what tells them at any time; undefined where there are none
 */
export function stderrTail(child: ChildProcess): () => string | undefined {
  const lines: string[] = [];
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    lines.push(...text.split('\n').filter((line) => line.trim() !== ''));
    lines.splice(0, lines.length - keptLines);
  });
  return () => (lines.length === 0 ? undefined : lines.join('\n'));
}
