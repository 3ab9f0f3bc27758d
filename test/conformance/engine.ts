import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LoadedModel } from '../../src/core/engine.ts';
import { testGeneration } from './engine-generation.ts';
import { testLikelihood, testReuse } from './engine-likelihood.ts';
import type { EngineConformanceOptions } from './engine-requests.ts';
import { testLimits, testStreams } from './engine-streams.ts';

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}

/** What every engine must do; each member runs it on a small model of its own. */
export function testEngine(
  name: string,
  open: () => Promise<LoadedModel>,
  options: EngineConformanceOptions = {},
): void {
  describe(`${name} engine`, () => {
    let opened: LoadedModel | undefined;
    const model = (): LoadedModel => {
      if (opened === undefined) throw new Error('the model is not open');
      return opened;
    };
    beforeAll(async () => {
      opened = await open();
    });
    afterAll(async () => {
      await opened?.[Symbol.asyncDispose]();
    });
    testGeneration(model, options.skips);
    testLikelihood(model, options.skips);
    testReuse(model, options);
    testStreams(model, options.skips);
    testLimits(model, options.skips);

    it('ends its processes when it is disposed', async (context) => {
      const reason = options.skips?.processes;
      if (reason !== undefined) context.skip(reason);
      const other = await open();
      const { processIds } = other.info;
      expect(processIds.length).toBeGreaterThan(0);
      expect(processIds.every(isAlive)).toBe(true);
      await other[Symbol.asyncDispose]();
      expect(processIds.some(isAlive)).toBe(false);
      await expect(other.memory()).rejects.toThrow(/./);
    });
  });
}
