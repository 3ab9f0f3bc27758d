import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { html, shown, shownRows } from '../../../test/page/shown.ts';
import { made, paperPage, storedPages, type StoredPages } from '../../../test/page/stored-pages.ts';
import { hostileModel } from '../../../test/setup/stored-cells.ts';
import { flagMeanings, warningMeanings } from '../../present/glossary.ts';
import { makePage } from '../make-page.ts';
import { viewPage, type PageView } from './board-view.ts';
import { RankBlock, SizeBlock, TradeOffBlock } from './chart-block.tsx';
import { Controls } from './controls.tsx';
import { DecisionBlock } from './decision-block.tsx';
import { ManifestBlock, ReproduceBlock } from './manifest-block.tsx';
import { GlossaryBlock, ReportPage } from './report-page.tsx';
import { ScoreboardBlock } from './scoreboard-block.tsx';
import { ValidityBlock } from './validity-block.tsx';

const paper = paperPage();
let stored: StoredPages;
beforeAll(async () => {
  stored = await storedPages();
});
afterAll(async () => stored[Symbol.asyncDispose]());

function paperView(params: Readonly<Record<string, string>> = {}): PageView {
  return viewPage(paper, new Map(Object.entries(params)));
}

describe('the report', () => {
  it('has its parts in order, the decision first, and is the only thing with a first heading', () => {
    const text = html(<ReportPage page={stored.page} />);
    const ids = [...text.matchAll(/<section class="[^"]*" id="([^"]+)"/gu)].map(([, id]) => id);
    expect(ids).toEqual([
      'decision',
      'by-task',
      'board-1',
      'board-2',
      'board-3',
      'trade-off',
      'size',
      'ranks',
      'validity',
      'manifest',
      'reproduce',
      'glossary',
    ]);
    expect(text.match(/<h1/gu)).toHaveLength(1);
    // Every place that is linked to is there.
    for (const [, to] of text.matchAll(/href="#([^"]+)"/gu)) expect(ids).toContain(to);
  });

  it('says which run it is of, when and where', () => {
    expect(shown(<ReportPage page={stored.page} />)).toContain(
      'fixture 20261124-163012-k3f9 · 2026-11-24 16:30 UTC · Test CPU, 2 cores, 6.1',
    );
    expect(shown(<ReportPage page={paper} />)).toContain('Scoreboards 2026-11-24 17:00 UTC');
  });

  it('explains every mark that it may show', () => {
    const text = html(<GlossaryBlock />);
    for (const mark of [...Object.keys(warningMeanings), ...Object.keys(flagMeanings), 'PER-A', 'Ranks'])
      expect(text).toContain(`<dt>${mark}</dt>`);
  });

  it('shows foreign names as text', () => {
    const page = makePage({ scoreboards: [], notes: ['<script>1</script>'] }, made);
    expect(html(<ReportPage page={page} />)).not.toContain('<script>');
    expect(shown(<ReportPage page={stored.page} />).some((line) => line.includes(hostileModel))).toBe(true);
  });

  it('says what there is to say of nothing', () => {
    const text = shown(<ReportPage page={makePage({ scoreboards: [] }, made)} />);
    expect(text).toContain('Nothing was measured');
    expect(text.join('\n')).not.toMatch(/NaN|undefined|null/u);
  });
});

describe('the decision', () => {
  it('names the model, the score and why, task by task', () => {
    const view = paperView();
    expect(shown(<DecisionBlock view={view} />)).toContain('Qwen2.5-1.5B');
    const rows = shownRows(<DecisionBlock view={view} />);
    expect(rows.map((row) => row.slice(0, 4))).toEqual([
      ['Task', 'Best model', 'PER-A', 'P(1st)'],
      ['gsm8k', 'Qwen2.5-1.5B', '0.762', '– confidence unknown'],
      ['squad2', 'Gemma-2-2B', '0.707', '– confidence unknown'],
      ['hellaswag', 'Qwen2.5-1.5B', '0.590', '– confidence unknown'],
      ['imdb', 'Qwen2.5-0.5B', '0.894', '– confidence unknown'],
      ['arc_easy', 'Qwen2.5-1.5B', '0.809', '– confidence unknown'],
    ]);
    expect(rows[1]?.[4]).toContain('20.3 points higher accuracy');
  });

  it('follows what is chosen, and says that it does', () => {
    const view = paperView({ gate: '1' });
    expect(shown(<DecisionBlock view={view} />).slice(0, 2)).not.toEqual(
      shown(<DecisionBlock view={paperView()} />).slice(0, 2),
    );
    expect(shownRows(<DecisionBlock view={view} />)[1]).toEqual(['gsm8k', 'no model has a score']);
  });
});

describe('a scoreboard', () => {
  it('has ranks, scores and what was measured, as the report has them', () => {
    const [view] = paperView().boards;
    if (view === undefined) throw new Error('no board');
    const rows = shownRows(<ScoreboardBlock view={view} />);
    expect(rows.slice(0, 3)).toEqual([
      ['#', 'Model', 'PER-A', 'Accuracy', 'Throughput tokens/s', 'Latency ms/token', 'Memory GiB'],
      ['1', 'Qwen2.5-1.5B', '0.762', '0.580', '4417', '0.250', '3.00'],
      ['2', 'Qwen2.5-0.5B', '0.735', '0.377', '7927', '0.150', '1.00'],
    ]);
    const text = html(<ScoreboardBlock view={view} />);
    expect(text).toMatch(/<tr class="winner"><td[^>]*>1<\/td><th[^>]*><span class="model"><bdi>Qwen2\.5-1\.5B/u);
    // The bar of the fastest is full, that of the largest is short.
    expect(text).toContain('data-value="7927"');
  });

  it('has intervals, ranks and notes where they are known, and the other definitions of the score', () => {
    const [view] = viewPage(stored.page, new Map()).boards;
    if (view === undefined) throw new Error('no board');
    const rows = shownRows(<ScoreboardBlock view={view} />);
    expect(rows[0]?.slice(0, 5)).toEqual(['#', 'Model', 'PER', 'Ranks', 'P(1st)']);
    expect(rows[1]).toContain('4.00 ± 0.10');
    expect(rows.some((row) => row.includes('without ACC'))).toBe(true);
    expect(shown(<ScoreboardBlock view={view} />)).toContain('Other measurements');
  });

  it('says why a model has no score', () => {
    const [view] = paperView({ gate: '0.9' }).boards;
    if (view === undefined) throw new Error('no board');
    const rows = shownRows(<ScoreboardBlock view={view} />).slice(1, 17);
    expect(rows.filter((row) => row[2] === '–')).toHaveLength(15);
    expect(rows[1]?.[1]).toContain('below the minimum accuracy');
  });
});

describe('what may be changed', () => {
  it('stands at what the report was written with, and the way back is closed', () => {
    const text = html(<Controls view={paperView()} />);
    expect([...text.matchAll(/type="range"[^>]* value="([^"]+)"/gu)].map(([, value]) => value)).toEqual([
      '25',
      '25',
      '25',
      '25',
      '0',
      '0',
      '0',
      '0',
    ]);
    expect(text).toMatch(/<button type="button" disabled>/u);
  });

  it('stands open at what was chosen: shares of the weights, multiples of the anchors', () => {
    const view = paperView({ weights: '100_100_0_0', anchors: '1_-2_0', gate: '0.25' });
    const text = shown(<Controls view={view} />);
    for (const line of ['Accuracy 50 %', 'Memory 0 %', 'Minimum accuracy 0.25', 'Throughput × 2', 'Latency ÷ 4']) {
      expect(text).toContain(line);
    }
    expect(html(<Controls view={view} />)).toContain('<details class="controls js-only" open>');
    // Anchors are of PER-A alone.
    expect(html(<Controls view={paperView({ score: 'paper' })} />).match(/type="range"/gu)).toHaveLength(5);
  });
});

