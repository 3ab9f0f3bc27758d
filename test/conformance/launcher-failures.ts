import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { GetCluster } from './launcher.ts';
import { allIn, allOver, eventually, lastingScript, launcherError, scriptOrder, written } from './launcher-orders.ts';

/** What goes wrong: one line each, and nothing that isn't so. */
export function testFailures(cluster: GetCluster): void {
  it('refuses what its engine refuses, before and when it is submitted', async () => {
    const order = scriptOrder('exit 0');
    for (const { launcher, says } of cluster().refused) {
      expect((await launcherError(launcher.check([order]))).message).toMatch(says);
      const { message, isRefusal } = await launcherError(launcher.submit(order));
      expect(message).toMatch(says);
      // Who may not ask at all doesn't know whether it would be taken.
      expect(isRefusal).toBe(!/logged in|token/.test(message));
    }
    expect(await cluster().launcher.list(order.runId)).toEqual([]);
  });

  it('says that its engine is not there', async () => {
    const { unreachable } = cluster();
    const order = scriptOrder('exit 0');
    await launcherError(unreachable.check([order]));
    expect((await launcherError(unreachable.submit(order))).isRefusal).toBe(false);
    await launcherError(unreachable.list(order.runId));
    await launcherError(unreachable.cancel([order.name]));
    expect(unreachable.print([order])).toContain(order.name);
  });

  it('sees that a node has died', async () => {
    const { launcher, folder, whole } = cluster();
    const order = scriptOrder('', { needs: whole.needs });
    const stem = join(folder, order.name);
    await launcher.submit({ ...order, words: ['-c', lastingScript(stem)] });
    const [job] = await allIn(launcher, order.runId, 1, 'running');
    await written(`${stem}.started`);
    await cluster().killNode(job?.node ?? '');
    // An engine may start it again by itself, elsewhere; or give it up.
    const [after] = await eventually(
      'the death of a node is seen',
      async () => launcher.list(order.runId),
      ([seen]) => seen?.state !== 'running' || seen.node !== job?.node,
    );
    expect(['pending', 'running', 'lost', 'failed']).toContain(after?.state);
    const isOver = after?.state === 'lost' || after?.state === 'failed';
    expect(isOver ? after.reason : 'it goes on').toMatch(/^\S.*$/);
    // Its log may be gone with it.
    expect(['string', 'undefined']).toContain(
      typeof (await launcher.tail({ name: order.name, handle: job?.handle ?? '' })),
    );
    await launcher.cancel([order.name]);
    await allOver(launcher, order.runId);
  });
}
