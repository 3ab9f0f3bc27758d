import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { html, shown, shownRows } from '../../../test/page/shown.ts';
import { storedPages, type StoredPages } from '../../../test/page/stored-pages.ts';
import { labelledModels, storeLabelledRun, ticketsTask } from '../../../test/setup/labelled-run.ts';
import type { CellSummary } from '../viewer-data.ts';
import { choiceOf } from './sample-choice.ts';
import { ReportContent, ReportPage } from './report-page.tsx';
import { sampleLinks } from './run-page.tsx';

let stored: StoredPages;
let cells: readonly CellSummary[];

beforeAll(async () => {
  stored = await storedPages(storeLabelledRun);
  cells = await stored.get(`/api/runs/${stored.runId}/cells`);
});
afterAll(async () => stored[Symbol.asyncDispose]());

/** The parts of the page that are about answers. */
function answers(): string {
  const text = html(<ReportPage page={stored.page} />);
  return text.slice(text.indexOf('id="board-1-answers"'), text.indexOf('id="manifest"'));
}

describe('answers of a task', () => {
  it('are a matrix per model, a real table with headings both ways', () => {
    const tables = [...answers().matchAll(/<div class="table-scroll matrix"[^>]*>.*?<\/div>/gsu)].map(
      ([table]) => table,
    );
    expect(tables).toHaveLength(labelledModels.length);
    for (const table of tables) {
      expect(table).toMatch(
        /tabindex="0" role="region" aria-label="tickets\/own@0123abcd: Right and given labels of /u,
      );
      expect(table.match(/<th scope="col"/gu)).toHaveLength(7);
      expect(table.match(/<th scope="row"/gu)).toHaveLength(3);
    }
    const [first = ''] = tables;
    expect(first).toContain('<td class="right right-one" data-value="20" style="--share:100%;">20</td>');
    expect(first).toContain('<td class="right other" data-value="6" style="--share:100%;">6</td>');
    expect(first).toContain(
      '<td class="right other" data-value="0" style="--share:0%;"><span class="zero">0</span></td>',
    );
  });

  it('open with the model that is recommended', () => {
    const open = [...answers().matchAll(/<details class="more on-paper" open>.*?<bdi>(.*?)<\/bdi>/gsu)];
    expect(open.map(([, name]) => name)).toEqual(['atlas-1b']);
  });

  it('tell what no answer defines with a dash, and say so', () => {
    const lines = shown(<ReportPage page={stored.page} />);
    expect(shownRows(<ReportPage page={stored.page} />)).toContainEqual([
      'feature',
      '6',
      '0',
      '0',
      '–',
      '0.000 [0.000, 0.390]',
      '–',
    ]);
    expect(lines).toContain("never given, so that precision and F1 aren't defined: feature");
  });

  it('list the items that all miss, without links where there are no samples', () => {
    const rows = shownRows(<ReportPage page={stored.page} />);
    expect(rows).toContainEqual(['t-003', 'bug', 'billing', 'billing', 'billing']);
    expect(answers()).not.toContain('/samples?');
  });

  it('have fields of JSON answers', () => {
    expect(shownRows(<ReportPage page={stored.page} />)).toContainEqual([
      'buyer.name',
      'atlas-1b',
      '10',
      '10',
      '1.000 [0.722, 1.000]',
    ]);
  });
});

describe('in the viewer', () => {
  it('lead to the samples, by filters that show just these items', async () => {
    const text = html(<ReportContent page={stored.page} links={sampleLinks(cells)} />);
    const addresses = [...text.matchAll(/href="(#\/runs\/[^"]*\/samples\?[^"]*)"/gu)].map(
      ([, address = '']) => new URLSearchParams(address.replaceAll('&amp;', '&').replace(/^.*\?/u, '')),
    );
    const missed = addresses.find((query) => query.get('wrong') !== null && query.get('task') === ticketsTask);
    const choice = choiceOf(new Map(missed), cells);
    expect(choice.models.map(({ outcome }) => outcome)).toEqual(['wrong', 'wrong', 'wrong']);
    const query = choice.models.flatMap(({ cell }) => [
      ['cell', cell.id],
      ['wrong', cell.id],
    ]);
    const found = await stored.get<{ readonly items: readonly { readonly itemId: string }[] }>(
      `/api/items?${new URLSearchParams(query).toString()}`,
    );
    expect(found.items.map(({ itemId }) => itemId)).toEqual(['t-003', 't-023']);
    const disputed = addresses.find((own) => own.get('differ') === '1' && own.get('task') === ticketsTask);
    expect(choiceOf(new Map(disputed), cells).isDisputed).toBe(true);
    expect(addresses.some((own) => own.get('item') === 't-003')).toBe(true);
  });
});

it('accuracy against tokens is there where weights have several settings', () => {
  const text = html(<ReportPage page={stored.page} />);
  expect(text).toContain('id="tokens"');
  expect(shownRows(<ReportPage page={stored.page} />)).toContainEqual(['birch-3b (thinking, 2k)', '140', '0.875']);
});
