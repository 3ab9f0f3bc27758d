import { describe, expectTypeOf, it } from 'vitest';
import type { CellMeasurements } from '../../src/core/cell.ts';
import type { Generation } from '../../src/core/engine.ts';
import type { RunEvent } from '../../src/core/event.ts';
import type { Measurement } from '../../src/core/measurement.ts';
import { defineSuite, type Suite, type SuiteInput } from '../../src/core/suite.ts';

describe('contracts that compilers keep', () => {
  it('a measurement that is unavailable has no value', () => {
    type Unavailable = Extract<Measurement, { status: 'unavailable' }>;
    expectTypeOf<keyof Unavailable>().toEqualTypeOf<'status' | 'reason' | 'detail'>();
    type Known = Exclude<Measurement, Unavailable>;
    expectTypeOf<Known['value']>().toEqualTypeOf<number>();
  });

  it('a metric that was not measured is absent, not a number', () => {
    expectTypeOf<CellMeasurements['memory']>().toEqualTypeOf<Measurement | undefined>();
  });

  it('an answer is a result or a failure', () => {
    expectTypeOf<Generation['status']>().toEqualTypeOf<'done' | 'failed'>();
  });

  it('a suite needs models alone, and has everything once it is complete', () => {
    expectTypeOf<{ models: string[] }>().toExtend<SuiteInput>();
    expectTypeOf<Suite['seed']>().toEqualTypeOf<number>();
    expectTypeOf(defineSuite).returns.toEqualTypeOf<SuiteInput>();
  });

  it('events are told apart by their type', () => {
    type End = Extract<RunEvent, { type: 'run-end' }>;
    expectTypeOf<End['failedCells']>().toEqualTypeOf<number>();
  });
});
