import type { Sample } from '../core/sample.ts';
import type { Task } from '../core/task.ts';
import { UnusableAnswersError } from '../core/errors.ts';
import { quoted } from './first-answers.ts';
import type { PlannedTask } from './plan.ts';

/** After so many answers it is clear that a model doesn't answer what it is asked: one in a hundred would show by then. */
const enoughAnswers = 20;
/** Fewer say nothing, even if they are all that there are. */
const fewestAnswers = 3;
const shownAnswers = 3;
const shownLabels = 12;
/** More different answers are no labels, but whatever each item asks for. */
const mostGoldLabels = 50;

/** What was answered before, and what is to be asked. */
export interface WatchedAnswers {
  readonly planned: PlannedTask;
  /** Stored by earlier attempts, in any order. */
  readonly stored: AsyncIterable<Sample>;
  /** Items that are asked now. */
  readonly asked: number;
}

/** Looks whether any of a model's answers is of use. */
export interface AnswerWatch {
  /** Nothing more needs to be asked: none of the answers is. */
  readonly unusable: AbortSignal;
  /** It isn't known yet. */
  readonly isUndecided: boolean;
  see(sample: Sample): void;
  /** What speaks against the answers, once no more come; undefined where one of them is of use, or there are too few. */
  verdict(): UnusableAnswersError | undefined;
}

const folded = (text: string): string => text.trim().toLowerCase();

/** All right answers that there are, folded; undefined where they aren't few. */
function rightLabels({ task, items }: PlannedTask): ReadonlySet<string> | undefined {
  if (task.labels !== undefined) return new Set(task.labels.map(folded));
  // Choices of each item are no labels, and a number or a text may be any.
  if (task.own !== undefined || task.category !== 'classification') return undefined;
  const gold = new Set(items.map((item) => folded(task.expected(item))));
  return gold.size <= mostGoldLabels && gold.size * 2 <= items.length ? gold : undefined;
}

function expectedText({ task, items }: PlannedTask): string {
  const { labels, own } = task;
  if (labels !== undefined) {
    const more = labels.length > shownLabels ? ` or ${labels.length - shownLabels} more` : '';
    return `one of ${labels.slice(0, shownLabels).join(', ')}${more}`;
  }
  if (own?.answer === 'number') return 'a number';
  if (own?.answer === 'json') return 'JSON';
  if (own?.answer === 'choice') return 'one of the choices';
  return `an answer such as ${quoted(task.expected(items[0]))}`;
}

/** Whether answers of the task are read at all: of any text, all can be. */
function isRead({ kind, own }: Task): boolean {
  return kind === 'generate' && own?.answer !== 'text' && own?.answer !== 'free';
}

/** Whether scoring an answer can fail: a module's own errors, a pattern that takes too long. */
function canFail({ own }: Task): boolean {
  return own?.score.kind === 'module' || own?.score.kind === 'regex';
}

/**
 * Watches the answers of one cell. Failed requests and answers that were cut don't count: they say nothing of what the
 * model would have answered. An answer that its scorer failed on is of no use.
 *
 * What earlier attempts stored counts; but where it alone was enough to stop, as many are asked again.
 */
export async function watchAnswers({ planned, stored, asked }: WatchedAnswers): Promise<AnswerWatch> {
  const labels = rightLabels(planned);
  const stop = new AbortController();
  const examples: string[] = [];
  const isAnyUsable = !isRead(planned.task);
  let isUsable = isAnyUsable && !canFail(planned.task);
  let fault: string | undefined;
  let [count, unread, left] = [0, 0, asked];

  function add({ output, answer, isUnparsed, score, failure, cut }: Sample): void {
    const isFault = failure?.reason === 'scorer';
    if ((failure !== undefined && !isFault) || cut !== undefined) return;
    const isLabel = labels === undefined || score > 0 || labels.has(folded(answer ?? ''));
    if (!isFault && (isAnyUsable || (!isUnparsed && isLabel))) isUsable = true;
    count += 1;
    if (isUnparsed || isFault) unread += 1;
    if (isFault) fault ??= failure?.message;
    else if (examples.length < shownAnswers) examples.push(output);
  }

  function faultError(which: string, message: string): UnusableAnswersError {
    return new UnusableAnswersError(`the scorer failed on the ${which} answers, the first time: ${message}`, {
      hint: 'Mend the scorer and start a new run, or go on with perbench resume --force.',
    });
  }

  if (!isUsable) {
    for await (const sample of stored) {
      add(sample);
      if (isUsable) break;
    }
  }
  const before = count;
  const isAgain = before >= enoughAnswers;
  const needed = isAgain ? before + Math.min(enoughAnswers, asked) : Math.min(enoughAnswers, planned.order.length);

  return {
    unusable: stop.signal,
    get isUndecided() {
      return !isUsable && !stop.signal.aborted;
    },
    see(sample) {
      left -= 1;
      // What was in flight when it was decided is kept, and counts for the next attempt.
      if (isUsable || stop.signal.aborted) return;
      add(sample);
      if (!isUsable && count >= Math.max(needed, fewestAnswers)) stop.abort();
    },
    verdict() {
      // Of few items some may have failed: the others are all that there will be.
      const isEnough = count >= enoughAnswers || planned.order.length < enoughAnswers;
      const isAll = left <= 0 && count >= fewestAnswers && isEnough;
      if (isUsable || !(stop.signal.aborted || isAll)) return undefined;
      const which = count < planned.order.length ? `first ${count}` : `${count}`;
      if (fault !== undefined && examples.length === 0) return faultError(which, fault);
      const what = unread === count ? 'could be read' : 'is a label of the task';
      return new UnusableAnswersError(
        `none of the ${which} answers ${what}: ${examples.map(quoted).join(', ')}; expected ${expectedText(planned)}`,
        {
          hint: `Change the prompt${planned.task.labels === undefined ? '' : ' or the labels'} of the task, or go on with perbench resume --force.`,
        },
      );
    },
  };
}
