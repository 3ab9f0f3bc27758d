import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { GetCluster } from './launcher.ts';
import { allIn, allOver, lastingScript, scriptOrder, written } from './launcher-orders.ts';

/** Orders that are submitted, run and end. */
export function testPlacing(cluster: GetCluster): void {
  it('places every worker of an order, and follows each to its end', async () => {
    const { launcher, folder } = cluster();
    const order = scriptOrder('', { workers: 3 });
    const stem = join(folder, order.name);
    const busy = { ...order, words: ['-c', `echo started > ${stem}.$$; sleep 1`] };
    await launcher.check([busy]);
    expect(await launcher.list(order.runId)).toEqual([]);
    const id = await launcher.submit(busy);
    expect(id).toMatch(/^\S+$/);
    const jobs = await allIn(launcher, order.runId, 3, 'done');
    expect(new Set(jobs.map(({ handle }) => handle)).size).toBe(3);
    expect(jobs.map(({ name }) => name)).toEqual([order.name, order.name, order.name]);
    expect(jobs.map(({ node }) => typeof node)).toEqual(['string', 'string', 'string']);
  });

  it('gives a worker its words as they are', async () => {
    const { launcher, folder } = cluster();
    const words = ["it's", 'a b', '$HOME `id` $(id)', '*', '"', String.raw`\n`, 'é', '', 'two\nlines', '--flag=x'];
    const order = scriptOrder('');
    const file = join(folder, order.name);
    const script = `printf '<%s>' "$@" > ${file}.part; echo >> ${file}.part; mv ${file}.part ${file}`;
    await launcher.submit({ ...order, words: ['-c', script, 'sh', ...words] });
    expect(await written(file)).toBe(`${words.map((word) => `<${word}>`).join('')}\n`);
    await allIn(launcher, order.runId, 1, 'done');
  });

  it('finds an order that was submitted before, running or done', async () => {
    const { launcher, folder } = cluster();
    const order = scriptOrder('', { workers: 2 });
    const file = join(folder, order.name);
    const busy = { ...order, words: ['-c', `echo x >> ${file}; sleep 2`] };
    const id = await launcher.submit(busy);
    expect(await launcher.submit(busy)).toBe(id);
    expect(await launcher.list(order.runId)).toHaveLength(2);
    await allIn(launcher, order.runId, 2, 'done');
    expect(await launcher.submit(busy)).toBe(id);
    expect((await launcher.list(order.runId)).map(({ state }) => state)).toEqual(['done', 'done']);
    expect(await written(file)).toBe('x\nx\n');
  });

  it('takes another attempt of an order as a job of its own', async () => {
    const { launcher } = cluster();
    const first = scriptOrder('exit 1');
    const second = scriptOrder('exit 0', { runId: first.runId, attempt: 2 });
    const id = await launcher.submit(first);
    expect(await launcher.submit(second)).not.toBe(id);
    const jobs = await allIn(launcher, first.runId, 2, 'done', 'failed');
    expect(new Map(jobs.map(({ name, state }) => [name, state]))).toEqual(
      new Map([
        [first.name, 'failed'],
        [second.name, 'done'],
      ]),
    );
  });

  it('places workers that measure time alone on their nodes', async () => {
    const { launcher, folder, whole } = cluster();
    const needs = { ...whole.needs, gpus: Math.min(1, whole.needs.gpus) };
    const order = scriptOrder('', { workers: 2, needs, isExclusive: true });
    await launcher.submit({ ...order, words: ['-c', lastingScript(join(folder, order.name))] });
    const jobs = await allIn(launcher, order.runId, 2, 'running');
    expect(new Set(jobs.map(({ node }) => node)).size).toBe(2);
    await launcher.cancel([order.name]);
    await allOver(launcher, order.runId);
  });

  it('keeps the last lines that a worker wrote', async () => {
    const { launcher } = cluster();
    const order = scriptOrder('for i in 1 2 3; do echo "line $i"; done; echo "to stderr" >&2; exit 3');
    await launcher.submit(order);
    const [job] = await allIn(launcher, order.runId, 1, 'failed');
    expect(job?.reason).toMatch(/^\S.*$/);
    const tail = await launcher.tail({ name: order.name, handle: job?.handle ?? '' });
    expect(tail?.split('\n')).toEqual(expect.arrayContaining(['line 3', 'to stderr']));
  });

  it('prints what would be submitted, and submits nothing', async () => {
    const { launcher } = cluster();
    const words = ['work', 'RUN-7', '--store', 'postgres://host/db', '--model', 'a b'];
    const orders = [
      scriptOrder('', { words, workers: 2 }),
      scriptOrder('', { words, needs: { gpus: 4, memoryBytes: 2 ** 31 } }),
    ];
    const text = launcher.print(orders);
    for (const { name } of orders) expect(text).toContain(name);
    for (const word of words) expect(text).toContain(word);
    for (const { runId } of orders) expect(await launcher.list(runId)).toEqual([]);
  });
}
