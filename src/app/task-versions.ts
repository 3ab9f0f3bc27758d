import { UsageError } from '../core/errors.ts';
import { listText } from '../scoring/board-text.ts';
import type { ComparedRun } from './compared-run.ts';
import { definitionOf } from './setting-differences.ts';

/** A task that is of one version in a run and of another in the run beside it; its answers are read in another way there. */
export interface OtherVersion {
  /** The whole id. */
  readonly a: string;
  readonly b: string;
}

/** The name and version of a task id; undefined of the user's own files, whose ids end with a hash. */
function versionOf(
  id: string,
  { run }: Pick<ComparedRun, 'run'>,
): readonly [name: string, version: number] | undefined {
  const [, name, version] = /^(.+)@(\d+)$/u.exec(id) ?? [];
  return name === undefined || definitionOf(run, id) !== undefined ? undefined : [name, Number(version)];
}

/**
 * Tasks that the two runs have in different versions only.
 *
 * @param isWanted keeps a task, by the id of either side
 */
export function otherVersions(
  a: Pick<ComparedRun, 'run' | 'cells'>,
  b: Pick<ComparedRun, 'run' | 'cells'>,
  isWanted: (taskId: string) => boolean,
): readonly OtherVersion[] {
  const idsOf = ({ cells }: Pick<ComparedRun, 'cells'>): Set<string> => new Set(cells.map(({ taskId }) => taskId));
  const [left, right] = [idsOf(a), idsOf(b)];
  const alone = Array.from(right.difference(left));
  return Array.from(left.difference(right)).flatMap((id) => {
    const name = versionOf(id, a)?.[0];
    const other = alone.find((candidate) => name !== undefined && versionOf(candidate, b)?.[0] === name);
    return other !== undefined && (isWanted(id) || isWanted(other)) ? [{ a: id, b: other }] : [];
  });
}

/** One sentence for all of them; undefined where there are none. */
export function versionsSentence(versions: readonly OtherVersion[]): string | undefined {
  if (versions.length === 0) return undefined;
  const each = listText(versions.map(({ a, b }) => `${a} in A and ${b} in B`));
  return `not compared, since another version of a task reads answers in another way: ${each}`;
}

/** The error where that leaves too little: which side is to be measured again. */
export function versionsError(a: ComparedRun, b: ComparedRun, versions: readonly OtherVersion[]): UsageError {
  const isOlder = versions.every((ids) => (versionOf(ids.a, a)?.[1] ?? 0) < (versionOf(ids.b, b)?.[1] ?? 0));
  const [older, newer] = isOlder ? [a, b] : [b, a];
  return new UsageError(`${a.name} (A) and ${b.name} (B): ${versionsSentence(versions)}`, {
    hint: `Measure ${older.name} again with the version of perbench that measured ${newer.name}, or leave these tasks out with --task.`,
  });
}
