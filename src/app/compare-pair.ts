import type { Engine, EngineOptions, ModelPair } from '../core/engine.ts';
import { UnsupportedError } from '../core/errors.ts';
import { countOf } from '../core/amount-text.ts';
import type { LossRecord } from '../core/loss.ts';
import type { PlannedModel } from '../run/plan.ts';
import { createLossStatistics, fewestLossTexts } from '../stats/loss-statistics.ts';
import type { LossTexts } from './loss-texts.ts';

export interface PairOfModels {
  readonly base: PlannedModel;
  readonly model: PlannedModel;
}

/** What was taken on one source; without a record, why there is none. */
export interface TakenLoss {
  readonly record: LossRecord | undefined;
  readonly reason: string | undefined;
  /** Prompts that were left out, and why: a phrase for each reason. */
  readonly leftOut: readonly string[];
}

/**
 * Loads base and model into one process.
 *
 * @throws {UnsupportedError} if the engine of either gives no whole distributions
 * @throws what `Engine.openPair` throws
 */
export async function openPair(
  { base, model }: PairOfModels,
  openEngine: (kind: string) => Promise<Engine>,
  options: EngineOptions,
  signal: AbortSignal,
): Promise<ModelPair> {
  for (const { spec } of [base, model]) {
    const engine = await openEngine(spec.engine);
    if (engine.openPair !== undefined) continue;
    throw new UnsupportedError(`${spec.name}: the engine ${spec.engine} doesn't give whole distributions of tokens`, {
      hint: 'Compare GGUF models that run in process.',
    });
  }
  const engine = await openEngine(base.spec.engine);
  if (base.spec.engine !== model.spec.engine || engine.openPair === undefined) {
    throw new UnsupportedError(`${model.spec.name}: another engine runs it than ${base.spec.name}`);
  }
  return engine.openPair(base.spec, model.spec, options, signal);
}

/** Counts by reason, as phrases: `2 items: the base gave no answer`. */
function createLeftOut(): { readonly add: (reason: string) => void; readonly phrases: () => readonly string[] } {
  const counts = new Map<string, number>();
  return {
    add: (reason) => {
      counts.set(reason, (counts.get(reason) ?? 0) + 1);
    },
    phrases: () => Array.from(counts, ([reason, count]) => `${countOf(count, 'item')}: ${reason}`),
  };
}

/** Takes the figures of one source with a loaded pair. */
export async function takeLoss(
  pair: ModelPair,
  { base, model }: PairOfModels,
  { source, texts }: LossTexts,
  { signal, onText }: { readonly signal: AbortSignal; readonly onText: (done: number) => void },
): Promise<TakenLoss> {
  const statistics = createLossStatistics();
  const leftOut = createLeftOut();
  for await (const result of pair.compare(texts(pair.promptStyle, leftOut.add), signal)) {
    if (result.status === 'done') statistics.add(result.positions);
    else leftOut.add(result.reason);
    onText(statistics.texts);
  }
  const phrases = leftOut.phrases();
  if (statistics.texts < fewestLossTexts) {
    const what = source.kind === 'task' ? 'prompt' : 'chunk';
    const why = phrases.length === 0 ? '' : ` (${phrases.join('; ')})`;
    const reason = `${countOf(statistics.texts, what)} to compare, and at least ${fewestLossTexts} are needed${why}`;
    return { record: undefined, reason, leftOut: [] };
  }
  const names = { model: model.spec.name, base: base.spec.name };
  return { record: { ...names, source, ...statistics.figures() }, reason: undefined, leftOut: phrases };
}
