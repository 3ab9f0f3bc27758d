/**
 * The openai engine: models behind an HTTP server that speaks the OpenAI protocol. What the server can do is asked with
 * known answers when a model is opened, not believed.
 */
import { randomBytes } from 'node:crypto';
import { clockOffsetMs } from '../../core/clock.ts';
import { parseEngineOptions } from '../../core/engine-options.ts';
import type {
  Capabilities,
  Engine,
  EngineOptions,
  LoadedModel,
  ModelInfo,
  ModelSpec,
  PromptStyle,
} from '../../core/engine.ts';
import { shownProxy } from '../../core/proxy.ts';
import { ModelError, UsageError } from '../../core/errors.ts';
import type { GpuPrograms } from '../../meters/devices/gpu-tools.ts';
import { looksTuned } from '../prompt-style.ts';
import { textSha256 } from '../prompt-tokens.ts';
import { servedMaxConcurrency } from '../request-pool.ts';
import { resolveThinking } from '../thinking/resolve-thinking.ts';
import { openClient } from './client-process.ts';
import type { ServedTarget } from './generate-request.ts';
import { localHost } from './local-host.ts';
import { type ClientSettings, createSalt } from './request-client.ts';
import { createServedModel, type ServerHost } from './served-model.ts';
import { type OpenAiOptions, openAiOptionsSchema } from './served-options.ts';
import { parseServedAddress } from './server-address.ts';
import { ServerConnection } from './server-connection.ts';
import { watchServer } from './server-watch.ts';
import { type ServerLink, serverLink } from './server-link.ts';
import { probeSchema } from './probe-schema.ts';
import { findStyle } from './probe-style.ts';
import { probeThinking } from './probe-thinking.ts';
import { readServerFacts, type ServerFacts } from './server-facts.ts';
import { probeLikelihood } from './token-scorers.ts';

const defaultHangMs = 300_000;
/** A server that isn't there when a model is opened is mostly a wrong address. */
const openRetryMs = 3_000;
const maxBackoffMs = 10_000;
/** Some servers never answer where they have no log-likelihoods. */
const likelihoodHangMs = 30_000;

