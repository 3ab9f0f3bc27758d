import type { ModelSpec } from '../../src/core/engine.ts';

/** A model to open; what a test doesn't say isn't there. */
export function modelSpec(given: Pick<ModelSpec, 'name' | 'engine'> & Partial<ModelSpec>): ModelSpec {
  return { file: undefined, source: undefined, sha256: undefined, promptStyle: 'base', engineOptions: {}, ...given };
}
