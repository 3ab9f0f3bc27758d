import * as z from 'zod';
import type { PromptStyle } from '../../core/engine.ts';
import { jsonInside } from '../../core/json-inside.ts';
import { chooseModel, listModels } from './listed-models.ts';
import { readText } from './reply-body.ts';
import type { ServerConnection } from './server-connection.ts';
import type { FieldChanges } from './field-changes.ts';

/** Programs whose ways beyond the protocol are known. */
export type ServerFlavour = 'llama-server' | 'vllm' | 'sglang' | 'ollama' | 'unknown';

/** What a server tells of itself and of one model. */
export interface ServerFacts {
  readonly flavour: ServerFlavour;
  readonly version: string | undefined;
  /** Name that requests carry. */
  readonly servedName: string;
  /** What people must know of that name, in one line. */
  readonly note?: string;
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
  /** Fields that it refuses, at each of its endpoints; absent where none is known. */
  readonly changes?: Partial<Readonly<Record<PromptStyle, FieldChanges>>>;
}

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
    const reply = await connection.sendToRoot('GET', path, undefined, signal);
    const text = await readText(reply);
    return reply.statusCode === 200 ? text : undefined;
  }, signal);
  return schema.safeParse(jsonInside(value)).data;
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
  const model = await chooseModel(connection, await listModels(connection, signal), servedName, signal);
  const flavour = owners[model.owned_by ?? ''] ?? 'unknown';
  const own = flavour === 'llama-server' ? await optional(connection, '/props', props, signal) : undefined;
  const meta = model.meta ?? {};
  return {
    flavour,
    version: own?.build_info ?? (await readVersion(connection, flavour, signal)),
    servedName: model.id,
    ...(model.note !== undefined && { note: model.note }),
    contextTokens:
      own?.default_generation_settings?.n_ctx ??
      model.max_model_len ??
      model.context_length ??
      model.context_window ??
      undefined,
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
