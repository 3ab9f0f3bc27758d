import type { Answers } from '../../scoring/answer.ts';

/** The one model that answers name for every task; undefined where they name none, several, or others for other tasks. */
export function recommendedModel({ kind, forAll, weighted }: Answers): string | undefined {
  if (weighted !== undefined) return weighted.kind === 'recommend' ? weighted.model : undefined;
  return kind === 'recommend' ? forAll : undefined;
}
