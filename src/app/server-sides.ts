import type { Cell } from '../core/cell.ts';
import type { ServerSide } from '../core/server-side.ts';
import type { Store } from '../core/store.ts';
import { serverSideRows } from '../metrics/server-side.ts';
import type { Scoreboard } from '../scoring/scoreboard.ts';

/**
 * What servers told of themselves, one for each scoreboard with a model at a server that tells.
 *
 * @param cells under the names that the scoreboards have for their models
 */
export async function serverSides(
  store: Pick<Store, 'passResults'>,
  scoreboards: readonly Scoreboard[],
  cells: readonly Cell[],
): Promise<readonly ServerSide[]> {
  const sides: ServerSide[] = [];
  for (const { taskId, title, protocol } of scoreboards) {
    const own = cells.filter((cell) => cell.taskId === taskId && cell.protocol === protocol);
    const rows = await Promise.all(
      own.map(async ({ id, model }) => serverSideRows(model, await store.passResults(id))),
    );
    if (protocol !== undefined && rows.some(({ length }) => length > 0)) {
      sides.push({ taskId, title, protocol, rows: rows.flat() });
    }
  }
  return sides;
}
