import { compareCells, type CellEvidence } from '../../src/scoring/compare-cells.ts';
import type { CellComparison } from '../../src/scoring/comparison.ts';

/** A cell whose first `right` of `n` items are right. */
export function cell(right: number, n: number, change: Partial<CellEvidence> = {}): CellEvidence {
  return {
    runId: 'run',
    model: 'alpha',
    state: 'done',
    error: undefined,
    measurements: {},
    answers: new Map(
      Array.from({ length: n }, (_, item) => [
        `i${item}`,
        {
          question: 'q',
          score: item < right ? 1 : 0,
          answer: 'x',
          expected: 'y',
          cluster: undefined,
          promptSha256: 'p',
        },
      ]),
    ),
    launches: {
      throughput: { unit: 'items/s', values: [10, 10.1, 9.9] },
      latency: { unit: 'ms', values: [100, 101, 99] },
      memory: { unit: 'bytes', values: [1000, 1000, 1000] },
    },
    launchStarts: [],
    allowsBusy: false,
    ...change,
  };
}

/** Two cells of one task, compared. */
export function compared(a: CellEvidence, b: CellEvidence): CellComparison {
  return compareCells(a, b, {
    taskId: 't/per@1',
    title: 'T',
    protocol: 'serving',
    differences: [],
    expectsSamePrompts: true,
  });
}
