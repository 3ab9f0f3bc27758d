import { type Suite, suiteSchema } from '../core/suite.ts';
import type { RunPlan } from '../run/plan.ts';
import { parseModelRequest } from '../sources/model-request.ts';
import { resolveModel } from '../sources/resolve-model.ts';
import type { LocalContext } from './local-context.ts';
import { prepareRun, withTimeLimit } from './prepare-run.ts';

const models = ['smollm2-135m-instruct', 'gemma-3-270m', 'qwen2.5-coder-0.5b-instruct'] as const;

/** Three small models on the built-in mini set, one pass each: the paper's protocol is the shortest that gives a PER. */
function quickstartSuite(): Suite {
  return suiteSchema.parse({
    name: 'quickstart',
    models: [...models],
    tasks: ['mini'],
    protocol: 'paper',
    concurrency: 8,
    // What is waited is not there for items.
    waitQuiet: 10,
  });
}

export interface QuickstartModel {
  readonly name: string;
  /** 0 where it is on this machine already. */
  readonly bytesToFetch: number;
}

/** What would be fetched; asks no server. */
export async function quickstartModels({ settings, workingFolder }: LocalContext): Promise<readonly QuickstartModel[]> {
  const found: QuickstartModel[] = [];
  for (const name of models) {
    const request = parseModelRequest(name, workingFolder);
    const isHere = (await resolveModel(request, settings)) !== undefined;
    found.push({ name, bytesToFetch: isHere ? 0 : (request.bytes ?? 0) });
  }
  return found;
}

/** Fetches the models, whose downloads don't count, and plans as many items as fit into the time. */
export async function prepareQuickstart(
  timeLimitMs: number,
  context: LocalContext,
  signal: AbortSignal,
): Promise<RunPlan> {
  return withTimeLimit(await prepareRun(quickstartSuite(), context, signal), timeLimitMs);
}
