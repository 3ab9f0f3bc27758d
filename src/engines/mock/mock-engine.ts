/**
 * An engine without a model: it answers by a hash of the prompt, at a speed that its options set.
 *
 * For tests, demonstrations of the run loop, and the overhead of perbench itself. Its outputs mean nothing.
 */
import type { Engine, LoadedModel, ModelSpec } from '../../core/engine.ts';
import { UsageError } from '../../core/errors.ts';
import { optionProblems } from '../../core/option-problems.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { createMockModel } from './mock-model.ts';
import { mockOptionsSchema } from './mock-options.ts';

export function createMockEngine(): Engine {
  return {
    kind: 'mock',
    async open(model: ModelSpec, options, signal): Promise<LoadedModel> {
      const parsed = mockOptionsSchema.safeParse(model.engineOptions);
      if (!parsed.success) {
        const problems = optionProblems(parsed.error, Object.keys(mockOptionsSchema.shape));
        throw new UsageError(`${model.name}: engine options of mock: ${problems}`);
      }
      await sleep(parsed.data.loadMs, undefined, { signal });
      return createMockModel(
        model,
        { ...parsed.data, contextTokens: options.contextTokens ?? parsed.data.contextTokens },
        options.hangMs,
      );
    },
  };
}
