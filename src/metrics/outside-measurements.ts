import type { CellMeasurements } from '../core/cell.ts';
import type { ImportedAnswers } from '../core/manifest.ts';
import type { Measurement } from '../core/measurement.ts';
import type { SampleSummary } from '../core/store.ts';

const elsewhere: Measurement = {
  status: 'unavailable',
  reason: 'made_elsewhere',
  detail: 'the answers were made elsewhere',
};

function priceOf(
  { price }: ImportedAnswers,
  {
    items,
    failed,
    promptTokens,
    outputTokens,
  }: Pick<SampleSummary, 'items' | 'failed' | 'promptTokens' | 'outputTokens'>,
): Measurement | undefined {
  const answered = items - failed;
  if (price === undefined || answered === 0) return undefined;
  const shared = { unit: 'price/1000 items', n: answered, warnings: [] } as const;
  if ('perThousand' in price) return { ...shared, status: 'nominal', value: price.perThousand };
  const total = (promptTokens * price.input + outputTokens * price.output) / 1e6;
  const from = `${price.input} per million prompt tokens, ${price.output} per million output tokens`;
  return { ...shared, status: 'derived', from, value: (1000 * total) / answered };
}

/**
 * What is known of answers that were made elsewhere: how good they are, and what they cost. Their speed was measured by
 * nobody here, so that it may enter no score.
 */
export function outsideMeasurements(
  { accuracy, thinkingTokens, budgetCut, contentFiltered, extra }: CellMeasurements,
  answers: ImportedAnswers,
  summary: Pick<SampleSummary, 'items' | 'failed' | 'promptTokens' | 'outputTokens'>,
): CellMeasurements {
  const price = priceOf(answers, summary);
  return {
    ...(accuracy !== undefined && { accuracy }),
    throughput: elsewhere,
    latency: elsewhere,
    memory: elsewhere,
    ...(price !== undefined && { pricePerThousand: price }),
    ...(thinkingTokens !== undefined && { thinkingTokens }),
    ...(budgetCut !== undefined && { budgetCut }),
    ...(contentFiltered !== undefined && { contentFiltered }),
    ...(extra !== undefined && { extra }),
  };
}