export interface OpenAiEngineOptions {
  /** Where keys, headers and proxies are; nothing else is read from it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly tools?: GpuPrograms;
}

/** Thinking, and arguments for a template, are part of chats: who asks for them asks for chats. */
function isStyleFree({ promptStyle, thinking = 'auto', templateArgs }: ModelSpec): boolean {
  return promptStyle === 'auto' && thinking === 'auto' && templateArgs === undefined;
}

function resolveStyle(spec: ModelSpec, { flavour, servedName, chatTemplate }: ServerFacts): PromptStyle {
  const { promptStyle, name } = spec;
  if (promptStyle !== 'auto') return promptStyle === 'base' ? 'plain' : 'chat';
  if (flavour === 'llama-server' && chatTemplate === undefined) return 'plain';
  if (!isStyleFree(spec)) return 'chat';
  const names = [name, servedName];
  return looksTuned(names) || soundsThinking(names) ? 'chat' : 'plain';
}

/** Whether a name alone says that a model thinks. */
function soundsThinking(names: readonly string[]): boolean {
  const [model = ''] = names;
  const facts = { model, names, promptStyle: 'chat', template: undefined } as const;
  return resolveThinking('auto', facts).thinking.mode !== 'none';
}

/** @param known beforehand, or by asking */
function describeModel(
  spec: ModelSpec,
  facts: ServerFacts,
  known: Pick<OpenAiOptions, 'contextTokens' | 'devices'> & Pick<ModelInfo, 'promptStyle'>,
  host: ServerHost,
): ModelInfo {
  const { devices = 1, promptStyle } = known;
  const contextTokens = facts.contextTokens ?? known.contextTokens;
  if (contextTokens === undefined) {
    throw new ModelError(`${spec.name}: the server doesn't report its context length`, {
      hint: 'Set it with engineOptions: {contextTokens: 8192}, or --context-tokens.',
    });
  }
  const { chatTemplate } = facts;
  return {
    architecture: 'unknown',
    parameters: facts.parameters,
    weightsBytes: facts.weightsBytes,
    quantisation: facts.quantisation,
    trainedContextTokens: facts.trainedContextTokens,
    contextTokens,
    vocabularySize: facts.vocabularySize,
    chatTemplateSha256: chatTemplate === undefined ? undefined : textSha256(chatTemplate),
    promptStyle,
    structuredOutput: spec.structuredOutput,
    tokenizerSha256: undefined,
    engineBuild:
      facts.flavour === 'unknown'
        ? 'openai-compatible server'
        : `${facts.flavour} ${facts.version ?? '(unknown version)'}`,
    devices: [],
    threads: undefined,
    processIds: host.processIds,
    gpus: undefined,
    deviceCount: devices > 1 ? devices : undefined,
    serverCommand: undefined,
  };
}

function proxyNote(proxy: string): string {
  return `asked through the proxy ${shownProxy(new URL(proxy))}, whose part of the latency is included`;
}

/** What a model at a server is opened with, whoever started the server. */
export interface ServedModelRequest {
  readonly spec: ModelSpec;
  /** Undefined: the only model that the server has. */
  readonly servedName: string | undefined;
  readonly openAi: OpenAiOptions;
  readonly options: EngineOptions;
  readonly link: ServerLink;
  /** The machine behind the server, from what it tells. */
  readonly openHost: (facts: ServerFacts) => ServerHost;
}

/**
 * Looks at the server, probes what it can do, and opens the model.
 *
 * @throws {ServerError} if it can't be reached, refuses the key, or can't generate
 * @throws {ModelError} if it doesn't serve the model
 */
export async function openServedModel(request: ServedModelRequest, signal: AbortSignal): Promise<LoadedModel> {
  const { spec, servedName, openAi, options, link, openHost } = request;
  const hangMs = options.hangMs ?? defaultHangMs;
  const { retrySeconds, backoffSeconds } = openAi;
  const retry = { retryMs: retrySeconds * 1000, backoffMs: backoffSeconds * 1000, maxBackoffMs };
  const runId = randomBytes(4).toString('hex');
  const openRetry = { ...retry, retryMs: Math.min(openRetryMs, retry.retryMs) };
  await using probing = new ServerConnection({ ...link, hangMs, retry: openRetry });
  const facts = await readServerFacts(probing, servedName, signal);
  const first: ServedTarget = { connection: probing, facts, extra: openAi.body, salt: createSalt(`${runId}-probe`) };
  const host = openHost(facts);
  const wanted = { wanted: resolveStyle(spec, facts), isFree: isStyleFree(spec) };
  const { style: promptStyle, target: probe, usage, notes } = await findStyle(first, wanted, signal);
  const contextTokens = options.contextTokens ?? openAi.contextTokens;
  const info = describeModel(spec, facts, { contextTokens, devices: openAi.devices, promptStyle }, host);
  const { thinking, served } = await probeThinking(probe, { spec, promptStyle }, signal);
  const schemaWay =
    spec.structuredOutput === true
      ? await probeSchema({ ...probe, thinking: served }, { name: spec.name, promptStyle }, signal)
      : undefined;
  await using impatient = new ServerConnection({
    ...link,
    hangMs: Math.min(hangMs, likelihoodHangMs),
    retry: openRetry,
  });
  const asked = { choice: openAi.loglikelihood, style: promptStyle };
  const likelihood = await probeLikelihood({ ...probe, connection: impatient }, asked, signal);
  const { way, scorer } = 'scorer' in likelihood ? likelihood : {};
  const capabilities: Capabilities = {
    generate: true,
    loglikelihood: scorer !== undefined,
    whyNoLoglikelihood: 'reason' in likelihood ? likelihood.reason : undefined,
    isLoglikelihoodDetour: scorer?.isDetour === true,
    prefixReuse: facts.flavour !== 'unknown' && facts.flavour !== 'ollama',
    usage,
    memory: host.memory !== undefined,
    isTimedByClient: true,
    ...(schemaWay !== undefined && { structuredOutput: true }),
  };
  const settings: ClientSettings = {
    ...link,
    hangMs,
    clockOffsetMs,
    retry,
    facts: 'scorer' in likelihood ? likelihood.facts : probe.facts,
    extra: openAi.body,
    saltPrefix: runId,
    scorer: way,
    thinking: served,
    schemaWay,
  };
  const client = await openClient(settings, options.clientProcesses ?? 1);
  const all = [
    ...(facts.note === undefined ? [] : [facts.note]),
    ...notes,
    ...(link.proxy === undefined ? [] : [proxyNote(link.proxy)]),
  ];
  const known = { ...info, scoredBy: scorer?.name, thinking, notes: all, ...host.describe() };
  return createServedModel({ name: spec.name, info: known, capabilities, client, maxScored: scorer?.maxPlaces, host });
}

/** Engine options are those of `openAiOptionsSchema`; the source is the server's address. */
export function createOpenAiEngine({ environment, tools = {} }: OpenAiEngineOptions): Engine {
  return {
    kind: 'openai',
    maxConcurrency: servedMaxConcurrency,
    async open(spec, options, signal) {
      signal.throwIfAborted();
      if (spec.source === undefined) {
        throw new UsageError(`${spec.name}: the openai engine needs the address of a server`, {
          hint: 'Write openai:http://127.0.0.1:8000/v1#served-name.',
        });
      }
      const openAi = parseEngineOptions(openAiOptionsSchema, 'openai', spec);
      const address = parseServedAddress(spec.source);
      const link = serverLink(address, openAi, environment);
      return openServedModel(
        {
          spec,
          servedName: address.servedName,
          openAi,
          options,
          link,
          openHost: ({ weightsBytes, flavour }) => ({
            ...localHost({ baseUrl: address.baseUrl, weightsBytes, tools }),
            ...watchServer(link, flavour),
          }),
        },
        signal,
      );
    },
  };
}
