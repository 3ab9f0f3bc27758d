import * as z from 'zod';
import { ModelError, ServerError } from '../../core/errors.ts';
import { jsonInside } from '../../core/json-inside.ts';
import { nearestName } from '../../core/nearest-name.ts';
import { passingCode } from '../../core/retry.ts';
import { servedSource } from './server-address.ts';
import { type AnswerPart, readPart } from './answer-part.ts';
import { fewTokens } from './field-changes.ts';
import type { ServerConnection } from './server-connection.ts';
import { readRefusalText, readText } from './reply-body.ts';
import { readJson, refusalText } from './server-reply.ts';

const listedModel = z.looseObject({
  id: z.string(),
  aliases: z.array(z.string()).nullish().catch(undefined),
  owned_by: z.string().nullish().catch(undefined),
  /** vLLM and SGLang; gateways have other names for it. */
  max_model_len: z.number().nullish().catch(undefined),
  context_length: z.number().nullish().catch(undefined),
  context_window: z.number().nullish().catch(undefined),
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
    .nullish()
    .catch(undefined),
});

type ListedModel = z.output<typeof listedModel>;

/** Where lists have their entries, and entries their names: OpenAI's, LM Studio's, Ollama's, Gemini's. */
const listKeys = ['data', 'models', 'result', 'results', 'items'] as const;
const nameKeys = ['id', 'model', 'name', 'key', 'model_id', 'slug'] as const;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function listedIn(entry: unknown): readonly ListedModel[] {
  if (typeof entry === 'string') return [{ id: entry }];
  if (!isObject(entry)) return [];
  const id = nameKeys.map((key) => entry[key]).find((name) => typeof name === 'string' && name !== '');
  const parsed = listedModel.safeParse({ ...entry, id });
  return parsed.success ? [parsed.data] : [];
}

/**
 * The models of a list in any of the shapes that servers give it; entries without a name are none.
 *
 * @returns undefined where there is no list
 */
function modelsIn(value: unknown): readonly ListedModel[] | undefined {
  if (Array.isArray(value)) return value.flatMap(listedIn);
  if (!isObject(value)) return undefined;
  for (const key of listKeys) {
    const inside = value[key];
    if (Array.isArray(inside)) return inside.flatMap(listedIn);
    if (inside === null) return [];
    if (!isObject(inside)) continue;
    // A list within, or models by their names.
    const entries =
      modelsIn(inside) ??
      Object.entries(inside).flatMap(([id, each]) => (isObject(each) ? listedIn({ id, ...each }) : []));
    return entries;
  }
  return undefined;
}

const shownNames = 20;

function namesText(names: readonly string[]): string {
  const left = names.length - shownNames;
  return `${names.slice(0, shownNames).join(', ')}${left > 0 ? `, and ${left} more` : ''}`;
}

/** What a server says that it serves, or why it doesn't say: in a few words, and as an error where that is one. */
export type ModelList =
  | { readonly models: readonly ListedModel[] }
  | { readonly refused: string; readonly error?: ServerError };

const namesOf = (list: ModelList): readonly string[] =>
  'models' in list ? [...new Set(list.models.flatMap(({ id, aliases }) => [id, ...(aliases ?? [])]))] : [];

/** Servers and gateways put their own folder before a name, or a tag behind it. */
function isAlike(listed: string, asked: string): boolean {
  const [one, other] = [listed, asked].map((name) => name.toLowerCase().replace(/:latest$/, ''));
  return one === other || one?.endsWith(`/${other}`) === true || other?.endsWith(`/${one}`) === true;
}

/** The entry of a model in a list, as far as that has one: a list is advice, and some are of patterns. */
function listedAs(list: ModelList, name: string): ListedModel | undefined {
  const models = 'models' in list ? list.models : [];
  const entry =
    models.find(({ id, aliases }) => id === name || aliases?.includes(name) === true) ??
    models.find(({ id }) => isAlike(id, name));
  if (entry !== undefined) return { ...entry, id: name };
  return models.length === 0 || namesOf(list).some((each) => each.includes('*')) ? { id: name } : undefined;
}

/** A model as it is asked for. */
export interface ChosenModel extends ListedModel {
  /** What people must know of the choice, in one line. */
  readonly note?: string;
}

function unlistedNote(name: string, known: readonly string[], { model }: AnswerPart): string {
  const own = model === undefined || model === name ? '' : `, here by "${model.slice(0, 80)}"`;
  return `the server does not list "${name}" (it lists ${namesText(known)}), but answers under any name${own}: check which model it measures`;
}

/** A server that answers under this name answers under any. */
const noName = 'perbench-no-such-model';

