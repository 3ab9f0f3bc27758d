import type { LocalContext } from '../app/local-context.ts';
import { plainText } from '../present/sanitise.ts';
import type { StatusLine } from './progress/status-line.ts';

/** Asks at the terminal what the data of a task don't tell. */
export function askDoubt(status: Pick<StatusLine, typeof Symbol.dispose>): NonNullable<LocalContext['onDoubt']> {
  return async ({ question, candidates }, from) => {
    // A question and a line that is drawn again and again would write over each other.
    status[Symbol.dispose]();
    const { isCancel, select } = await import('@clack/prompts');
    const answer = await select({
      message: plainText(`${from}: ${question}`),
      options: candidates.map((value) => ({ value, label: plainText(value) })),
    });
    return isCancel(answer) ? undefined : answer;
  };
}
