import type { TaskDefinition } from '../../core/task-definition.ts';
import type { ColumnFacts } from './column-facts.ts';
import { type DecimalSign, numberStyle } from './number-text.ts';

export interface InferredDecimal {
  readonly decimal: DecimalSign;
  /** What was taken, where a reader may doubt it. */
  readonly notes: readonly string[];
}

/** How the numbers of a target are to be read; numbers of JSON, which have a point, tell nothing of texts. */
export function inferDecimal({ decimal: given }: TaskDefinition, { name, values }: ColumnFacts): InferredDecimal {
  if (given !== undefined) return { decimal: given, notes: [] };
  const texts = values
    .flatMap((value): readonly unknown[] => (Array.isArray(value) ? value : [value]))
    .filter((value) => typeof value === 'string');
  const { decimal, ambiguous } = numberStyle(texts);
  const [first] = ambiguous;
  if (decimal === ',') {
    return {
      decimal,
      notes: [
        `target: the numbers of \`${name}\` are read with a decimal comma, as those show that can be read in one way only`,
      ],
    };
  }
  if (first === undefined) return { decimal, notes: [] };
  const sign = first.includes(',') ? 'the comma as one of thousands' : 'the point as a decimal point';
  const note = `target: \`${name}\` may be read in two ways, such as "${first}"; ${sign} was taken (\`decimal: ","\` in a task file takes the other)`;
  return { decimal, notes: [note] };
}
