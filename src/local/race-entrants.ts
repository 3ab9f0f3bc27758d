import type { RaceEntrantFacts } from '../core/race.ts';
import type { Suite } from '../core/suite.ts';
import { type GgufHeader, readGgufHeader } from '../gguf/gguf-header.ts';
import type { PlannedModel } from '../run/plan.ts';
import { plannedConcurrency } from '../run/suite-engine.ts';
import { describeBytes } from '../sources/describe-bytes.ts';
import { estimateModelMemory } from '../sources/model-memory.ts';
import { raceOrder } from '../stats/race/replay-race.ts';

const assumedContextTokens = 2048;

/** Weights are read from the file as they are needed, so tables of which few rows are used may never be in memory. */
const leastResidentShare = 0.5;

/** Share of the weights that one token passes through: less than all where there are experts. */
function activeShare({ values, architecture }: GgufHeader): number {
  const all = values.get(`${architecture}.expert_count`);
  const used = values.get(`${architecture}.expert_used_count`);
  return typeof all === 'number' && typeof used === 'number' && all > used && used > 0 ? used / all : 1;
}

async function entrantFacts(
  { spec: { name, file } }: PlannedModel,
  suite: Suite,
  memoryLimitBytes: number | undefined,
): Promise<RaceEntrantFacts> {
  if (file === undefined) return { model: name };
  const contextTokens = suite.contextTokens ?? assumedContextTokens;
  const { weightsBytes } = await estimateModelMemory(file, contextTokens, plannedConcurrency(suite));
  const activeBytes = weightsBytes * activeShare(await readGgufHeader(file));
  const facts = { model: name, activeBytes, memoryFloor: weightsBytes * leastResidentShare };
  if (memoryLimitBytes === undefined || weightsBytes <= memoryLimitBytes) return facts;
  const exclusion = `its weights take ${describeBytes(weightsBytes)}, and ${describeBytes(memoryLimitBytes)} are free`;
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
