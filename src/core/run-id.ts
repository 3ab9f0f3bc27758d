import type { RunRecord, Store } from './store.ts';

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/**
 * An id for a run, such as `20261124-163012-k3f9`: UTC time to the second, then four random characters. Sorts by time
 * as text.
 *
 * @param nowMs Unix time in milliseconds
 * @param random uniform in [0, 1); not seeded by the suite: runs of one suite need different ids
 */
export function createRunId(nowMs: number, random: () => number): string {
  const [day = '', time = ''] = new Date(nowMs).toISOString().slice(0, 19).split('T');
  const tail = Array.from({ length: 4 }, () => alphabet[Math.floor(random() * alphabet.length)]).join('');
  return `${day.replaceAll('-', '')}-${time.replaceAll(':', '')}-${tail}`;
}

/**
 * The run that a user names: by its id or a prefix of it, as `latest`, the newest, or as `latest~1`, the one before it,
 * and so on; undefined where there is none.
 */
export async function runNamed(
  store: Pick<Store, 'getRun' | 'latestRun'>,
  name: string,
): Promise<RunRecord | undefined> {
  const [isNewest, back = '0'] = /^latest(?:~(\d+))?$/.exec(name) ?? [];
  return isNewest === undefined ? store.getRun(name) : store.latestRun({ skip: Number(back) });
}
