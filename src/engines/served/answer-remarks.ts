import type { CompletionAnswer } from './completion-answer.ts';
import { isKnownFinish } from '../../core/finish-reason.ts';

/** A date or build behind a name, as providers add it: `-2024-08-06`, `-20240806`, `@20240806`, `-0613`, `:latest`, `-latest`. */
const versionEnd = /[-_@:.](?:\d{4}-\d{2}-\d{2}|\d{4,8}|latest)$/;

/** A model's name without what the same model is called by elsewhere: its folder or owner, case, file ending, date. */
function nameOf(model: string): string {
  const [last = ''] = model.toLowerCase().replaceAll('\\', '/').replace(/\/+$/, '').split('/').slice(-1);
  let name = last.replace(/\.gguf$/, '');
  while (versionEnd.test(name)) name = name.replace(versionEnd, '');
  return name.replaceAll(/[-_.: ]+/g, '-');
}

/** Whether two names may be of one model. */
function isSameModel(asked: string, said: string): boolean {
  return nameOf(asked) === nameOf(said);
}

const longestName = 80;

/** A word of the server's, short and on one line. */
function shown(text: string): string {
  const line = text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
  return line.length > longestName ? `${line.slice(0, longestName)}…` : line;
}

/** What is odd about an answer, in words that are the same for all alike; each follows "answers". */
export function answerRemarks({ finishReason, model }: CompletionAnswer, asked: unknown): readonly string[] {
  const remarks: string[] = [];
  if (model !== undefined && typeof asked === 'string' && !isSameModel(asked, model))
    remarks.push(`came from the model "${shown(model)}" instead of "${shown(asked)}"`);
  if (finishReason !== undefined && !isKnownFinish(finishReason))
    remarks.push(`ended for the unknown reason "${shown(finishReason)}" and count as complete`);
  return remarks;
}
