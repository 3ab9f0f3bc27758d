import { describe, expect, it } from 'vitest';
import { briefPass } from '../../test/setup/bare-pass.ts';
import { silentServer } from '../../test/setup/server-window.ts';
import type { PassResult } from '../core/cell.ts';
import type { Task } from '../core/task.ts';
import { paperMeasurements, servingMeasurements } from './performance.ts';

const task = { id: 'toy/per@1', kind: 'generate', category: 'generation', chance: 0.25 } as Task;
const drafting = (launch: number, draftedTokens: number, acceptedTokens: number): PassResult => ({
  ...briefPass,
  launch,
  draftedTokens,
  acceptedTokens,
});

describe('the acceptance of drafted tokens', () => {
  it('is theirs in all launches, of the passes whose throughput is measured', () => {
    const passes = [drafting(0, 100, 80), drafting(1, 300, 200), { ...drafting(0, 999, 0), pass: 'latency' as const }];
    expect(servingMeasurements(task, passes).draftAcceptance).toEqual({
      status: 'measured',
      value: 0.7,
      unit: 'ratio',
      n: 400,
      warnings: [],
    });
    const { draftAcceptance } = paperMeasurements(task, [{ ...drafting(0, 10, 5), pass: 'accuracy' }]);
    expect(draftAcceptance).toMatchObject({ value: 0.5, n: 10 });
  });

  it('is what a server counted, where the engine counts nothing', () => {
    const served = (draftedTokens: number, acceptedTokens: number): PassResult => ({
      ...briefPass,
      server: { ...silentServer, draftedTokens, acceptedTokens },
    });
    expect(servingMeasurements(task, [served(40, 10)]).draftAcceptance).toMatchObject({ value: 0.25, n: 40 });
    // It may draft, and doesn't.
    expect(servingMeasurements(task, [served(0, 0)])).not.toHaveProperty('draftAcceptance');
  });

  it('is unavailable where nothing was proposed, and absent without a draft model or generation', () => {
    expect(servingMeasurements(task, [drafting(0, 0, 0)]).draftAcceptance).toMatchObject({ status: 'unavailable' });
    expect(servingMeasurements(task, [briefPass])).not.toHaveProperty('draftAcceptance');
    const scoring = { ...task, kind: 'loglikelihood' } as Task;
    expect(servingMeasurements(scoring, [drafting(0, 0, 0)])).not.toHaveProperty('draftAcceptance');
  });
});
