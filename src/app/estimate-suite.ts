import type { Store } from '../core/store.ts';
import { modelSettings, suiteSettings } from '../core/suite-settings.ts';
import type { Suite } from '../core/suite.ts';
import { usualContextTokens } from '../gguf/model-needs.ts';
import { plannedConcurrency } from '../run/protocol.ts';
import { listModels } from '../sources/model-list.ts';
import { requestEntry } from '../sources/model-request.ts';
import { expandModels } from './candidates.ts';
import {
  type AskedModel,
  type Estimates,
  type EstimateWorld,
  estimateModels,
  modelProblem,
  rankByFit,
} from './estimate-models.ts';
import { findModels } from './find-models.ts';
import type { LocalContext } from './local-context.ts';
import { placedOptions } from './local-outlook.ts';
import { checkEngines, describeModelSource, nameModel } from './prepare-models.ts';

export interface EstimateOptions extends Pick<
  EstimateWorld,
  'memoryLimitBytes' | 'gpus' | 'recalibrate' | 'signal' | 'measure' | 'chooseDevice' | 'onDetail'
> {
  /** Whose runs tell by how much estimates miss. */
  readonly store: Store | undefined;
}

async function worldOf(
  context: LocalContext,
  options: EstimateOptions,
): Promise<Omit<EstimateWorld, 'allowBusy' | 'patience' | 'contextTokens' | 'sequences'>> {
  const { settings, meter, onStep } = context;
  return { ...options, settings, meter, onStep, cacheDir: settings.cacheDir, host: await context.hostFacts() };
}

/** A model of a suite with nothing left open, or why there is none. Servers aren't asked: no file of theirs tells. */
async function askedModel(
  entry: Suite['models'][number],
  suite: Suite,
  context: LocalContext,
  signal: AbortSignal,
): Promise<AskedModel> {
  const asked = (settled: typeof entry): AskedModel => {
    const model = nameModel(settled, context.workingFolder);
    const options = placedOptions(model);
    return {
      name: model.name,
      source: describeModelSource(model),
      request: model.request,
      options: options && { ...options, threads: options.threads ?? suite.threads },
    };
  };
  if (asked(entry).request === undefined) return asked(entry);
  try {
    const { models } = await findModels({ ...suite, models: [entry] }, context, signal);
    return asked(models[0] ?? entry);
  } catch (error) {
    return { ...asked(entry), problem: modelProblem(error) };
  }
}

/**
 * Estimates memory and speed of a suite's models on this machine, from the headers of their files alone. What is wrong
 * with one of them is said of that one.
 *
 * @throws {UsageError | UnknownNameError} for models that don't exist, and what engines can't do
 */
export async function estimateSuite(
  written: Suite,
  context: LocalContext,
  options: EstimateOptions,
): Promise<Estimates> {
  const suite = await expandModels(written, context.workingFolder);
  await checkEngines(suite, context.workingFolder);
  const asked: AskedModel[] = [];
  for (const entry of suite.models) asked.push(await askedModel(entry, suite, context, options.signal));
  return estimateModels(asked, {
    ...(await worldOf(context, options)),
    allowBusy: suite.allowBusy,
    patience: 'retry',
    contextTokens: suite.contextTokens ?? usualContextTokens,
    sequences: plannedConcurrency(suite),
  });
}

/**
 * Estimates every model of the catalogue and of the caches on this machine, those first that fit.
 *
 * @param allowBusy see RooflineWorld
 */
export async function estimateListed(
  context: LocalContext,
  { allowBusy, ...options }: EstimateOptions & { readonly allowBusy: boolean },
): Promise<Estimates> {
  const asked = (await listModels(context.settings)).map(
    ({ name, source, entry, path = '', bytes, sha256 }): AskedModel => {
      const request =
        entry === undefined
          ? ({ written: name, name, sources: [{ kind: 'file', path }], sha256, bytes, entry } as const)
          : requestEntry(entry);
      const spec = { name, engine: String(modelSettings.engine.fallback), engineOptions: {} };
      return { name, source, request, options: placedOptions(spec) };
    },
  );
  const estimates = await estimateModels(asked, {
    ...(await worldOf(context, options)),
    allowBusy,
    patience: 'probe',
    contextTokens: usualContextTokens,
    sequences: Number(suiteSettings.concurrency.fallback),
  });
  return { ...estimates, models: rankByFit(estimates.models) };
}
