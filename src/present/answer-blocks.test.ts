import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { invoicesTask, labelledModels, storeLabelledRun, ticketsTask } from '../../test/setup/labelled-run.ts';
import { reportRuns } from '../app/report-runs.ts';
import type { Store } from '../core/store.ts';
import type { BoardAnswers } from '../scoring/answers/board-answers.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import { confusionTable, disputedText, itemTable, matrixNames, missedText } from './answer-tables.ts';
import { cellText, type Document, markedText, type Table } from './document.ts';
import { documentFormats } from './formats.ts';
import { reportDocument } from './report-document.ts';
import type { Report } from './report.ts';
import { terminalText } from './terminal.ts';

let store: Store;
let report: Report;
let written: Document;

beforeAll(async () => {
  store = await openSqliteStore({ file: ':memory:' });
  const run = await store.getRun(await storeLabelledRun(store));
  if (run === undefined) throw new Error('no run');
  report = await reportRuns(store, [run], { projectDir: '/nowhere' });
  written = reportDocument(report);
});
afterAll(async () => store[Symbol.asyncDispose]());

function detailsOf(taskId: string): BoardAnswers {
  const details = report.scoreboards.find((board) => board.taskId === taskId)?.answerDetails;
  if (details === undefined) throw new Error(`nothing of ${taskId}`);
  return details;
}

function printed({ columns, rows }: Table): readonly string[] {
  return [columns.map(({ heading }) => heading), ...rows.map(({ cells }) => cells.map(markedText))].map((line) =>
    line.join(' | '),
  );
}

describe('a confusion matrix', () => {
  it('counts every item once, the right ones marked, what has no label apart', () => {
    const details = detailsOf(ticketsTask);
    const [first, , third] = details.byLabel.map((model) => printed(confusionTable(details, model)));
    expect(first).toEqual([
      'right ╲ answered | billing | bug | feature | unread | cut | items',
      'billing | 20✓ | · | · | · | · | 20',
      'bug | 2 | 11✓ | · | 1 | · | 14',
      'feature | · | 6 | · | · | · | 6',
    ]);
    expect(third).toEqual([
      'right ╲ answered | billing | bug | feature | unread | cut | items',
      'billing | 18✓ | · | 2 | · | · | 20',
      'bug | 2 | 11✓ | · | · | 1 | 14',
      'feature | · | · | 6✓ | · | · | 6',
    ]);
  });

  it('calls labels by numbers where their names have no room as headings', () => {
    expect(matrixNames(['yes', 'no'])).toMatchObject({ rows: ['yes', 'no'], columns: ['yes', 'no'] });
    expect(matrixNames(['account_is_blocked', 'no'])).toEqual({
      isNumbered: true,
      rows: ['1 account_is_blocked', '2 no'],
      columns: ['1', '2'],
    });
  });
});

