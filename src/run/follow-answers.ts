import type { Sample } from '../core/sample.ts';
import { watchAnswers } from './answer-watch.ts';
import type { Answer } from './ask-items.ts';
import type { ItemWork } from './cell-work.ts';
import { firstAnswer, firstAnswers, isOwnTask } from './first-answers.ts';

/** Follows the answers of a cell as they come: tells of the first, and whether they are of any use. */
export interface AnswerFollower {
  /** Aborts where nothing more is to be asked: the answers are of no use. */
  readonly stop: AbortSignal;
  /** Whether that could ever happen. */
  readonly mayStop: boolean;
  /** Whether that can still happen: then little is asked ahead. */
  readonly isWatching: boolean;
  see(answer: Answer, sample: Sample): void;
  /**
   * Nothing more comes.
   *
   * @throws {UnusableAnswersError} if none of the answers is of use; of perbench's own tasks the run only says so
   */
  end(): void;
}

/** @param asked items that are asked now */
export async function followAnswers(
  { job, dependencies, emit, onFirstPrompt }: ItemWork,
  asked: number,
): Promise<AnswerFollower> {
  const { cell, planned } = job;
  const { store, force = false } = dependencies;
  const isOwn = isOwnTask(planned);
  const mayStop = isOwn && !force;
  const watch = await watchAnswers({ planned, stored: store.samples(cell.id), asked });
  let told = isOwn ? (await store.sampleSummary(cell.id)).items : firstAnswers;
  let hasPrompt = false;
  return {
    mayStop,
    stop: mayStop ? watch.unusable : new AbortController().signal,
    get isWatching() {
      return mayStop && watch.isUndecided;
    },
    see({ result }, sample) {
      if (result.status === 'done' && !hasPrompt) {
        hasPrompt = true;
        onFirstPrompt({ sha256: result.promptSha256, tokenIds: result.promptHead });
      }
      if (told < firstAnswers && sample.failure === undefined) {
        told += 1;
        emit(firstAnswer(planned, cell.id, sample));
      }
      watch.see(sample);
    },
    end() {
      const verdict = watch.verdict();
      if (verdict === undefined) return;
      if (mayStop) throw verdict;
      emit({ type: 'warning', message: `${cell.model} on ${cell.taskId}: ${verdict.message}` });
    },
  };
}
