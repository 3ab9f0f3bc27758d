import * as z from 'zod';
import { jsonInside } from '../../core/json-inside.ts';
import { ModelError, ServerError } from '../../core/errors.ts';
import { nearestName } from '../../core/nearest-name.ts';
import type { ServerConnection } from './server-connection.ts';
import { readJson } from './server-reply.ts';

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
}

const modelList = z.looseObject({
  data: z.array(
    z.looseObject({
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
    }),
  ),
});

type ListedModel = z.output<typeof modelList>['data'][number];

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

function chooseModel(url: string, models: readonly ListedModel[], servedName: string | undefined): ListedModel {
  const names = models.flatMap(({ id, aliases }) => [id, ...(aliases ?? [])]);
  const known = [...new Set(names)];
  const [first, second] = models;
  if (servedName === undefined) {
    if (first !== undefined && second === undefined) return first;
    throw new ModelError(`${url} serves ${models.length} models: ${known.join(', ')}`, {
      hint: 'Name one of them after #, as in openai:http://127.0.0.1:8000/v1#name.',
    });
  }
  const found = models.find(({ id, aliases }) => id === servedName || aliases?.includes(servedName) === true);
  if (found !== undefined) return { ...found, id: servedName };
  const near = nearestName(servedName, known);
  throw new ModelError(`${url} serves no model "${servedName}"; it serves: ${known.join(', ')}`, {
    hint: near === undefined ? 'Name one of them after #.' : `Did you mean "${near}"?`,
  });
}

/** Asks the list of models, which also shows whether the address, the key and the name are right. */
async function listModels(
  connection: ServerConnection,
  signal: AbortSignal,
): Promise<readonly ListedModel[] | undefined> {
  const url = `${connection.baseUrl}/models`;
  const { value } = await connection.ask(async () => {
    const reply = await connection.send('GET', '/models', undefined, signal);
    // Some gateways have no list; then the first request shows whether the name is right.
    if (reply.statusCode === 404 || reply.statusCode === 405) {
      await reply.body.dump();
      return undefined;
    }
    return readJson(url, reply, modelList);
  }, signal);
  return value?.data;
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
  const listed = await listModels(connection, signal);
  if (listed === undefined && servedName === undefined) {
    throw new ServerError(
      'the server has no list of models',
      { url: connection.baseUrl },
      {
        hint: 'Name the model after #, and check that the address ends with /v1.',
      },
    );
  }
  const model = listed === undefined ? undefined : chooseModel(connection.baseUrl, listed, servedName);
  const flavour = owners[model?.owned_by ?? ''] ?? 'unknown';
  const own = flavour === 'llama-server' ? await optional(connection, '/props', props, signal) : undefined;
  const meta = model?.meta ?? {};
  return {
    flavour,
    version: own?.build_info ?? (await readVersion(connection, flavour, signal)),
    servedName: model?.id ?? servedName ?? '',
    contextTokens: own?.default_generation_settings?.n_ctx ?? model?.max_model_len ?? undefined,
    trainedContextTokens: meta.n_ctx_train,
    parameters: meta.n_params,
    weightsBytes: meta.size,
    vocabularySize: meta.n_vocab,
    quantisation: meta.ftype,
    chatTemplate: own?.chat_template === '' ? undefined : own?.chat_template,
    slots: own?.total_slots,
    bosToken: own?.bos_token,
    eosToken: own?.eos_token,
  };
}
