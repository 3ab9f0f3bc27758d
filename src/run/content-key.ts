import { createHash } from 'node:crypto';
import type { ModelInfo, ModelSpec, Thinking } from '../core/engine.ts';
import { thinkingText } from '../core/model-setting.ts';
import type { Manifest, ModelFacts } from '../core/manifest.ts';
import type { Suite } from '../core/suite.ts';
import { valueWithoutSecrets } from '../core/without-secrets.ts';
import type { PlannedModel, PlannedTask } from './plan.ts';

/** sha256 of a value as JSON; object keys in the order given. */
export function hashJson(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

/** What a launch tells about a model, for the manifest. */
export function launchedFacts(facts: ModelFacts, info: ModelInfo): ModelFacts {
  const { engineBuild, devices, computesOn, architecture, promptStyle, serverCommand, deviceCount } = info;
  const { threads, parameters, weightsBytes, quantisation, scoredBy, thinking, draft, notes = [] } = info;
  const { chatTemplateSha256, tokenizerSha256 } = info;
  return {
    ...facts,
    engineBuild,
    devices,
    architecture,
    promptStyle,
    serverCommand,
    deviceCount,
    threads,
    parameters,
    quantisation,
    chatTemplateSha256,
    tokenizerSha256,
    ...(weightsBytes !== undefined && { weightsBytes }),
    ...(scoredBy !== undefined && { scoredBy }),
    ...(thinking !== undefined && { thinking }),
    ...(draft !== undefined && { draft }),
    ...(computesOn !== undefined && { computesOn }),
    ...(notes.length > 0 && { notes }),
  };
}

/** Why it was resolved like that decides nothing. */
function thinkingInKey(thinking: Thinking | undefined): Omit<Thinking, 'because'> | undefined {
  if (thinking === undefined || thinking.mode === 'none') return undefined;
  const { mode, budget, effort } = thinking;
  return { mode, budget, effort };
}

/**
 * What decides the answers of a cell, and so whether stored ones still hold, and which cells share theirs. Threads,
 * concurrency, and whatever else decides only speed aren't in it.
 */
export function cellKey(model: PlannedModel, info: ModelInfo, planned: PlannedTask, suite: Suite): string {
  const { contextTokens = suite.contextTokens, ...options } = model.answerOptions;
  return keyWith({ options, contextTokens }, model, info, planned, suite);
}

/** The key of cells of before, which had all options in it. */
export function earlierCellKey(model: PlannedModel, info: ModelInfo, planned: PlannedTask, suite: Suite): string {
  const { contextTokens } = suite;
  return keyWith({ options: model.spec.engineOptions, contextTokens }, model, info, planned, suite);
}

function keyWith(
  { options, contextTokens }: { readonly options: ModelSpec['engineOptions']; readonly contextTokens: unknown },
  model: PlannedModel,
  info: ModelInfo,
  { task, facts }: PlannedTask,
  suite: Suite,
): string {
  return hashJson({
    model: model.facts.fileSha256 ?? model.facts.source,
    engine: model.spec.engine,
    engineOptions: valueWithoutSecrets(options),
    engineBuild: info.engineBuild,
    template: info.chatTemplateSha256,
    tokenizer: info.tokenizerSha256,
    promptStyle: info.promptStyle,
    contextTokens,
    // Absent where nothing is set, so that older keys stay what they are.
    thinking: thinkingInKey(info.thinking),
    templateArgs: model.spec.templateArgs,
    structuredOutput: model.spec.structuredOutput,
    task: task.id,
    data: facts.dataSha256,
    protocol: suite.protocol,
  });
}

/** In words, what of a model differs from what the manifest says; empty where nothing does. */
export function modelDifferences(manifest: Manifest, name: string, now: ModelFacts): readonly string[] {
  const then = manifest.models[name];
  if (then?.engineBuild === undefined) return [];
  const keys = ['fileSha256', 'engineBuild', 'chatTemplateSha256', 'tokenizerSha256', 'promptStyle'] as const;
  const thinking = ({ thinking: own }: ModelFacts): string => (own === undefined ? 'none' : thinkingText(own));
  return [
    ...keys
      .filter((key) => then[key] !== now[key])
      .map((key) => `${key}: ${then[key] ?? 'none'} then, ${now[key] ?? 'none'} now`),
    ...(thinking(then) === thinking(now) ? [] : [`thinking: ${thinking(then)} then, ${thinking(now)} now`]),
  ];
}
