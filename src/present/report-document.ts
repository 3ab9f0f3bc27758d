import { factorNames } from '../scoring/factor.ts';
import { answerHeadline, answersHeadline, answerSentences } from '../scoring/answer-text.ts';
import { byPlace } from '../scoring/place.ts';
import type { Scoreboard, ScoreboardRow } from '../scoring/scoreboard.ts';
import {
  answerPage,
  answerScreen,
  confusionRecords,
  fieldRecords,
  itemRecords,
  labelRecords,
} from './answer-blocks.ts';
import { boardSections } from './board-sections.ts';
import {
  type Block,
  type Document,
  createDocument,
  gap,
  labelText,
  line,
  listBlock,
  metricWords,
  type Point,
  type Records,
  type Scalar,
  type Series,
  type Table,
  table,
  tableBlock,
  textBlock,
} from './document.ts';
import { boardTitle, footnotes, shortBoardTitle } from './footnotes.ts';
import type { Report } from './report.ts';
import { boardColumns } from './scoreboard-columns.ts';
import { serverBlocks, serverRecords } from './server-side.ts';

/** Raised when a reader of an older file would misunderstand a newer one. */
const schema = 'perbench-report/1';

/** Where editors find the schema beside an installed perbench. */
const jsonSchemaPath = './node_modules/perbench/schemas/results.schema.json';

function boardTable(board: Scoreboard): Table {
  const columns = boardColumns([board])
    .filter(({ isForPeople }) => isForPeople)
    .map((column) => ({ column, ...column.read(board) }));
  return table(
    columns.map(({ column, unit }) => ({ ...column, unit, priority: column.priority(board) })),
    byPlace(board.rows, board).map((row) => ({
      cells: columns.map(({ cell }) => cell(row)),
      tone: 'plain',
      isComplete: row.state === 'done',
    })),
    {
      caption: boardTitle(board),
      shortCaption: shortBoardTitle(board),
      label: labelText([board.taskId, board.protocol].filter((part) => part !== undefined).join('-')),
      verdict: board.answer && answerHeadline(board.answer),
      notes: footnotes(board),
    },
  );
}

/** What the report comes to: of one task in a few sentences, of several in one. */
function answerBlocks({ answers, scoreboards }: Report): readonly Block[] {
  if (answers === undefined) return [];
  const [only, ...others] = answers.weighted === undefined ? answers.tasks : [answers.weighted];
  const texts =
    only === undefined || others.length > 0
      ? [answersHeadline(answers)]
      : answerSentences(only, scoreboards, scoreboards.length > 0);
  return [{ kind: 'sentences', texts, tones: ['title', answers.kind === 'recommend' ? 'best' : 'doubtful'] }];
}

/** @param isTold the answer stands above it already */
function boardBlocks(board: Scoreboard, isTold: boolean): readonly Block[] {
  const sections = boardSections(board).flatMap(({ heading, lines }): readonly Block[] => [
    { kind: 'heading', text: heading, level: 4, tone: 'heading' },
    ...listBlock(
      lines.map((text) => line(text)),
      2,
    ),
  ]);
  const shown = boardTable(board);
  return [tableBlock(isTold ? { ...shown, verdict: undefined } : shown), ...sections];
}

/** One flat table, a record per model and task, in base units and without rounding; `perbench score` reads it. */
function reportRecords(scoreboards: readonly Scoreboard[]): Records {
  const columns = boardColumns(scoreboards);
  const all = scoreboards.flatMap((board) =>
    board.rows.map(
      (row) => new Map<string, Scalar>(columns.flatMap((column) => Object.entries(column.fields(row, board)))),
    ),
  );
  const headings = [...new Set(all.flatMap((record) => [...record.keys()]))];
  return { headings, rows: all.map((record) => headings.map((heading) => record.get(heading))) };
}

