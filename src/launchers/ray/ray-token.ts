import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LauncherError } from '../../core/errors.ts';
import { rememberSecrets } from '../../core/without-secrets.ts';
import { ifThere } from '../../files/if-there.ts';

/**
 * The token that a cluster with token authentication asks for, where Ray's own clients look for it:
 * `RAY_AUTH_TOKEN`, the file that `RAY_AUTH_TOKEN_PATH` names, `~/.ray/auth_token`.
 * https://docs.ray.io/en/latest/ray-security/token-auth.html
 *
 * @throws {LauncherError} if the file that is named can't be read
 */
export async function rayToken(environment: Readonly<Record<string, string | undefined>>): Promise<string | undefined> {
  const token = (environment['RAY_AUTH_TOKEN'] ?? (await tokenInFile(environment)) ?? '').trim();
  if (token === '') return undefined;
  rememberSecrets([token]);
  return token;
}

async function tokenInFile(environment: Readonly<Record<string, string | undefined>>): Promise<string | undefined> {
  const { RAY_AUTH_TOKEN_PATH: named = '', HOME: home } = environment;
  if (named === '') {
    return home === undefined ? undefined : ifThere(readFile(join(home, '.ray', 'auth_token'), 'utf8'));
  }
  const text = await ifThere(readFile(named, 'utf8'));
  if (text !== undefined) return text;
  throw new LauncherError(`RAY_AUTH_TOKEN_PATH names ${named}, which isn't there`, {
    hint: "Write the cluster's token into that file, or unset the variable.",
  });
}
