import * as z from 'zod';
import type { PromptStyle } from '../../core/engine.ts';
import { jsonInside } from '../../core/json-inside.ts';
import { ModelError, ServerError } from '../../core/errors.ts';
import { nearestName } from '../../core/nearest-name.ts';
import type { ServerConnection } from './server-connection.ts';
import type { FieldChanges } from './field-changes.ts';
import { servedSource } from './server-address.ts';
import { readJson, refusalText, RequestFault } from './server-reply.ts';

/** Programs whose ways beyond the protocol are known. */
export type ServerFlavour = 'llama-server' | 'vllm' | 'sglang' | 'ollama' | 'unknown';

/** What a server tells of itself and of one model. */
export interface ServerFacts {
  readonly flavour: ServerFlavour;
  readonly version: string | undefined;
  /** Name that requests carry. */
  readonly servedName: string;
  /** Tokens that one sequence may hold; undefined where nobody says. */
  readonly contextTokens: number | undefined;
  readonly trainedContextTokens: number | undefined;
  readonly parameters: number | undefined;
  readonly weightsBytes: number | undefined;
  readonly vocabularySize: number | undefined;
  readonly quantisation: string | undefined;
  readonly chatTemplate: string | undefined;
  /** Sequences that the server decodes at once; undefined where it doesn't tell. */
  readonly slots: number | undefined;
  /** Text of the token that begins every sequence. */
  readonly bosToken: string | undefined;
  readonly eosToken: string | undefined;
  /** Fields that it refuses, at each of its endpoints. */
  readonly changes: Readonly<Record<PromptStyle, FieldChanges>>;
}

export const noChanges: ServerFacts['changes'] = { chat: {}, plain: {} };

const listedModel = z.looseObject({
  id: z.string(),
  aliases: z.array(z.string()).nullish(),
  owned_by: z.string().nullish(),
  /** vLLM and SGLang. */
  max_model_len: z.number().nullish(),
  /** llama-server. */
  meta: z
    .looseObject({
      n_ctx_train: z.number(),
      n_params: z.number(),
      size: z.number(),
      n_vocab: z.number(),
      ftype: z.string(),
    })
    .partial()
    .nullish(),
});

type ListedModel = z.output<typeof listedModel>;

/** Some servers leave out what is around the list, and Ollama says null where it is empty. */
const modelList = z.preprocess(
  (value) => (Array.isArray(value) ? { data: value } : value),
  z.looseObject({ data: z.array(listedModel).nullable() }),
);

const props = z.looseObject({
  default_generation_settings: z.looseObject({ n_ctx: z.number().optional() }).optional(),
  total_slots: z.number().optional(),
  chat_template: z.string().optional(),
  bos_token: z.string().optional(),
  eos_token: z.string().optional(),
  build_info: z.string().optional(),
});

const version = z.looseObject({ version: z.string() });

const owners: Readonly<Record<string, ServerFlavour>> = {
  llamacpp: 'llama-server',
  vllm: 'vllm',
  sglang: 'sglang',
  library: 'ollama',
};

/** What a path at the server's root says, or undefined where the server has no such thing. */
async function optional<Schema extends z.ZodType>(
  connection: ServerConnection,
  path: string,
  schema: Schema,
  signal: AbortSignal,
): Promise<z.output<Schema> | undefined> {
  const { value } = await connection.ask(async () => {
    const { statusCode, body } = await connection.sendToRoot('GET', path, undefined, signal);
    const text = await body.text();
    return statusCode === 200 ? text : undefined;
  }, signal);
  return schema.safeParse(jsonInside(value)).data;
}

const shownNames = 20;

function namesText(names: readonly string[]): string {
  const left = names.length - shownNames;
  return `${names.slice(0, shownNames).join(', ')}${left > 0 ? `, and ${left} more` : ''}`;
}

/** What a server says that it serves, or why it doesn't say. */
export type ModelList = { readonly models: readonly ListedModel[] } | { readonly refused: string };

/**
 * The model that a name means at a server. A list without any names, or one with patterns, leaves every name possible.
 *
 * @param url the server's address, as shown to people
 * @throws {ModelError} if there is no such model, or none was named and there are several
 * @throws {ServerError} if none was named and the server has no list
 */
