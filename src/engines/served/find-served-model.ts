import { parseEngineOptions } from '../../core/engine-options.ts';
import { ServerError } from '../../core/errors.ts';
import type { FoundModel, ModelSearch } from '../model-search.ts';
import { parseServedAddress, servedNameIn, servedSource, shortServedName } from './server-address.ts';
import { ServerConnection } from './server-connection.ts';
import { chooseModel, listModels, type ModelList } from './listed-models.ts';
import { openAiOptionsSchema } from './served-options.ts';
import { type ServerLink, serverLink } from './server-link.ts';

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
    hint: `Set the environment variable ${variable} to the key, or name another one with --model-args apiKeyVariable=NAME; a gateway may want headers (docs/serving.md).`,
    cause: error,
  });
}

function openConnection(link: ServerLink): ServerConnection {
  const deadHint = `Start the server, or check the address: perbench asks for ${link.baseUrl}/models.`;
  return new ServerConnection({ ...link, hangMs, retry, deadHint });
}

/** The list of models, at the address as it was written or at `/v1` below it. */
async function findList(
  link: ServerLink,
  signal: AbortSignal,
): Promise<{ readonly baseUrl: string; readonly list: ModelList }> {
  const { baseUrl } = link;
  await using connection = openConnection(link);
  const list = await listModels(connection, signal);
  if ('models' in list || baseUrl.endsWith('/v1')) return { baseUrl, list };
  const below = `${baseUrl}/v1`;
  await using other = openConnection({ ...link, baseUrl: below });
  const belowIt = await listModels(other, signal);
  return 'models' in belowIt ? { baseUrl: below, list: belowIt } : { baseUrl, list };
}

/**
 * Asks a server which model an address means.
 *
 * @throws {UsageError} for a text that is no address, and options that can't be
 * @throws {ServerError} if the server can't be reached; if none was named, also if it wants another key or has no list
 * @throws {ModelError} if it doesn't serve the model, or none was named and there isn't exactly one
 */
export async function findServedModel(search: ModelSearch, signal: AbortSignal): Promise<FoundModel> {
  const written = parseServedAddress(search.source);
  const options = parseEngineOptions(openAiOptionsSchema, 'openai', { ...search, name: search.source });
  const link = serverLink(written, options, search.environment);
  search.onStep?.(`asking ${search.source}`);
  const { baseUrl, list } = await findList(link, signal);
  await using connection = openConnection({ ...link, baseUrl });
  const { id } = await chooseModel(connection, list, written.servedName, signal).catch((error: unknown) => {
    throw explainKey(error, { variable: options.apiKeyVariable, value: link.apiKey });
  });
  const isWhole = /^https?:/i.test(search.source) && baseUrl === written.baseUrl && id === servedNameIn(search.source);
  const short = shortServedName(id);
  return {
    // A source that says it all stays as it is: runs are found again by it.
    source: isWhole ? search.source : servedSource({ ...written, baseUrl, servedName: id }),
    names: [short, `${short}@${new URL(baseUrl).host}`, id],
  };
}
