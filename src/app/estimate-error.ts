import { stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import type { PassResult } from '../core/cell.ts';
import { ModelError } from '../core/errors.ts';
import type { HostFacts, ModelFacts } from '../core/manifest.ts';
import type { Store } from '../core/store.ts';
import { isSystemError } from '../core/system-error.ts';
import { isThere } from '../files/if-there.ts';
import { type ModelOutline, readModelOutline } from '../gguf/model-outline.ts';
import { estimateSpeed } from '../gguf/model-speed.ts';
import { rememberedSha256 } from '../sources/file-sha256.ts';
import { listModels } from '../sources/model-list.ts';
import { memoryOfOutline } from '../sources/model-memory.ts';
import type { SourceSettings } from '../sources/source-settings.ts';
import { type EstimateFactor, estimateFactor } from '../stats/estimate-factor.ts';
import { geometricMean, meanOf } from '../stats/means.ts';
import { isSameMachine, type MachineRoofline } from './machine-roofline.ts';

/** What is estimated of a model; the latter two are times of a request alone. */
export const estimatedMetrics = ['memory', 'firstToken', 'token'] as const;
export type EstimatedMetric = (typeof estimatedMetrics)[number];

/** By how much the estimates miss on this machine, by what is estimated. */
export type EstimateErrors = Readonly<Record<EstimatedMetric, EstimateFactor>>;

/** Measured over estimated, of one model that the store has runs of. */
export interface KnownRatio {
  readonly model: string;
  /** Of its file. */
  readonly sha256: string;
  readonly ratios: Readonly<Record<EstimatedMetric, readonly number[]>>;
}

/** What is assumed of the logarithm of a ratio until runs tell: deviations of a tenth and of a quarter. */
export const assumedDeviations: Readonly<Record<EstimatedMetric, number>> = {
  memory: 0.1,
  firstToken: 0.25,
  token: 0.25,
};

const newestRuns = 30;

const known = (values: readonly (number | null)[] | undefined): readonly number[] =>
  (values ?? []).filter((value) => value !== null && value > 0) as readonly number[];

/** Peak over what the header says of it. The cache is as it was measured: how long sequences were isn't stored. */
function memoryRatio({ memory, concurrency }: PassResult, outline: ModelOutline): readonly number[] {
  if (memory?.split === undefined || memory.devices !== undefined) return [];
  const { totalBytes, kvBytes } = memoryOfOutline(outline, { contextTokens: 1, sequences: concurrency });
  return [memory.peakBytes / (totalBytes - kvBytes + memory.split.kvBytes)];
}

/** Times of a latency pass over those of a request as long as its mean. */
function timeRatios(
  { latencies, memory, warnings }: PassResult,
  outline: ModelOutline,
  roofline: MachineRoofline,
): Pick<KnownRatio['ratios'], 'firstToken' | 'token'> {
  const [prompts, firstMs, tokenMs, outputs] = [
    known(latencies?.promptTokens),
    known(latencies?.timeToFirstTokenMs),
    known(latencies?.timePerOutputTokenMs),
    known(latencies?.outputTokens),
  ];
  const isBusy = warnings.some(({ reason }) => reason === 'host_busy');
  if (isBusy || prompts.length === 0 || memory?.devices !== undefined) return { firstToken: [], token: [] };
  const promptTokens = meanOf(prompts);
  const contextTokens = promptTokens + (outputs.length === 0 ? 0 : meanOf(outputs) / 2);
  const speed = estimateSpeed(outline, roofline, { promptTokens, contextTokens, kvCache: 'f16' });
  if (speed === undefined) return { firstToken: [], token: [] };
  return {
    firstToken: firstMs.length === 0 ? [] : [meanOf(firstMs) / speed.firstTokenMs],
    token: tokenMs.length === 0 ? [] : [meanOf(tokenMs) / speed.tokenMs],
  };
}

interface ErrorQuestion {
  readonly store: Store;
  readonly settings: SourceSettings;
  readonly host: HostFacts;
  /** Without it only memory is compared. */
  readonly roofline: MachineRoofline | undefined;
  /** Is told of models that say nothing because their files can't be read any more. */
  readonly onDetail?: ((text: string) => void) | undefined;
}

/** Whether a file is still that of a stored model; its whole content isn't read for that. */
async function isStill(
  { fileSha256, fileBytes, architecture, parameters }: ModelFacts,
  path: string,
  outline: ModelOutline,
  cacheDir: string,
): Promise<boolean> {
  if ((await stat(path)).size !== fileBytes) return false;
  const remembered = await rememberedSha256(path, cacheDir);
  if (remembered !== undefined) return remembered === fileSha256;
  return (
    outline.architecture === (architecture ?? outline.architecture) &&
    outline.parameters === (parameters ?? outline.parameters)
  );
}

/** Of a stored model whose file is still here: in a cache, or where it was. */
async function storedOutline(
  name: string,
  facts: ModelFacts,
  listed: Awaited<ReturnType<typeof listModels>>,
  { settings, onDetail }: ErrorQuestion,
): Promise<ModelOutline | undefined> {
  const inCache = listed.find(({ sha256 }) => sha256 === facts.fileSha256)?.path;
  const path = inCache ?? facts.source;
  if (!isAbsolute(path) || !(await isThere(path))) return undefined;
  try {
    const outline = await readModelOutline(path);
    const isSame = inCache !== undefined || (await isStill(facts, path, outline, settings.cacheDir));
    if (!isSame) onDetail?.(`${path} is another file than ${name} was, so its runs say nothing of estimates`);
    return isSame ? outline : undefined;
  } catch (error) {
    if (!(error instanceof ModelError || isSystemError(error))) throw error;
    onDetail?.(`runs of ${name} say nothing of estimates: ${error.message}`);
    return undefined;
  }
}

/** Whether a model of a run was computed as estimates assume: in process, without a draft, with all threads. */
function isComparable({ engine, draftFile, threads }: ModelFacts, roofline: MachineRoofline | undefined): boolean {
  const isUsual = (engine ?? 'llama') === 'llama' && draftFile === undefined;
  return isUsual && (roofline === undefined || threads === roofline.threads);
}

/**
 * How far estimates are from what was measured: every model that newer runs on this machine have measured in process, and
 * whose file is here, estimated as if it weren't. Passes on a busy machine don't count for times.
 */
export async function knownRatios(question: ErrorQuestion): Promise<readonly KnownRatio[]> {
  const { store, settings, host, roofline } = question;
  const outlines = new Map<string, ModelOutline | undefined>();
  const listed = await listModels(settings);
  const found = new Map<string, { model: string; memory: number[]; firstToken: number[]; token: number[] }>();
  for (const { id, manifest } of (await store.listRuns()).slice(0, newestRuns)) {
    if (manifest.imported !== undefined || !isSameMachine(manifest.host, host)) continue;
    for (const cell of await store.cells(id)) {
      const facts = manifest.models[cell.model];
      if (facts?.fileSha256 === undefined || !isComparable(facts, roofline)) continue;
      const key = `${facts.fileSha256} ${facts.source}`;
      if (!outlines.has(key)) outlines.set(key, await storedOutline(cell.model, facts, listed, question));
      const outline = outlines.get(key);
      if (outline === undefined) continue;
      const ratios = found.get(facts.fileSha256) ?? { model: cell.model, memory: [], firstToken: [], token: [] };
      found.set(facts.fileSha256, ratios);
      for (const result of await store.passResults(cell.id)) {
        if (result.pass === 'throughput') ratios.memory.push(...memoryRatio(result, outline));
        if (result.pass !== 'latency' || roofline === undefined) continue;
        const times = timeRatios(result, outline, roofline);
        ratios.firstToken.push(...times.firstToken);
        ratios.token.push(...times.token);
      }
    }
  }
  return [...found].map(([sha256, { model, ...ratios }]) => ({ model, sha256, ratios }));
}

/** What models that were measured say of estimates of others: each model counts once, however many runs it has. */
export function estimateErrors(all: readonly KnownRatio[]): EstimateErrors {
  const of = (metric: EstimatedMetric): EstimateFactor => {
    const each = all.map(({ ratios }) => ratios[metric]).filter((ratios) => ratios.length > 0);
    return estimateFactor(
      each.map((ratios) => geometricMean(ratios)),
      assumedDeviations[metric],
    );
  };
  return { memory: of('memory'), firstToken: of('firstToken'), token: of('token') };
}
