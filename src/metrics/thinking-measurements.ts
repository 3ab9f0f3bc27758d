import type { CellMeasurements } from '../core/cell.ts';
import type { Measurement } from '../core/measurement.ts';
import type { SampleSummary } from '../core/store.ts';

function share(count: number, items: number): Measurement {
  return { status: 'measured', value: count / items, unit: 'ratio', n: items, warnings: [] };
}

/** Tokens of thoughts per answer, and the shares of items without one; nothing for models that don't think. */
export function thinkingMeasurements(
  summary: SampleSummary,
): Pick<CellMeasurements, 'thinkingTokens' | 'budgetCut' | 'contentFiltered'> {
  const { items, failed, thoughtful, thinkingTokens, budgetCut, contentFiltered } = summary;
  const answered = items - failed;
  const isThinking = thoughtful > 0 && answered > 0;
  return {
    ...(isThinking && {
      thinkingTokens: {
        status: 'measured',
        value: thinkingTokens / answered,
        unit: 'count',
        n: answered,
        warnings: [],
      },
    }),
    ...((isThinking || budgetCut > 0) && { budgetCut: share(budgetCut, items) }),
    ...(contentFiltered > 0 && { contentFiltered: share(contentFiltered, items) }),
  };
}
