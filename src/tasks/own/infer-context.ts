import type { TaskDefinition } from '../../core/task-definition.ts';
import { type ColumnFacts, wordsOf } from './column-facts.ts';

const questionWords: ReadonlySet<string> = new Set(['question', 'query']);
const contextWords: ReadonlySet<string> = new Set(['context', 'passage', 'document', 'paragraph']);

const isCalled = ({ name }: ColumnFacts, words: ReadonlySet<string>): boolean => {
  const [word = '', ...others] = wordsOf(name);
  return others.length === 0 && words.has(word);
};

/** A column of texts that questions in another column are about; undefined where there is none, or more than one. */
export function contextColumn(
  { input, target, prompt }: Pick<TaskDefinition, 'input' | 'target' | 'prompt'>,
  columns: readonly ColumnFacts[],
): ColumnFacts | undefined {
  // Who writes a prompt says what is in it.
  if (prompt !== undefined) return undefined;
  const isAsking = columns.some(
    (column) => isCalled(column, questionWords) && column.kind === 'text' && (input ?? column.name) === column.name,
  );
  const [found, ...others] = columns.filter(
    (column) => isCalled(column, contextWords) && column.kind === 'text' && column.name !== target,
  );
  return isAsking && others.length === 0 ? found : undefined;
}