export function chooseModel(url: string, list: ModelList, servedName: string | undefined): ListedModel {
  const models = 'models' in list ? list.models : [];
  const known = [...new Set(models.flatMap(({ id, aliases }) => [id, ...(aliases ?? [])]))];
  const hasPattern = known.some((name) => name.includes('*'));
  if (servedName === undefined) {
    const [first] = models;
    if (first !== undefined && models.length === 1 && !hasPattern) return first;
    throw noneNamed(url, list, known);
  }
  const found = models.find(({ id, aliases }) => id === servedName || aliases?.includes(servedName) === true);
  if (found !== undefined) return { ...found, id: servedName };
  if (known.length === 0 || hasPattern) return { id: servedName };
  const near = nearestName(servedName, known);
  throw new ModelError(`${url} serves no model "${servedName}"; it serves: ${namesText(known)}`, {
    hint: near === undefined ? 'Name one of them after #.' : `Did you mean "${near}"?`,
  });
}

function noneNamed(url: string, list: ModelList, known: readonly string[]): ModelError | ServerError {
  const example = servedSource({ baseUrl: url, servedName: known.find((name) => !name.includes('*')) ?? 'name' });
  if ('refused' in list) {
    return new ServerError(
      `the server has no list of models (${list.refused})`,
      { url },
      { hint: `Check the address, which mostly ends with /v1, or name the model: ${example}.` },
    );
  }
  if (known.length === 0) {
    return new ModelError(`${url} serves no model: its list of models is empty`, {
      hint: `Load a model on the server, or name one: ${example}.`,
    });
  }
  return new ModelError(`${url} serves ${list.models.length} models: ${namesText(known)}`, {
    hint: `Name one of them after #, as in ${example}.`,
  });
}

/** What servers without a list answer to the question for it; what they list is advice, names are tried all the same. */
const withoutList = new Set([400, 404, 405, 422, 501]);

/**
 * Asks for the list of models, which also shows whether the address and the key are right.
 *
 * @throws {ServerError} if the server can't be reached, refuses the key, or doesn't speak the protocol
 */
export async function listModels(connection: ServerConnection, signal: AbortSignal): Promise<ModelList> {
  const url = `${connection.baseUrl}/models`;
  const { value } = await connection.ask(async (): Promise<ModelList> => {
    const reply = await connection.send('GET', '/models', undefined, signal);
    if (withoutList.has(reply.statusCode)) {
      const said = refusalText(reply.redact(await reply.body.text()));
      return { refused: [`HTTP ${reply.statusCode}`, said].filter((part) => part !== '').join(': ') };
    }
    try {
      return { models: (await readJson(url, reply, modelList)).data ?? [] };
    } catch (error) {
      // Some servers say 200 and put the refusal inside.
      if (error instanceof RequestFault) return { refused: error.message };
      throw error;
    }
  }, signal);
  return value;
}

async function readVersion(
  connection: ServerConnection,
  flavour: ServerFlavour,
  signal: AbortSignal,
): Promise<string | undefined> {
  const path = {
    vllm: '/version',
    ollama: '/api/version',
    sglang: '/get_server_info',
    'llama-server': undefined,
    unknown: undefined,
  }[flavour];
  if (path === undefined) return undefined;
  return (await optional(connection, path, version, signal))?.version;
}

/**
 * What the server tells of itself and of the model that it is asked for.
 *
 * @throws {ServerError} if it can't be reached or refuses the key
 * @throws {ModelError} if it serves no such model
 */
export async function readServerFacts(
  connection: ServerConnection,
  servedName: string | undefined,
  signal: AbortSignal,
): Promise<ServerFacts> {
  const model = chooseModel(connection.baseUrl, await listModels(connection, signal), servedName);
  const flavour = owners[model.owned_by ?? ''] ?? 'unknown';
  const own = flavour === 'llama-server' ? await optional(connection, '/props', props, signal) : undefined;
  const meta = model.meta ?? {};
  return {
    flavour,
    version: own?.build_info ?? (await readVersion(connection, flavour, signal)),
    servedName: model.id,
    contextTokens: own?.default_generation_settings?.n_ctx ?? model.max_model_len ?? undefined,
    trainedContextTokens: meta.n_ctx_train,
    parameters: meta.n_params,
    weightsBytes: meta.size,
    vocabularySize: meta.n_vocab,
    quantisation: meta.ftype,
    chatTemplate: own?.chat_template === '' ? undefined : own?.chat_template,
    slots: own?.total_slots,
    bosToken: own?.bos_token,
    eosToken: own?.eos_token,
    changes: noChanges,
  };
}
