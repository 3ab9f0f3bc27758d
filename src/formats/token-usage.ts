import type { Sample } from '../core/sample.ts';

/** Counts of an answer's tokens under the names of Inspect, which others took over; undefined where they weren't counted. */
export function tokenUsage({ promptTokens, outputTokens }: Sample): Readonly<Record<string, number>> | undefined {
  if (promptTokens === undefined || outputTokens === undefined) return undefined;
  return { input_tokens: promptTokens, output_tokens: outputTokens, total_tokens: promptTokens + outputTokens };
}
