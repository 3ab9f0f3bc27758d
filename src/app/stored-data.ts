import { existsSync } from 'node:fs';
import { DataError, UsageError } from '../core/errors.ts';
import type { RunRecord } from '../core/store.ts';
import { modelEntry, type Suite } from '../core/suite.ts';
import { removedSecrets } from '../core/without-secrets.ts';
import { knownTaskOfAnyVersion } from './known-tasks.ts';

/**
 * Refuses a stored run whose tasks aren't what they were: of another version here, or made of files that are gone.
 *
 * @param what can't be done with it, such as `resumed`
 * @throws {UsageError | DataError} naming run, task and version or file
 */
export async function checkStoredTasks(run: Pick<RunRecord, 'id' | 'suite' | 'manifest'>, what: string): Promise<void> {
  await checkVersions(run, what);
  checkData(run, what);
}

/** Answers that are read in two ways never stand under one name. */
async function checkVersions({ id, manifest }: Pick<RunRecord, 'id' | 'manifest'>, what: string): Promise<void> {
  for (const [taskId, { own }] of Object.entries(manifest.tasks)) {
    const now = own === undefined ? await knownTaskOfAnyVersion(taskId) : undefined;
    if (now === undefined || now.id === taskId) continue;
    throw new UsageError(
      `run ${id} can't be ${what}: its task ${taskId} is ${now.id} in this perbench, which reads answers in another way`,
      { hint: 'Start a new run, or use the perbench that made this one; perbench report shows what it has measured.' },
    );
  }
}

/** Whoever names the run never typed the paths of its data. */
function checkData({ id, suite }: Pick<RunRecord, 'id' | 'suite'>, what: string): void {
  for (const entry of suite.tasks) {
    if (typeof entry === 'string' || entry.definition === undefined) continue;
    const { data, examples, score } = entry.definition;
    const module = typeof score === 'object' && 'module' in score ? [score.module] : [];
    const sources = [data, examples?.from ?? []]
      .flat()
      .map((source) => (typeof source === 'string' ? source : source.path));
    const gone = [...sources, ...module].find((path) => !path.startsWith('hf:') && !existsSync(path));
    if (gone === undefined) continue;
    throw new DataError(`run ${id} can't be ${what}: ${gone}, which its task ${entry.task} is made of, is gone`, {
      hint: 'Put the file back where it was, or start a new run.',
    });
  }
}

/**
 * The suite of a stored run with the secrets that its servers' variables had, from this environment: a store has none.
 *
 * @throws {UsageError} if one can't be had so
 */
export function suiteWithSecrets(
  { id, suite }: Pick<RunRecord, 'id' | 'suite'>,
  environment: Readonly<Record<string, string | undefined>>,
): Suite {
  const models = suite.models.map((written) => {
    const entry = modelEntry(written);
    if (removedSecrets(entry).length === 0) return written;
    const variables = Object.entries(entry.server?.environment ?? {}).map(
      ([name, value]) => [name, removedSecrets(value).length > 0 ? (environment[name] ?? value) : value] as const,
    );
    const server = entry.server && { ...entry.server, environment: Object.fromEntries(variables) };
    const filled = { ...entry, ...(server !== undefined && { server }) };
    const [missing] = removedSecrets(filled);
    if (missing === undefined) return filled;
    const variable = /^server\.environment\.(.+)$/.exec(missing)?.[1];
    const instead = variable === undefined ? '' : `, or set the environment variable ${variable}`;
    throw new UsageError(
      `run ${id} can't be resumed by itself: ${missing} of a model held a secret, which is not stored`,
      {
        hint: `Start it again by its own command, perbench run with its suite, which goes on with it${instead}.`,
      },
    );
  });
  return { ...suite, models };
}