describe('charts', () => {
  it('have their numbers as a table beside them', () => {
    const { boards } = paperView();
    const tradeOff = <TradeOffBlock boards={boards} />;
    expect(html(tradeOff)).toContain('<svg');
    expect(shownRows(tradeOff)[1]).toEqual(['Qwen2.5-1.5B', '4417', '0.580']);
    expect(shownRows(<SizeBlock boards={boards} data={paper.data} />)).toContainEqual([
      'gsm8k',
      'Qwen2.5-1.5B',
      '1.5B',
      '0.580',
    ]);
    expect(shownRows(<RankBlock boards={boards} />)[1]).toEqual(['Qwen2.5-1.5B', '1', '–', '–']);
  });

  it('are left out where no model has the numbers', () => {
    expect(html(<RankBlock boards={paperView({ gate: '1' }).boards} />)).toBe('');
    expect(html(<TradeOffBlock boards={[]} />)).toBe('');
    const { boards } = viewPage(makePage({ scoreboards: [] }, made), new Map());
    expect(html(<SizeBlock boards={boards} data={paper.data} />)).toBe('');
  });
});

describe('doubts', () => {
  it('are grouped by reason, the grave ones first, with every place', () => {
    const { boards } = viewPage(stored.page, new Map());
    const warned = boards.map((view) => ({
      ...view,
      board: {
        ...view.board,
        rows: view.board.rows.map((row) => ({
          ...row,
          warnings: [
            { reason: 'small_sample' as const, detail: '4 items', metric: 'accuracy' as const },
            { reason: 'host_busy' as const, detail: '40 %', metric: 'throughput' as const },
            { reason: 'host_busy' as const, detail: '40 %', metric: 'latency' as const },
            { reason: 'host_busy' as const, detail: '50 %', metric: 'memory' as const },
          ],
        })),
      },
    }));
    const text = shown(<ValidityBlock boards={warned} />);
    const at = (start: string): number => text.findIndex((line) => line.startsWith(start));
    expect(at('! host_busy')).toBeGreaterThan(0);
    expect(at('! host_busy')).toBeLessThan(at('~ small_sample'));
    expect(text[at('! host_busy')]).toMatch(/6 cells$/u);
    expect(text).toContain('small-135m on GSM8K: throughput, latency (40 %)');
    expect(text).toContain('small-135m on GSM8K: memory (50 %)');
    expect(at('worst')).toBeGreaterThan(at('~ small_sample'));
  });

  it('may be none', () => {
    expect(shown(<ValidityBlock boards={[]} />)).toContain('No warnings.');
  });
});

describe('how it was made', () => {
  it('has run, host, models and tasks; what is not known is left out', () => {
    const text = shown(<ManifestBlock data={stored.page.data} />);
    for (const line of ['Seed 1', 'CPU Test CPU', 'Memory 8.00 GiB', 'Container yes', 'Status finished'])
      expect(text).toContain(line);
    expect(text.some((line) => line.startsWith('CPU governor') || line.startsWith('GPUs'))).toBe(false);
    const rows = shownRows(<ManifestBlock data={stored.page.data} />);
    expect(rows.find(([model]) => model === 'small-135m')).toEqual([
      'small-135m',
      '/models/small-135m.gguf',
      `${'ab'.repeat(6)} ${'ab'.repeat(26)}`,
      '0 MiB',
      '135M',
      'Q4_1',
      '–',
      '–',
    ]);
    expect(html(<ManifestBlock data={paper.data} />)).toBe('');
  });

  it('has the commands that repeat it', () => {
    expect(shown(<ReproduceBlock data={stored.page.data} />)).toContain('perbench run');
    expect(html(<ReproduceBlock data={paper.data} />)).toBe('');
  });
});
