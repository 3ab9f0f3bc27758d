import { ServerError } from '../../core/errors.ts';
import type { FoundModel, ModelSearch } from '../model-search.ts';
import { parseServedAddress, servedSource, shortServedName } from './server-address.ts';
import { ServerConnection } from './server-connection.ts';
import { chooseModel, listModels, type ModelList } from './server-facts.ts';
import { keyIn, openAiOptionsSchema } from './served-options.ts';

/** A list of models is short work. */
const hangMs = 30_000;
/** As long as a server that is starting may say that it isn't ready. */
const retry = { retryMs: 3_000, backoffMs: 250, maxBackoffMs: 1_000 };

interface Key {
  readonly variable: string;
  readonly value: string | undefined;
}

/** A refused key, with the variable that it is in, or should be. */
function explainKey(error: unknown, { variable, value }: Key): unknown {
  if (!(error instanceof ServerError) || (error.at.statusCode !== 401 && error.at.statusCode !== 403)) return error;
  const what = value === undefined ? 'the server asks for a key' : `the server refuses the key in ${variable}`;
  const said = error.message.slice(error.message.indexOf('('));
  return new ServerError(`${what} ${said}`, error.at, {
    hint: `Set the environment variable ${variable} to the key, or name another one with --model-args apiKeyVariable=NAME.`,
    cause: error,
  });
}

/** The list of models below an address, or an error that says what is there instead of an API. */
async function askForModels(baseUrl: string, key: Key, signal: AbortSignal): Promise<ModelList | ServerError> {
  const deadHint = `Start the server, or check the address: perbench asks for ${baseUrl}/models.`;
  await using connection = new ServerConnection({ baseUrl, apiKey: key.value, hangMs, retry, deadHint });
  try {
    return await listModels(connection, signal);
  } catch (error) {
    if (error instanceof ServerError && error.at.statusCode === 200) return error;
    throw explainKey(error, key);
  }
}

/** The list of models, at the address as it was written or at `/v1` below it. */
async function findList(
  baseUrl: string,
  key: Key,
  signal: AbortSignal,
): Promise<{ readonly baseUrl: string; readonly list: ModelList }> {
  const answer = await askForModels(baseUrl, key, signal);
  if (!('models' in answer) && !baseUrl.endsWith('/v1')) {
    const below = `${baseUrl}/v1`;
    const list = await askForModels(below, key, signal);
    if ('models' in list) return { baseUrl: below, list };
  }
  if (answer instanceof ServerError) throw answer;
  return { baseUrl, list: answer };
}

/**
 * Asks a server which model an address means.
 *
 * @throws {UsageError} for a text that is no address
 * @throws {ServerError} if the server can't be reached, wants another key, or has no API there
 * @throws {ModelError} if it doesn't serve the model, or none was named and there isn't exactly one
 */
export async function findServedModel(search: ModelSearch, signal: AbortSignal): Promise<FoundModel> {
  const written = parseServedAddress(search.source);
  const { apiKeyVariable: variable } = openAiOptionsSchema.parse(search.engineOptions);
  const key = { variable, value: keyIn(search.environment, variable) };
  const { baseUrl, list } = await findList(written.baseUrl, key, signal);
  const { id } = chooseModel(baseUrl, list, written.servedName);
  const isWhole = /^https?:/i.test(search.source) && baseUrl === written.baseUrl && id === written.servedName;
  const short = shortServedName(id);
  return {
    // A source that says it all stays as it is: runs are found again by it.
    source: isWhole ? search.source : servedSource({ baseUrl, servedName: id }),
    names: [short, `${short}@${new URL(baseUrl).host}`, id],
  };
}
