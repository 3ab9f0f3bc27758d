import { hash } from 'node:crypto';
import * as z from 'zod';

const withId = z.object({ id: z.union([z.string().min(1), z.int()]) });
const withQuestion = z.object({ question: z.string().min(1) });
const hellaswag = z.object({ query: z.string(), choices: z.array(z.string()) });

/** Position in the published file and a hash of the text, as perbench's own tasks name rows without an id. */
function rowId(position: number, text: string): string {
  return `${String(position).padStart(5, '0')}-${hash('sha256', text).slice(0, 8)}`;
}

/**
 * The id that perbench's task gives this record, so that samples of both programs can be set side by side; where the
 * record is of another data set, a position with a hash of its text.
 */
export function itemIdOf(task: string, position: number, doc: unknown): string {
  const named = withId.safeParse(doc);
  if (named.success) return String(named.data.id);
  if (task === 'hellaswag') {
    const ending = hellaswag.safeParse(doc);
    // Two copies of the data set differ in spaces around endings; their items are the same.
    if (ending.success) {
      return rowId(position, [ending.data.query, ...ending.data.choices].map((text) => text.trim()).join('\n'));
    }
  }
  const asked = withQuestion.safeParse(doc);
  return rowId(position, asked.success ? asked.data.question : JSON.stringify(doc));
}