/** Measurements whole, with unit, interval, status and warnings. What isn't known is left out, never null or 0. */
function boardData(board: Scoreboard): object {
  const columns = boardColumns([board]).filter(({ isInJson }) => isInJson);
  return {
    task: board.taskId,
    title: board.title,
    metric: board.metric,
    protocol: board.protocol,
    scores: board.versions,
    units: board.units,
    flags: board.flags,
    anchors: board.anchors,
    weights: board.weights,
    populationItems: board.populationItems,
    answer: board.answer,
    inference: board.inference,
    limits: board.limits,
    pricePerHour: board.pricePerHour,
    paretoFront: board.front,
    robustness: board.card,
    answerDetails: board.answerDetails,
    rows: board.rows.map((row) => ({
      ...Object.fromEntries(columns.map((column) => [column.id, column.raw(row, board)])),
      factors: row.factors && Object.fromEntries(factorNames.map((factor) => [factor, row.factors?.[factor]])),
      anchored: row.anchored,
      threeFactors: row.threeFactors,
      ranking: row.ranking,
      answers: row.answers,
      launches: row.launches,
      extra: row.measurements.extra,
      flags: row.flags,
      warnings: row.warnings,
      error: row.error,
    })),
  };
}

function pointsOf({ measurements, score, anchored }: ScoreboardRow): readonly Point[] {
  const { extra = {}, ...own } = measurements;
  const scored = (name: string, value: number | undefined, against: string): readonly Point[] => {
    const help = `performance-efficiency ratio ${against}`;
    return value === undefined ? [] : [{ name, help, value, unit: 'ratio', interval: undefined }];
  };
  return [
    ...Object.entries({ ...own, ...extra }).flatMap(([name, measurement]): readonly Point[] => {
      if (measurement.status === 'unavailable') return [];
      const help = metricWords(name);
      const { value, unit, interval } = measurement;
      return [{ name, help, value, unit, interval }];
    }),
    ...scored('per', score, 'over these models'),
    ...scored('perA', anchored?.score, 'against fixed anchors'),
  ];
}

function seriesOf({ taskId, protocol, rows }: Scoreboard): readonly Series[] {
  return rows.map((row) => ({ model: row.model, task: taskId, protocol, points: pointsOf(row) }));
}

/** Scoreboards: a table each, with its verdict, what must be known about it, and what was asked beside it. */
export function reportDocument(report: Report): Document {
  const { run, scoreboards, servers = [], notes = [] } = report;
  const answer = answerBlocks(report);
  const isTold = answer.length > 0 && scoreboards.length === 1;
  const boards = scoreboards.map((board) => ({
    board,
    blocks: boardBlocks(board, isTold),
    server: serverBlocks(
      servers.find(({ taskId, protocol }) => taskId === board.taskId && protocol === board.protocol),
    ),
  }));
  const below = notes.map((note) => textBlock(note));
  return createDocument({
    schema,
    screen: [
      answer,
      ...boards.map(({ board, blocks, server }) => [...blocks, ...answerScreen(board), ...server]),
      below,
    ]
      .filter((blocks) => blocks.length > 0)
      .flatMap((blocks, index) => (index === 0 ? blocks : [gap, ...blocks])),
    page: [
      ...answer,
      ...boards.flatMap(({ board, blocks, server }) => [...blocks, ...answerPage(board), ...server]),
      ...below,
    ],
    records: reportRecords(scoreboards),
    moreRecords: {
      confusion: confusionRecords(scoreboards),
      labels: labelRecords(scoreboards),
      items: itemRecords(scoreboards),
      fields: fieldRecords(scoreboards),
      server: serverRecords(servers),
    },
    data: {
      $schema: jsonSchemaPath,
      schema,
      run,
      verdict: report.answers && answersHeadline(report.answers),
      answers: report.answers,
      scoreboards: scoreboards.map(boardData),
      servers: report.servers,
      notes: report.notes,
    },
    series: scoreboards.flatMap(seriesOf),
    origin: run,
    notes,
    report,
  });
}