describe('on a terminal', () => {
  const shown = (isWhole: boolean): string => terminalText(written.screen, { width: 80, isWhole });

  it('a task of the user’s own has one matrix, the items that all miss, and what there is more', () => {
    const text = shown(false);
    expect(text.match(/^Right and given labels of /gmu)).toHaveLength(1);
    expect(text).toContain('2 of 40 items are missed by all 3 models; look at their labels');
    expect(text).toMatch(/^t-003 {2}bug {7}billing/mu);
    expect(text).toContain('15 of 40 items are answered right by some models and wrong by others');
    expect(text).not.toContain('one by one');
    expect(text).toMatch(/^More .*tables: -v\.$/mu);
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('a whole report has all models, label by label', () => {
    const text = shown(true);
    for (const model of labelledModels) {
      expect(text).toContain(`Right and given labels of ${model}, 40 items`);
      expect(text).toContain(`Labels of ${model} one by one`);
    }
    expect(text).toContain('never given, so that precision and F1 aren’t defined: feature'.replace('’', "'"));
    expect(text).toContain('macro F1 counts a label without F1 as 0');
    expect(text).not.toMatch(/^More /mu);
  });

  it('other tasks show nothing of it unasked', () => {
    const scoreboards = report.scoreboards.map((board) => ({ ...board, taskId: 'imdb/per@2', settingsOfWeights: [] }));
    const { screen } = reportDocument({ ...report, scoreboards });
    expect(terminalText(screen, { width: 80 })).not.toContain('Right and given labels');
    expect(terminalText(screen, { width: 80, isWhole: true })).toContain('Right and given labels');
  });

  it('more than 12 labels are a list of the largest confusions, on a page more than 30', () => {
    const withLabels = (count: number): Document => {
      const labels = Array.from({ length: count }, (_, index) => `label-${index}`);
      const scoreboards = report.scoreboards.map((board) =>
        board.taskId === ticketsTask
          ? { ...board, answerDetails: { ...detailsOf(ticketsTask), labels: ['billing', 'bug', 'feature', ...labels] } }
          : board,
      );
      return reportDocument({ ...report, scoreboards });
    };
    const many = terminalText(withLabels(10).screen, { width: 80 });
    expect(many).toContain('Largest confusions of atlas-1b, of 13 labels');
    expect(many).toContain('feature read as bug: 6 of 6');
    expect(many).not.toContain('╲');
    expect(documentFormats.report.markdown.write(withLabels(10))).toContain('right ╲ answered');
    expect(documentFormats.report.markdown.write(withLabels(28))).not.toContain('right ╲ answered');
  });
});

describe('files', () => {
  it('Markdown has every table', () => {
    const text = documentFormats.report.markdown.write(written);
    expect(text.match(/^\| right ╲ answered \|/gmu)).toHaveLength(3);
    expect(text.match(/^\| Label \| Items \|/gmu)).toHaveLength(3);
    expect(text).toContain('| Field | Model | Right | Items | Share |');
    expect(text).toContain('### 2 of 40 items are missed by all 3 models');
    expect(text).toContain('Accuracy against tokens per answer');
  });

  it('CSV has a file for each', () => {
    const { confusion, labels, items, fields, csv } = documentFormats.report;
    const lines = (format: { readonly write: (document: Document) => unknown }): readonly string[] =>
      String(format.write(written)).trim().split('\r\n');
    expect(lines(confusion).slice(0, 5)).toEqual([
      'task,model,right,given,outcome,items',
      `${ticketsTask},atlas-1b,billing,billing,answer,20`,
      `${ticketsTask},atlas-1b,bug,billing,answer,2`,
      `${ticketsTask},atlas-1b,bug,bug,answer,11`,
      `${ticketsTask},atlas-1b,bug,,unread,1`,
    ]);
    expect(lines(labels)[3]).toMatch(/^tickets\/own@0123abcd,atlas-1b,feature,6,0,0,,,,0,0,0\.39\d+,,,$/u);
    expect(lines(items)[1]).toBe(`${ticketsTask},missed,t-003,bug,atlas-1b,answer,billing,0`);
    expect(lines(fields)[1]).toMatch(/^invoices\/own@89abcdef,atlas-1b,date,15,20,0\.75,/u);
    // What `perbench score` reads stays what it was.
    expect(lines(csv)[0]).not.toContain('field:');
    expect(lines(csv)).toHaveLength(1 + labelledModels.length * 2);
  });

  it('JSON has the counts themselves', () => {
    const data = JSON.parse(documentFormats.report.json.write(written)) as {
      readonly scoreboards: readonly { readonly task: string; readonly answerDetails: BoardAnswers }[];
    };
    const tickets = data.scoreboards.find(({ task }) => task === ticketsTask);
    expect(tickets?.answerDetails.byLabel[0]?.rows[1]).toEqual({
      label: 'bug',
      items: 14,
      given: [
        ['billing', 2],
        ['bug', 11],
      ],
      unread: 1,
      cut: 0,
      failed: 0,
    });
    expect(tickets?.answerDetails.agreement?.missed.count).toBe(2);
  });

  it('LaTeX keeps to the tables of a paper', () => {
    const [first] = report.scoreboards;
    const single = reportDocument({ ...report, scoreboards: first === undefined ? [] : [first] });
    expect(documentFormats.report.latex.write(single).match(/begin\{table\}/gu)).toHaveLength(1);
  });
});

describe('items side by side', () => {
  it('are told with what each model answered, as many as are asked for', () => {
    const { agreement } = detailsOf(ticketsTask);
    if (agreement === undefined) throw new Error('no agreement');
    const shown = itemTable(agreement, 'disputed', 2);
    expect(printed(shown)).toEqual([
      `Item | Expected | ${labelledModels.join(' | ')}`,
      't-000 | billing | billing ✓ | bug | billing ✓',
      't-001 | bug | (unreadable) | bug ✓ | bug ✓',
    ]);
    expect(shown.notes.map(({ text }) => text)).toEqual(['the first 2 of 15; perbench view lists all']);
  });

  it('of many models count equal answers', () => {
    const { agreement } = detailsOf(ticketsTask);
    if (agreement === undefined) throw new Error('no agreement');
    const models = [...agreement.models, 'd', 'e'];
    const first = agreement.disputed.first.map((item) => ({
      ...item,
      answers: [...item.answers, ...item.answers.slice(0, 2)],
    }));
    const many = itemTable({ ...agreement, models, disputed: { count: 1, first } }, 'disputed', 1);
    expect(many.rows[0]?.cells.map(cellText)).toEqual(['t-000', 'billing', 'billing ✓ (3), bug (2)']);
  });

  it('say how many models, and of which items', () => {
    const { agreement } = detailsOf(ticketsTask);
    if (agreement === undefined) throw new Error('no agreement');
    const two = { ...agreement, models: ['a', 'b'], missedAlike: 0, missed: { ...agreement.missed, count: 1 } };
    expect(missedText(two)).toBe('1 of 40 items is missed by both models; look at their labels');
    expect(missedText({ ...two, isComplete: false })).toBe(
      '1 of 40 items that at least two models answered is missed by all that did; look at their labels',
    );
    expect(disputedText({ ...two, isGraded: true })).toBe('15 of 40 items have different scores by model');
  });
});

it('fields of JSON answers are no columns of the scoreboard, validity and correctness are', () => {
  const details = detailsOf(invoicesTask);
  expect(details.labels).toEqual([]);
  expect(details.byField[0]?.fields.map(({ path, right, items }) => [path, right, items])).toEqual([
    ['date', 15, 20],
    ['total', 16, 20],
    ['buyer.name', 10, 10],
  ]);
  const text = terminalText(written.screen, { width: 200, isWhole: true });
  expect(text).toMatch(/Valid JSON {2}Fits schema {2}Fields right/u);
});

describe('answers that never came', () => {
  it('are a column apart from wrong ones, with a footnote that counts them', () => {
    const whole = terminalText(written.screen, { width: 200, isWhole: true });
    expect(whole).toMatch(/Thinking +Cut/u);
    expect(whole).toContain(
      'Cut: share of the items without an answer, since the output ended while the model was thinking; they count as wrong (birch-3b (thinking, 2k) 1 of 40)',
    );
    expect(whole).not.toContain('Filtered');
  });

  it.each([60, 80])('are in the first view of a terminal of %i columns, with their note, few as they are', (width) => {
    const first = terminalText(written.screen, { width, isWhole: false });
    const tables = first.split('\n\n').filter((part) => /^ *(?:Model|PER-A|Accuracy)\b/mu.test(part));
    const withCut = tables.filter((part) => /^.*\bCut\b/mu.test(part));
    expect(withCut.length).toBeGreaterThanOrEqual(report.scoreboards.length);
    expect(first.replaceAll(/\s+/gu, ' ')).toContain('Cut: share of the items without an answer');
  });

  it('stand beside thoughts that nobody counted, which are a dash with a reason', () => {
    const detail = 'nothing tells how many tokens the thoughts have';
    const scoreboards = report.scoreboards.map((board) => ({
      ...board,
      rows: board.rows.slice(2).map(({ measurements, ...row }) => {
        const thinkingTokens = { status: 'unavailable', reason: 'no_token_counts', detail } as const;
        return { ...row, measurements: { ...measurements, thinkingTokens } };
      }),
    }));
    const { screen } = reportDocument({ ...report, scoreboards });
    for (const isWhole of [true, false]) {
      const text = terminalText(screen, { width: 120, isWhole });
      expect(text).toMatch(/Thinking +Cut/u);
      expect(text).toMatch(/^birch-3b \(thinking, 2k\) .* – +0\.025/mu);
      expect(text.replaceAll(/\s+/gu, ' ')).toContain(`Thinking of ${labelledModels[2]}: ${detail}`);
    }
  });

  it('are nothing to speak of where all came', () => {
    const scoreboards = report.scoreboards.map((board) => ({ ...board, rows: board.rows.slice(0, 2) }));
    const { screen } = reportDocument({ ...report, scoreboards });
    expect(terminalText(screen, { width: 200, isWhole: true })).not.toContain('share of the items without an answer');
  });
});
