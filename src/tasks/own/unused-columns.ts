import type { ResolvedTask } from '../../core/task-definition.ts';
import { promptTemplate, trailingBreaks } from './template.ts';

/**
 * Columns that no prompt shows, in their order; the target, ids and clusters aren't meant for it.
 *
 * @throws {ConfigError} if a prompt is no template
 */
export function unusedColumns(definition: ResolvedTask, columns: readonly string[]): readonly string[] {
  const { input, target, id, cluster, choices, prompt, system = '', by, name: file } = definition;
  const texts = [prompt.plain, ...(by === 'generate' ? [prompt.chat] : []), system];
  const names = texts.flatMap((text) => promptTemplate(text, { file, key: 'prompt', trailing: trailingBreaks }).names);
  // All of a row is shown by its own name.
  if (names.some(([root, part]) => root === 'row' && part === undefined)) return [];
  const shown = new Set(names.map(([root, part]) => (root === 'row' ? part : root)));
  const code = texts.flatMap((text) => text.match(/\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}/gu) ?? []).join(' ');
  const words = new Set(code.match(/[\p{L}_][\p{L}\p{N}_]*/gu));
  const other = new Set([
    target,
    id,
    cluster,
    ...[input, choices ?? []].flat().flatMap((path) => [path, path.split('.')[0]]),
  ]);
  return columns.filter((column) => !shown.has(column) && !words.has(column) && !other.has(column));
}
