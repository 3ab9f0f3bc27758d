import { expect, it } from 'vitest';
import type { RaceCertificate } from '../../src/core/race.ts';
import { openStoreIn, startPerbench, temporaryFolder } from './perbench-process.ts';

const models = ['-m', 'smollm2-135m-instruct', '-m', 'gemma-3-270m'];
const brief = ['--launches', '1', '--window-seconds', '0.2', '--latency-requests', '3', '--concurrency', '4'];

it('decides a question about two real models before all items are answered', async () => {
  using folder = temporaryFolder();
  // Far above what such small models reach: a few answers are enough.
  const question = 'cheapest with accuracy >= 0.95';
  const run = startPerbench(folder.path, 'run', ...models, '-t', 'hellaswag/mini', ...brief, '--decide', question);
  const code = await run.ended;
  const ended = run.events().find(({ event }) => event === 'certificate');
  const certificate = ended?.['certificate'] as RaceCertificate;
  expect([code, run.stderr()]).toEqual([4, expect.any(String)]);
  expect(certificate).toMatchObject({ taskId: 'hellaswag/mini@1', items: 40, outcome: 'none', cost: { launches: 2 } });
  expect(certificate.cost.items).toBeLessThan(certificate.cost.fullItems);

  await using store = await openStoreIn(folder.path);
  const stored = await store.latestRun();
  expect(stored?.manifest.race?.tasks['hellaswag/mini@1']?.certificate).toEqual(certificate);
  for (const cell of await store.cells(stored?.id ?? '')) {
    const verdict = certificate.models.find(({ model }) => model === cell.model);
    const { items, scoreSum } = await store.sampleSummary(cell.id);
    expect(verdict).toMatchObject({ status: 'eliminated', accuracy: { kind: 'interval' } });
    expect(items).toBeGreaterThanOrEqual(verdict?.n ?? 40);
    expect(scoreSum).toBeLessThan(0.95 * items);
    expect(cell.measurements).toMatchObject({
      throughput: { status: 'measured' },
      accuracy: { status: 'unavailable', reason: 'stopped_early' },
    });
  }
});
