import { percentText } from '../core/amount-text.ts';
import type { PassName } from '../core/cell.ts';
import type { Capabilities } from '../core/engine.ts';
import type { Warning } from '../core/measurement.ts';
import type { Task } from '../core/task.ts';
import { thresholds } from '../core/thresholds.ts';

/** What a pass that measures time must say of how a server answered it. */
export function servedWarnings(
  pass: PassName,
  { isLoglikelihoodDetour }: Capabilities,
  kind: Task['kind'],
  { reusedTokens, promptTokens }: { readonly reusedTokens: number; readonly promptTokens: number },
): readonly Warning[] {
  if (pass === 'accuracy') return [];
  const warnings: Warning[] = [];
  if (kind === 'loglikelihood' && isLoglikelihoodDetour) {
    const detail =
      'scored token by token, a request each, for want of prompt log-probabilities: the time of this detour, not of the model';
    warnings.push({ reason: 'estimated', detail });
  }
  if (reusedTokens > thresholds.cacheHits * promptTokens) {
    warnings.push({
      reason: 'cache_hits',
      detail: `${percentText(reusedTokens, 0, promptTokens)} of the prompt tokens came from a cache`,
    });
  }
  return warnings;
}
