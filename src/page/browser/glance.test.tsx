import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { html, shown } from '../../../test/page/shown.ts';
import { paperPage, storedPages, type StoredPages } from '../../../test/page/stored-pages.ts';
import { dataQuality } from '../data-quality.ts';
import { viewPage } from './board-view.ts';
import { DecisionBlock } from './decision-block.tsx';

const paper = paperPage();
let stored: StoredPages;
beforeAll(async () => {
  stored = await storedPages();
});
afterAll(async () => stored[Symbol.asyncDispose]());

describe('the first screen', () => {
  it('says how much was asked, when and where', () => {
    const text = shown(<DecisionBlock view={viewPage(stored.page, new Map())} data={stored.page.data} />).join('\n');
    for (const fact of [
      'Items 4 per task',
      'Models 2',
      'Tasks 3',
      'Host Test CPU, 2 cores, 6.1',
      'Measured 2026-11-24 16:30 UTC',
    ])
      expect(text).toContain(fact);
  });

  it('has a bar per factor and model, longer is better', () => {
    const text = html(<DecisionBlock view={viewPage(paper, new Map())} data={paper.data} />);
    const [table = ''] = /<div class="glance">.*?<\/table>/u.exec(text) ?? [];
    expect(table.match(/bar-fill/gu)).toHaveLength(4 * 6);
    for (const title of ['Accuracy', 'Throughput, tokens/s', 'Latency, ms/token', 'Memory, GiB'])
      expect(table).toContain(`data-label="${title}"`);
    // The fastest of all has a full bar.
    expect(table).toMatch(
      /Qwen2\.5-0\.5B<\/bdi>.*?7927<\/span><span class="bar strong" aria-hidden="true"><span class="bar-fill" style="width:\s?100%;?">/u,
    );
    expect(text).toContain('10 more in the table.');
  });

  it.each([
    [[], 'good', 'No warning speaks against a number.'],
    [
      [{ reason: 'host_busy', detail: '9 %', metric: 'latency' }],
      'doubts',
      'The only cell: other processes took more than 5 % of the CPU.',
    ],
    [
      [{ reason: 'one_launch', detail: '', metric: 'latency' }],
      'doubts',
      'The only cell: speed was measured in one launch, so its spread is unknown.',
    ],
    [[{ reason: 'resumed', detail: '', metric: 'latency' }], 'good', 'No warning speaks against a number.'],
  ] as const)('lights up for %j', (warnings, light, why) => {
    const [board] = stored.page.data.report.scoreboards;
    const [row] = board?.rows ?? [];
    if (board === undefined || row === undefined) throw new Error('no row');
    expect(dataQuality([{ ...board, rows: [{ ...row, warnings }] }])).toEqual({ light, why });
  });

  it('calls numbers invalid where most cells have none, and doubts them where some have none', () => {
    const [board] = stored.page.data.report.scoreboards;
    const rows = [...(board?.rows ?? []), ...(board?.rows.slice(0, 1) ?? [])];
    const failing = (count: number) =>
      dataQuality([
        { ...board, rows: rows.map((row, index) => (index < count ? { ...row, state: 'failed' } : row)) },
      ] as never);
    expect(failing(0).light).toBe('good');
    expect(failing(1)).toEqual({ light: 'doubts', why: '1 of 3 cells failed or has no valid number.' });
    expect(failing(2)).toEqual({ light: 'invalid', why: '2 of 3 cells failed or have no valid number.' });
    const [published] = paper.data.report.scoreboards;
    if (published === undefined) throw new Error('no table');
    expect(dataQuality([published])).toEqual({
      light: 'doubts',
      why: 'All 16 cells: no interval is known, so nothing says how sure they are.',
    });
    expect(dataQuality([])).toEqual({ light: 'invalid', why: 'Nothing was measured.' });
  });
});
