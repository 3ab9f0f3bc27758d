import { askItems } from './ask-items.ts';
import type { PassContext } from './measure-pass.ts';

const warmUpTokens = 8;

/** A few distinct requests, their answers cut short, before a measured pass; nothing of them is recorded. */
export async function warmUp(
  context: PassContext,
  positions: readonly number[],
  concurrency: number,
  signal: AbortSignal,
): Promise<void> {
  async function* few(): AsyncGenerator<number> {
    yield* positions.slice(0, concurrency);
  }
  for await (const answer of askItems(context.model, context.planned, few(), {
    concurrency,
    reuse: 'none',
    signal,
    maxTokens: warmUpTokens,
  })) {
    void answer;
  }
}
