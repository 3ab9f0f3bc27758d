import type { LikelihoodTask } from '../../src/core/task.ts';
import { createPythonRandom } from '../../src/tasks/python-random.ts';
import { digestOrder } from '../../src/tasks/data-checks.ts';

/**
 * Scores a task with lm-eval 0.3's fake model, whose log-likelihood of each request is `-random.random()` under seed
 * 42: checks order, number of choices, lengths and ties of the whole scoring path against stored values.
 *
 * @returns mean of the headline and of each further metric
 */
export function pseudoModelScores(task: LikelihoodTask, items: readonly unknown[]): Readonly<Record<string, number>> {
  const random = createPythonRandom(42);
  const sums: Record<string, number> = {};
  for (const item of digestOrder(items)) {
    const continuations = task.question(item, []).continuations.map(() => {
      const logprob = -random.random();
      return { logprob, tokenIds: [0], tokenLogprobs: [logprob], isGreedy: false };
    });
    const { value, metrics } = task.score(item, { continuations });
    for (const [name, amount] of Object.entries({ ...metrics, [task.metric]: value })) {
      sums[name] = (sums[name] ?? 0) + amount;
    }
  }
  return Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / items.length]));
}