/** What a server answers under a name, at either endpoint; undefined where it doesn't. */
async function answerOf(
  connection: ServerConnection,
  model: string,
  signal: AbortSignal,
): Promise<AnswerPart | undefined> {
  const calls = [
    ['/chat/completions', { model, messages: [{ role: 'user', content: 'Say hello.' }] }],
    ['/completions', { model, prompt: 'Say hello.' }],
  ] as const;
  for (const [path, fields] of calls) {
    for (const limit of ['max_tokens', 'max_completion_tokens']) {
      const body = JSON.stringify({ ...fields, [limit]: fewTokens });
      const { value } = await connection.ask(async () => {
        const reply = await connection.send('POST', path, body, signal);
        return { statusCode: reply.statusCode, text: await readText(reply) };
      }, signal);
      const answer = value.statusCode === 200 ? jsonInside(value.text) : undefined;
      if (isObject(answer) && Array.isArray(answer['choices'])) return readPart(answer);
    }
  }
  return undefined;
}

/**
 * The model that a name means at a server. A name that isn't in its list is tried; where the server answers any name, one
 * that is nearly listed is taken for a slip, and another has a note.
 *
 * @throws {ModelError} if there is no such model, or none was named and there are several
 * @throws {ServerError} if none was named and the server has no list
 */
export async function chooseModel(
  connection: ServerConnection,
  list: ModelList,
  servedName: string | undefined,
  signal: AbortSignal,
): Promise<ChosenModel> {
  const url = connection.baseUrl;
  const known = namesOf(list);
  if (servedName === undefined) {
    const [first, ...others] = 'models' in list ? list.models : [];
    if (first !== undefined && others.length === 0 && !first.id.includes('*')) return first;
    throw noneNamed(url, list, known);
  }
  const error = 'refused' in list ? list.error : undefined;
  const found = error === undefined ? listedAs(list, servedName) : undefined;
  if (found !== undefined) return found;
  const near = error === undefined ? nearestName(servedName, known) : undefined;
  const isAny = error === undefined && (await answerOf(connection, noName, signal)) !== undefined;
  const answer = isAny && near !== undefined ? undefined : await answerOf(connection, servedName, signal);
  if (answer !== undefined) return { id: servedName, ...(isAny && { note: unlistedNote(servedName, known, answer) }) };
  if (error !== undefined) throw error;
  throw new ModelError(`${url} serves no model "${servedName}"; it serves: ${namesText(known)}`, {
    hint: near === undefined ? 'Name one of them after #.' : `Did you mean "${near}"?`,
  });
}

function noneNamed(url: string, list: ModelList, known: readonly string[]): ModelError | ServerError {
  const plain = known.filter((name) => !name.includes('*'));
  const example = servedSource({ baseUrl: url, servedName: plain[0] ?? 'name' });
  if ('refused' in list) {
    return (
      list.error ??
      new ServerError(
        `the server has no list of models (${list.refused})`,
        { url },
        { hint: `Check the address, which mostly ends with /v1, or name the model: ${example}.` },
      )
    );
  }
  if (known.length === 0) {
    return new ModelError(`${url} serves no model: its list of models is empty`, {
      hint: `Load a model on the server, or name one: ${example}.`,
    });
  }
  const what = plain.length === 0 ? 'models by patterns only' : `${list.models.length} models`;
  return new ModelError(`${url} serves ${what}: ${namesText(known)}`, {
    hint: `Name one of them after #, as in ${example}.`,
  });
}

/** What servers without a list answer to the question for it. */
const withoutList = new Set([400, 404, 405, 410, 422, 500, 501]);

/**
 * Asks for the list of models. What it says is advice: a refusal concerns nobody who names a model.
 *
 * @throws {ServerError} if the server can't be reached
 */
export async function listModels(connection: ServerConnection, signal: AbortSignal): Promise<ModelList> {
  const url = `${connection.baseUrl}/models`;
  const asking = connection.ask(async (): Promise<ModelList> => {
    const reply = await connection.send('GET', '/models', undefined, signal);
    if (withoutList.has(reply.statusCode)) {
      const said = refusalText(reply.redact(await readRefusalText(reply)));
      return { refused: [`HTTP ${reply.statusCode}`, said].filter((part) => part !== '').join(': ') };
    }
    try {
      const answer = await readJson(url, reply, z.unknown());
      const models = modelsIn(answer);
      if (models !== undefined) return { models };
      // Some servers say 200 and put the refusal inside.
      const isError = isObject(answer) && 'error' in answer;
      return { refused: isError ? refusalText(reply.redact(JSON.stringify(answer))) : 'its answer holds none' };
    } catch (error) {
      if (!(error instanceof ServerError)) throw error;
      return { refused: error.message, error };
    }
  }, signal);
  try {
    return (await asking).value;
  } catch (error) {
    if (!(error instanceof ServerError) || isUnreachable(error)) throw error;
    return { refused: error.message, error };
  }
}

/** Whether an error means more than the list: that nobody is there, or that nobody can be asked. */
function isUnreachable({ at, cause }: ServerError): boolean {
  if (at.statusCode !== undefined || typeof cause !== 'string') return false;
  const kind = passingCode(cause);
  return kind === undefined || kind === 'busy';
}
