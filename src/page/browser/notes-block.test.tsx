import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { html, shown, shownRows } from '../../../test/page/shown.ts';
import { paperPage, storedPages, type StoredPages } from '../../../test/page/stored-pages.ts';
import { meaningOf } from '../../present/glossary.ts';
import { codedNotes } from '../../present/notes.ts';
import { boardColumns, detailColumns } from './board-columns.tsx';
import { viewPage } from './board-view.ts';
import { NotesBlock } from './notes-block.tsx';
import { ReportPage } from './report-page.tsx';
import { ScoreboardBlock } from './scoreboard-block.tsx';

const paper = paperPage();
let stored: StoredPages;
beforeAll(async () => {
  stored = await storedPages();
});
afterAll(async () => stored[Symbol.asyncDispose]());

describe('notes', () => {
  const warnings = [
    { reason: 'small_sample' as const, detail: '4 items', metric: 'accuracy' },
    { reason: 'host_busy' as const, detail: '40 %', metric: 'throughput' },
    { reason: 'host_busy' as const, detail: '40 %', metric: 'latency' },
    { reason: 'host_busy' as const, detail: '50 %', metric: 'memory' },
  ];

  function warnedPage() {
    const { data, numbers } = stored.page;
    const scoreboards = data.report.scoreboards.map((board) => ({
      ...board,
      rows: board.rows.map((row) => ({ ...row, warnings })),
    }));
    return { data: { ...data, report: { ...data.report, scoreboards } }, numbers };
  }

  it('stand once, the doubts first, with every place', () => {
    const view = viewPage(warnedPage(), new Map([['score', 'paper']]));
    const text = shown(<NotesBlock notes={view.notes.all} />);
    const at = (start: string): number => text.findIndex((line) => line.includes(start));
    expect(text.filter((line) => line.includes('Other programs took more than 5 %'))).toHaveLength(1);
    expect(text[at('host_busy')]).toMatch(/^a host_busy /u);
    expect(text[at('host_busy') + 1]).toBe('6 cells: 40 to 50 % (note a)');
    expect(at('host_busy')).toBeLessThan(at('small_sample'));
    expect(text).toContain('small-135m on GSM8K, throughput, latency: 40 %');
    expect(text).toContain('small-135m on GSM8K, memory: 50 %');
    expect(at(' worst ')).toBeGreaterThan(at('small_sample'));
  });

  it('are referred to by their letters: numbers, scores and tables', () => {
    const page = warnedPage();
    const [view] = viewPage(page, new Map()).boards;
    if (view === undefined) throw new Error('no board');
    const board = html(<ScoreboardBlock view={view} />);
    const rows = shownRows(<ScoreboardBlock view={view} />);
    expect(rows[1]).toContain('4.00 ± 0.10 a');
    expect(board).not.toContain(
      'Other programs took more than 5 % of the CPU, so speed may be greatly understated.</li>',
    );
    const text = html(<ReportPage page={page} />);
    const codes = view.notes.all.map(({ code }) => code);
    expect(codes.slice(0, 3)).toEqual(['a', 'b', 'c']);
    // Each note is used, and each letter has its note.
    for (const code of codes) expect(text.match(new RegExp(`href="#note-${code}"`, 'gu'))?.length).toBeGreaterThan(0);
    for (const [, code] of text.matchAll(/href="#note-(\w+)"/gu)) expect(codes).toContain(code);
  });

  it('go on after z', () => {
    const board = { ...paper.data.report.scoreboards[0], flags: [] };
    const many = Array.from({ length: 30 }, (_, index) => ({
      ...board,
      inference: {
        method: 'intervals',
        resamples: 1,
        seed: 1,
        withoutLaunchSpread: [],
        atBoundary: [],
        notes: [`n${index}`],
      },
    }));
    const codes = codedNotes(many as unknown as Parameters<typeof codedNotes>[0]).all.map(({ code }) => code);
    expect(codes.slice(25, 28)).toEqual(['z', 'aa', 'ab']);
    expect(new Set(codes).size).toBe(codes.length);
  });

  it('may be none', () => {
    expect(shown(<NotesBlock notes={[]} />)).toContain('There are none: nothing speaks against these numbers.');
  });
});

describe('terms', () => {
  it('of every heading are explained by the glossary', () => {
    const page = viewPage(stored.page, new Map());
    for (const view of page.boards) {
      const columns = [...boardColumns(view), ...detailColumns(view)];
      const unexplained = columns.filter(({ id, help }) => help === undefined && id !== 'model');
      // A task's own metrics may be anything.
      expect(unexplained.map(({ id }) => id).filter((id) => !id.startsWith('extra.'))).toEqual([]);
    }
    const text = html(<ReportPage page={stored.page} />);
    expect(text).toContain(`aria-description="${meaningOf('P(1st)')}`);
    expect(meaningOf('TTFT')).toBe(meaningOf('time to first token'));
    expect(meaningOf('nonsense')).toBeUndefined();
  });
});
