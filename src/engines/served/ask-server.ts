import { request } from 'undici';
import { readText } from './reply-body.ts';

/** More than any page of metrics has. */
const mostBytes = 64 * 2 ** 20;

/**
 * What a server that perbench started says at an address.
 *
 * @param limitMs for the whole answer
 * @returns undefined for any status but 200, and while nobody answers: what a server doesn't tell is unknown, not an error
 */
export async function askServer(url: string, apiKey: string | undefined, limitMs: number): Promise<string | undefined> {
  try {
    const { statusCode, body } = await request(url, {
      // llama-server asks for the key at `/metrics` too.
      headers: apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` },
      signal: AbortSignal.timeout(limitMs),
    });
    const text = await readText({ body, hangMs: limitMs }, mostBytes);
    return statusCode === 200 ? text : undefined;
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
}
