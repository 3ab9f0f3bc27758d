import { describe, expectTypeOf, it } from 'vitest';
import type { CellMeasurements } from '../../src/core/cell.ts';
import type { Generation } from '../../src/core/engine.ts';
import type { RunEvent } from '../../src/core/event.ts';
import type { Measurement } from '../../src/core/measurement.ts';
import { whole } from '../../src/core/settings.ts';
import { defineSuite, type Suite, type SuiteInput } from '../../src/core/suite.ts';
import type { suiteSettings } from '../../src/core/suite-settings.ts';

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

  it('a setting says what it decides, and by which name it is called where it differs', () => {
    const words = { min: 1, fallback: 1, help: 'engine starts' } as const;
    whole({ ...words, decides: 'nothing' });
    whole({ ...words, decides: 'performance', label: 'launches' });
    // @ts-expect-error it doesn't say what it decides
    whole(words);
    // @ts-expect-error it decides a result, but compare and report have no name for it
    whole({ ...words, decides: 'answers' });
    // @ts-expect-error nobody knows what that decides
    whole({ ...words, decides: 'something', label: 'launches' });
    expectTypeOf<keyof typeof suiteSettings>().toEqualTypeOf<keyof Suite>();
  });

  it('events are told apart by their type', () => {
    type End = Extract<RunEvent, { type: 'run-end' }>;
    expectTypeOf<End['failedCells']>().toEqualTypeOf<number>();
  });
});
