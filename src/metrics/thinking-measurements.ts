import type { CellMeasurements } from '../core/cell.ts';
import type { Thinking } from '../core/engine.ts';
import type { Measurement } from '../core/measurement.ts';
import type { SampleSummary } from '../core/store.ts';

function share(count: number, items: number): Measurement {
  return { status: 'measured', value: count / items, unit: 'ratio', n: items, warnings: [] };
}

const unknownTokens: Measurement = {
  status: 'unavailable',
  reason: 'no_token_counts',
  detail: 'nothing tells how many tokens the thoughts have',
};

function tokensOf({ items, failed, thoughtful, thinkingTokens }: SampleSummary): Measurement {
  const answered = items - failed;
  return thoughtful === 0
    ? unknownTokens
    : { status: 'measured', value: thinkingTokens / answered, unit: 'count', n: answered, warnings: [] };
}

/**
 * Tokens of thoughts per answer, and the shares of items without one; nothing for models that don't think.
 *
 * @param thinking what became of the model's setting; undefined where nobody knows
 */
export function thinkingMeasurements(
  summary: SampleSummary,
  thinking?: Thinking,
): Pick<CellMeasurements, 'thinkingTokens' | 'budgetCut' | 'contentFiltered'> {
  const { items, failed, thoughtful, budgetCut, contentFiltered } = summary;
  const isThinking = (thoughtful > 0 || thinking?.mode === 'on') && items > failed;
  return {
    ...(isThinking && { thinkingTokens: tokensOf(summary) }),
    ...((isThinking || budgetCut > 0) && { budgetCut: share(budgetCut, items) }),
    ...(contentFiltered > 0 && { contentFiltered: share(contentFiltered, items) }),
  };
}
