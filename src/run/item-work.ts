/** What items cost an engine, in tokens. */
import type { ItemWork } from '../core/cell.ts';
import { type Generation, isUncounted, type Loglikelihood } from '../core/engine.ts';
import type { Store } from '../core/store.ts';
import { type Answer, buildGenerateRequest, buildLikelihoodRequest } from './ask-items.ts';
import type { PlannedTask } from './plan.ts';
import { promptText } from './score-sample.ts';
import type { CellJob } from './strategy.ts';

export function tokensOf(result: Exclude<Generation | Loglikelihood, { readonly status: 'failed' }>): ItemWork {
  if ('outputTokens' in result) return { promptTokens: result.promptTokens, outputTokens: result.outputTokens };
  return { promptTokens: result.decodedTokens, outputTokens: 0 };
}

const lengths = new WeakMap<PlannedTask, ReadonlyMap<number, number>>();

/**
 * Characters of the plain prompt of each item that a run asks, by position: the same for every model, whatever it makes of
 * a prompt.
 */
export function promptLengths(planned: PlannedTask): ReadonlyMap<number, number> {
  const known = lengths.get(planned);
  if (known !== undefined) return known;
  const { task, order } = planned;
  const measured = new Map(
    order.map((position) => {
      const request =
        task.kind === 'generate'
          ? buildGenerateRequest(planned, task, position, 'plain')
          : buildLikelihoodRequest(planned, task, position);
      return [position, promptText(request).length];
    }),
  );
  lengths.set(planned, measured);
  return measured;
}

/** Tokens per item of the whole benchmark, once every item was answered; undefined before. */
export async function answeredWork(
  store: Pick<Store, 'sampleSummary'>,
  { cell, planned }: CellJob,
): Promise<ItemWork | undefined> {
  // Log-likelihoods with a shared prefix were decoded once for several: only their own count is of a single item.
  if (planned.task.kind === 'loglikelihood') return undefined;
  const { items, failed, uncounted = 0, promptTokens, outputTokens } = await store.sampleSummary(cell.id);
  const answered = items - failed - uncounted;
  if (items < planned.order.length || answered === 0 || promptTokens === 0) return undefined;
  return { promptTokens: promptTokens / answered, outputTokens: outputTokens / answered };
}

/**
 * Tokens per item of the whole benchmark, from some of its items: prompts by their characters and what those that were
 * answered had in tokens, answers as they were.
 */
export function createWorkEstimate(planned: PlannedTask): {
  add(answer: Pick<Answer, 'position' | 'result'>): void;
  /** Undefined where nothing was answered. */
  estimate(): ItemWork | undefined;
} {
  const seen: (ItemWork & { readonly position: number })[] = [];
  return {
    add({ position, result }) {
      // Prompts are built once the time is taken.
      if (result.status === 'done' && !isUncounted(result)) seen.push({ position, ...tokensOf(result) });
    },
    estimate() {
      const all = promptLengths(planned);
      let [characters, promptTokens, outputTokens] = [0, 0, 0];
      for (const answer of seen) {
        characters += all.get(answer.position) ?? 0;
        promptTokens += answer.promptTokens;
        outputTokens += answer.outputTokens;
      }
      if (characters === 0 || promptTokens === 0) return undefined;
      const meanCharacters = all.values().reduce((sum, length) => sum + length, 0) / all.size;
      return { promptTokens: (meanCharacters * promptTokens) / characters, outputTokens: outputTokens / seen.length };
    },
  };
}
