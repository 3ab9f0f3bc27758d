/**
 * An engine without a model: it answers by a hash of the prompt, at a speed that its options set.
 *
 * For tests, demonstrations of the run loop, and the overhead of perbench itself. Its outputs mean nothing.
 */
import type { Engine, LoadedModel, ModelSpec } from '../../core/engine.ts';
import { parseEngineOptions } from '../../core/engine-options.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { servedMaxConcurrency } from '../shared/concurrency.ts';
import { createMockModel } from './mock-model.ts';
import { mockOptionsSchema } from './mock-options.ts';

export function createMockEngine(): Engine {
  return {
    kind: 'mock',
    maxConcurrency: servedMaxConcurrency,
    async open(model: ModelSpec, options, signal): Promise<LoadedModel> {
      const own = parseEngineOptions(mockOptionsSchema, 'mock', model);
      await sleep(own.loadMs, undefined, { signal });
      const contextTokens = options.contextTokens ?? own.contextTokens;
      return createMockModel(model, { ...own, contextTokens }, options.hangMs);
    },
  };
}
