import { existsSync } from 'node:fs';
import { DataError } from '../core/errors.ts';
import type { RunRecord } from '../core/store.ts';

/**
 * Refuses a stored run whose own data are gone: whoever names the run never typed their path.
 *
 * @param what can't be done with it, such as `resumed`
 * @throws {DataError} naming run, task and file
 */
export function checkStoredData({ id, suite }: Pick<RunRecord, 'id' | 'suite'>, what: string): void {
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
