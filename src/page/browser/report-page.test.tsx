import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { html, shown, shownRows } from '../../../test/page/shown.ts';
import { made, paperPage, storedPages, type StoredPages } from '../../../test/page/stored-pages.ts';
import { fastButUnproven } from '../../../test/setup/judged-board.ts';
import { hostileModel } from '../../../test/setup/stored-cells.ts';
import { flagMeanings, warningMeanings } from '../../present/glossary.ts';
import { makePage } from '../make-page.ts';
import { viewPage, type PageView } from './board-view.ts';
import { RankBlock, SizeBlock, TradeOffBlock } from './chart-block.tsx';
import { Controls, withShare } from './controls.tsx';
import { DecisionBlock } from './decision-block.tsx';
import { ManifestBlock, ReproduceBlock } from './manifest-block.tsx';
import { GlossaryBlock, ReportPage } from './report-page.tsx';
import { ScoreboardBlock } from './scoreboard-block.tsx';

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
      'board-1-answers',
      'board-2-answers',
      'board-3-answers',
      'manifest',
      'reproduce',
      'notes',
      'glossary',
    ]);
    expect(text.match(/<h1/gu)).toHaveLength(1);
    // Every place that is linked to is there.
    for (const [, to] of text.matchAll(/href="#([^"]+)"/gu)) expect(text).toContain(` id="${to}"`);
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
    expect(text).toContain('Nothing was measured.');
    expect(text.join('\n')).not.toMatch(/NaN|undefined|null/u);
  });
});

describe('the decision', () => {
  it('names the model, the score and why, task by task', () => {
    const view = paperView();
    expect(shown(<DecisionBlock view={view} data={paper.data} />)).toContain(
      'Qwen2.5-1.5B for gsm8k, hellaswag and arc_easy; Gemma-2-2B for squad2; Qwen2.5-0.5B for imdb.',
    );
    const all = shownRows(<DecisionBlock view={view} data={paper.data} />);
    const rows = all.slice(all.findIndex(([first]) => first === 'Task'));
    expect(rows.map((row) => row.slice(0, 3))).toEqual([
      ['Task', 'Model', 'PER-A'],
      ['gsm8k', 'Qwen2.5-1.5B', '0.762'],
      ['squad2', 'Gemma-2-2B', '0.707'],
      ['hellaswag', 'Qwen2.5-1.5B', '0.590'],
      ['imdb', 'Qwen2.5-0.5B', '0.894'],
      ['arc_easy', 'Qwen2.5-1.5B', '0.809'],
    ]);
    expect(rows[1]?.[3]).toContain('neither per-item answers nor intervals');
  });

  it('has a sentence on three recommended models at most where there are several tasks', () => {
    const text = shown(<DecisionBlock view={paperView()} data={paper.data} />);
    const sentences = text.filter((line) => / times in 100, /u.test(line));
    expect(sentences.map((line) => line.slice(0, line.indexOf(' times')))).toEqual([
      'gsm8k: Qwen2.5-1.5B is right 58',
      'squad2: Gemma-2-2B is right 68',
      'hellaswag: Qwen2.5-1.5B is right 50',
    ]);
    expect(shown(<DecisionBlock view={paperView({ minAccuracy: '1' })} data={paper.data} />).join()).not.toContain(
      'times in 100',
    );
  });

  it('follows what is chosen, and says that it does', () => {
    const view = paperView({ minAccuracy: '1' });
    expect(shown(<DecisionBlock view={view} data={paper.data} />).slice(0, 2)).not.toEqual(
      shown(<DecisionBlock view={paperView()} data={paper.data} />).slice(0, 2),
    );
    expect(shownRows(<DecisionBlock view={view} data={paper.data} />)).toContainEqual([
      'gsm8k',
      'none',
      '–',
      'no model is usable',
    ]);
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
    expect(rows[0]?.slice(0, 5)).toEqual(['#', 'Model', 'PER-A', 'Ranks', 'P(1st)']);
    expect(rows[1]).toContain('4.00 ± 0.10');
    expect(rows.some((row) => row.includes('without ACC'))).toBe(true);
    expect(shown(<ScoreboardBlock view={view} />)).toContain('Other measurements');
  });

  it('ranks the usable alone, first, and says of the others why they have no rank', () => {
    const page = makePage({ scoreboards: [fastButUnproven()] }, made);
    const [view] = viewPage(page, new Map()).boards;
    if (view === undefined) throw new Error('no board');
    const rows = shownRows(<ScoreboardBlock view={view} />).slice(1, 5);
    expect(rows.map(([rank, name]) => [rank, name])).toEqual([
      ['1', 'good'],
      ['2', 'fair'],
      ['–', 'fast not shown to be usable'],
      ['–', 'wrong not usable'],
    ]);
  });

  it('shows the paper’s score of few models only when asked', () => {
    const headings = (params: Readonly<Record<string, string>>): readonly string[] => {
      const [view] = viewPage(stored.page, new Map(Object.entries(params))).boards;
      if (view === undefined) throw new Error('no board');
      return shownRows(<ScoreboardBlock view={view} />).find((row) => row.includes('without ACC')) ?? [];
    };
    expect(headings({})).not.toContain('PER');
    expect(headings({ score: 'paper' })).toContain('PER');
    const [many] = paperView().boards;
    if (many === undefined) throw new Error('no board');
    expect(shownRows(<ScoreboardBlock view={many} />).find((row) => row.includes('without ACC'))).toContain('PER');
  });

  it('says why a model has no score', () => {
    const [view] = paperView({ minAccuracy: '0.9' }).boards;
    if (view === undefined) throw new Error('no board');
    const rows = shownRows(<ScoreboardBlock view={view} />).slice(1, 17);
    expect(rows.filter((row) => row[2] === '–')).toHaveLength(15);
    expect(rows[1]?.[1]).toContain('is below 0.900');
  });
});

