import { join } from 'node:path';
import { expect, it } from 'vitest';
import { isThere } from '../../src/files/if-there.ts';
import type { GetCluster } from './launcher.ts';
import { allIn, allOver, eventually, isAlive, lastingScript, scriptOrder, written } from './launcher-orders.ts';

/** Orders that are cancelled, waiting or running. */
export function testCancelling(cluster: GetCluster): void {
  it('cancels what runs, which hears of it, and nothing else', async () => {
    const { launcher, folder } = cluster();
    const first = scriptOrder('');
    const second = scriptOrder('', { runId: first.runId, order: 'o2' });
    for (const order of [first, second])
      await launcher.submit({ ...order, words: ['-c', lastingScript(join(folder, order.name))] });
    await allIn(launcher, first.runId, 2, 'running');
    for (const { name } of [first, second]) await written(join(folder, `${name}.started`));

    await launcher.cancel([first.name]);
    const jobs = await eventually(
      `${first.name} has ended`,
      async () => launcher.list(first.runId),
      (all) => !all.some((job) => job.name === first.name && isAlive(job)),
    );
    // An engine may forget what was cancelled.
    expect(jobs.filter(({ name }) => name === first.name).every(({ state }) => state === 'cancelled')).toBe(true);
    expect(jobs.find(({ name }) => name === second.name)?.state).toBe('running');
    expect(await written(join(folder, `${first.name}.ended`))).toBe('ended\n');
    expect(await isThere(join(folder, `${second.name}.ended`))).toBe(false);

    await launcher.cancel([first.name, second.name]);
    await allOver(launcher, first.runId);
    await launcher.cancel([second.name]);
  });

  it('cancels what waits', async () => {
    const { launcher, folder, whole, isPendingCancelled } = cluster();
    const filler = scriptOrder('', { needs: whole.needs, workers: whole.workers });
    const waiter = scriptOrder('', { needs: whole.needs });
    const fillerWords = ['-c', lastingScript(join(folder, filler.name))];
    await launcher.submit({ ...filler, words: fillerWords });
    await allIn(launcher, filler.runId, whole.workers, 'running');
    await launcher.submit({ ...waiter, words: ['-c', `echo ran > ${join(folder, waiter.name)}`] });
    const [waiting] = await allIn(launcher, waiter.runId, 1, 'pending');
    expect(waiting?.node).toBeUndefined();
    // An engine says why it waits when it has tried to place it.
    const [explained] = await eventually(
      'a reason to wait',
      async () => launcher.list(waiter.runId),
      ([job]) => job?.state !== 'pending' || job.reason !== undefined,
    );
    expect(explained).toMatchObject({ state: 'pending', reason: expect.stringMatching(/^\S.*$/) as string });

    await launcher.cancel([waiter.name]);
    if (isPendingCancelled) await allOver(launcher, waiter.runId);
    await launcher.cancel([filler.name]);
    await allOver(launcher, filler.runId);
    const ended = await allOver(launcher, waiter.runId);
    expect(ended.every(({ state }) => state === 'cancelled')).toBe(true);
    const hasRun = await isThere(join(folder, waiter.name));
    expect(isPendingCancelled && hasRun).toBe(false);
  });

  it('cancels and follows what it does not know', async () => {
    const { launcher } = cluster();
    const { name, runId } = scriptOrder('');
    await launcher.cancel([]);
    await launcher.cancel([name]);
    expect(await launcher.list(runId)).toEqual([]);
    expect(await launcher.tail({ name, handle: '999999_0' })).toBeUndefined();
  });
}
