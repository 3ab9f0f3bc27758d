import type { Template } from '@huggingface/jinja';

/** Numbers that the ranges of one prompt may give, all together. */
const mostNumbers = 100_000;

/** No name that a template can write. */
const boundedName = 'bounded range';

function renameCalls(node: unknown): void {
  if (typeof node !== 'object' || node === null) return;
  const { type, callee } = node as { readonly type?: unknown; readonly callee?: { type?: unknown; value?: unknown } };
  if (type === 'CallExpression' && callee?.type === 'Identifier' && callee.value === 'range')
    callee.value = boundedName;
  for (const child of node instanceof Map ? [...node.keys(), ...node.values()] : Object.values(node))
    renameCalls(child);
}

/** The numbers of Jinja's `range`. */
function numbers(first: number, second: number | undefined, step: number): readonly number[] {
  const [start, stop] = second === undefined ? [0, first] : [first, second];
  const count = Math.max(0, Math.ceil((stop - start) / step));
  return Array.from({ length: count }, (_, index) => start + index * step);
}

/**
 * Makes a template call a `range` that has an end: Jinja's own would fill the memory before a prompt is made.
 *
 * @returns what each rendering needs among its variables
 */
export function boundRanges({ parsed }: Pick<Template, 'parsed'>): () => Readonly<Record<string, unknown>> {
  renameCalls(parsed);
  return () => {
    let given = 0;
    const range = (first: number, second?: number, step: number = 1): readonly number[] => {
      if (step === 0) throw new Error('range() step must not be zero');
      given += Math.max(0, (second === undefined ? first : second - first) / step);
      if (given > mostNumbers)
        throw new Error(`range() gives more than ${mostNumbers.toLocaleString('en-US')} numbers in one prompt`);
      return numbers(first, second, step);
    };
    return { [boundedName]: range };
  };
}
