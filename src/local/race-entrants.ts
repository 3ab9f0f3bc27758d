import type { RaceEntrantFacts } from '../core/race.ts';
import type { Suite } from '../core/suite.ts';
import { type GgufHeader, readGgufHeader } from '../gguf/gguf-header.ts';
import type { PlannedModel } from '../run/plan.ts';
import { plannedConcurrency } from '../run/protocol.ts';
import { sizeText } from '../core/amount-text.ts';
import { estimateModelMemory } from '../sources/model-memory.ts';
import { raceOrder } from '../scoring/race/replay-race.ts';

const assumedContextTokens = 2048;

/** Weights are read from the file as they are needed, so tables of which few rows are used may never be in memory. */
const leastResidentShare = 0.5;

function number({ values, architecture }: GgufHeader, key: string): number | undefined {
  const value = values.get(`${architecture}.${key}`);
  return typeof value === 'number' && value > 0 ? value : undefined;
}

/**
 * Share of the weights that one token passes through: without the table of the vocabulary, of which a token needs one row
 * (more than half of a small model with a large vocabulary), and with the experts that are used.
 */
function activeShare(header: GgufHeader, parameters: number): number {
  const vocabulary = header.lengths.get('tokenizer.ggml.tokens') ?? 0;
  const table = vocabulary * (number(header, 'embedding_length') ?? 0);
  const [all, used] = [number(header, 'expert_count'), number(header, 'expert_used_count')];
  const experts = all !== undefined && used !== undefined && used < all ? used / all : 1;
  return table < parameters ? (1 - table / parameters) * experts : experts;
}

async function entrantFacts(
  { spec: { name, file } }: PlannedModel,
  suite: Suite,
  memoryLimitBytes: number | undefined,
): Promise<RaceEntrantFacts> {
  if (file === undefined) return { model: name };
  const contextTokens = suite.contextTokens ?? assumedContextTokens;
  const { weightsBytes, parameters } = await estimateModelMemory(file, contextTokens, plannedConcurrency(suite));
  const activeBytes = Math.round(weightsBytes * activeShare(await readGgufHeader(file), parameters));
  const facts = { model: name, activeBytes, memoryFloor: weightsBytes * leastResidentShare };
  if (memoryLimitBytes === undefined || weightsBytes <= memoryLimitBytes) return facts;
  const exclusion = `its weights take ${sizeText(weightsBytes)}, and ${sizeText(memoryLimitBytes)} are free`;
  return { ...facts, exclusion };
}

/** What is known of each model before it is launched, cheapest first; models without a file come last. */
export async function raceEntrants(
  models: readonly PlannedModel[],
  suite: Suite,
  memoryLimitBytes: number | undefined,
): Promise<readonly RaceEntrantFacts[]> {
  const facts: RaceEntrantFacts[] = [];
  for (const model of models) facts.push(await entrantFacts(model, suite, memoryLimitBytes));
  return raceOrder(facts);
}