describe('what may be changed', () => {
  it('stands at what the report was written with, and the way back is closed', () => {
    const text = html(<Controls view={paperView()} />);
    const sliders = [...text.matchAll(/<input type="range"[^>]*>/gu)].map(([slider]) => slider);
    expect(sliders.map((slider) => /aria-valuetext="([^"]+)"/u.exec(slider)?.[1])).toEqual([
      ...Array.from({ length: 4 }, () => '25 %'),
      // Prices have none without the price of an hour.
      ...Array.from({ length: 3 }, () => 'no limit'),
      ...Array.from({ length: 3 }, () => '× 1'),
    ]);
    expect(text).toMatch(/<button type="button" disabled>/u);
  });

  it('stands open at what was chosen: shares of the weights, multiples of the anchors', () => {
    const view = paperView({ weights: '100_100_0_0', anchors: '1_-2_0', minAccuracy: '0.25', maxMemory: '12GiB' });
    const text = html(<Controls view={view} />);
    const typed = (label: string): string | undefined =>
      new RegExp(`aria-label="${label}"[^>]* value="([^"]*)"`, 'u').exec(text)?.[1];
    expect(['Weight of accuracy', 'Weight of memory'].map(typed)).toEqual(['50 %', '0 %']);
    expect(['Minimum accuracy, typed', 'Maximum memory, typed'].map(typed)).toEqual(['0.25', '12GiB']);
    expect(text).toContain('aria-label="Maximum latency, typed" aria-invalid="false" placeholder="no limit"');
    for (const line of ['Throughput × 2', 'Latency ÷ 4']) expect(shown(<Controls view={view} />)).toContain(line);
    expect(text).toContain('<details class="controls js-only" open>');
    // Anchors are of PER-A alone.
    expect(html(<Controls view={paperView({ score: 'paper' })} />).match(/type="range"/gu)).toHaveLength(7);
  });

  it('a typed weight is a share: the others keep their ratios', () => {
    const weights = { accuracy: 25, throughput: 50, latency: 25, memory: 0 };
    expect(withShare(weights, 'accuracy', 0.4)).toEqual({ accuracy: 40, throughput: 40, latency: 20, memory: 0 });
    expect(withShare({ accuracy: 9, throughput: 0, latency: 0, memory: 0 }, 'accuracy', 0.7)).toEqual({
      accuracy: 70,
      throughput: 10,
      latency: 10,
      memory: 10,
    });
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
    expect(html(<RankBlock boards={paperView({ minAccuracy: '1' }).boards} />)).toBe('');
    expect(html(<TradeOffBlock boards={[]} />)).toBe('');
    const { boards } = viewPage(makePage({ scoreboards: [] }, made), new Map());
    expect(html(<SizeBlock boards={boards} data={paper.data} />)).toBe('');
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
