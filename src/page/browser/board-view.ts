import { useMemo } from 'preact/hooks';
import {
  hasPerAnchored,
  leastModelsForPer,
  scoredRows,
  type Scoreboard,
  type ScoreboardRow,
} from '../../scoring/scoreboard.ts';
import { type Answer, type Answers, joinAnswers } from '../../scoring/answer.ts';
import { byPlace, placeOf, type Place } from '../../scoring/place.ts';
import { decide } from '../../scoring/decide.ts';
import { unpackDraws, type Draws } from '../draws.ts';
import { codedNotes, type CodedNotes } from '../../present/notes.ts';
import type { LoadedPage } from '../page-data.ts';
import { rescore, type RescoredModel, type ScoreSettings } from '../rescore.ts';
import { boardSettings, choiceNames, choicesFrom, defaultChoices, isDefault, type Choices } from '../settings.ts';
import { useHash } from './hash-state.ts';

/** One scoreboard under the reader's choices. */
export interface BoardView {
  /** Unique in the page. */
  readonly id: string;
  /** Of the task. */
  readonly title: string;
  readonly board: Scoreboard;
  readonly draws: Draws | undefined;
  readonly settings: ScoreSettings;
  /** PER or PER-A. */
  readonly scoreName: string;
  /** The report's own numbers are shown, nothing was recomputed. */
  readonly isDefault: boolean;
  readonly scores: ReadonlyMap<string, RescoredModel>;
  /** In the order of the scores shown. */
  readonly rows: readonly ScoreboardRow[];
  /** Which model to take under the reader's choices. */
  readonly answer: Answer;
  /** Beside few models PER-paper says next to nothing, so nobody sees it unasked. */
  readonly showsPaperScore: boolean;
  /** By that answer. */
  readonly placeOf: (row: ScoreboardRow) => Place;
  /** Of the whole page. */
  readonly notes: CodedNotes;
}

export interface PageView {
  readonly choices: Choices;
  readonly defaults: Choices;
  readonly isDefault: boolean;
  readonly boards: readonly BoardView[];
  readonly notes: CodedNotes;
  readonly answers: Answers;
}

function orderedRows(
  board: Scoreboard,
  scores: ReadonlyMap<string, RescoredModel>,
  keepsOrder: boolean,
): readonly ScoreboardRow[] {
  if (keepsOrder) return board.rows;
  const scoreOf = ({ model }: ScoreboardRow): number => scores.get(model)?.score ?? -1;
  return board.rows.toSorted((left, right) => scoreOf(right) - scoreOf(left) || left.model.localeCompare(right.model));
}

/** Where nothing was changed the numbers are those that the report was written with, to the last digit. */
function withReportNumbers(
  board: Scoreboard,
  scores: ReadonlyMap<string, RescoredModel>,
  isAnchored: boolean,
): ReadonlyMap<string, RescoredModel> {
  const entries = board.rows.flatMap((row): [string, RescoredModel][] => {
    const known = scores.get(row.model);
    const own = isAnchored ? row.anchored : row;
    const ranked = isAnchored ? row.ranking?.anchored : row.ranking?.paper;
    return known === undefined
      ? []
      : [[row.model, { ...known, factors: own?.factors, score: own?.score, rank: own?.rank, ranked }]];
  });
  return new Map(entries);
}

function showsPaperScore(board: Scoreboard, { score }: Choices): boolean {
  return score !== 'anchored' || !hasPerAnchored(board) || scoredRows(board).length >= leastModelsForPer;
}

/** Which model to take under the reader's choices, by the same code that wrote the report. */
function answerUnder(
  board: Scoreboard,
  draws: Draws | undefined,
  settings: ScoreSettings,
  allowsBusy: boolean,
): Answer {
  const { weights, anchors, limits, pricePerHour } = settings;
  const { inference, units } = board;
  const [throughputUnit, latencyUnit] = [units.throughput ?? 'items/s', units.latency ?? 'ms'];
  const asked = {
    board: { ...board, anchors: anchors && { throughputUnit, latencyUnit, ...anchors } },
    weight: 1,
    replicates: draws && inference && { models: draws.models, values: draws.values, inference },
  };
  const score = anchors === undefined ? 'PER-paper' : 'PER-A';
  return decide([asked], { score, weights, limits, pricePerHour, allowsBusy });
}

function viewBoard(
  page: LoadedPage,
  index: number,
  { choices, isDefault: isUnchanged, notes }: Pick<PageView, 'choices' | 'isDefault' | 'notes'>,
): BoardView {
  const board = page.data.report.scoreboards[index] as Scoreboard;
  const draws = unpackDraws(page.data.boards[index]?.draws, page.numbers);
  const isAnchored = choices.score === 'anchored' && board.anchors !== undefined;
  const wanted = boardSettings(choices, board);
  const settings = isUnchanged && !isAnchored ? { ...wanted, anchors: undefined } : wanted;
  const rescored = rescore(board, draws, settings);
  const answer = (isUnchanged ? board.answer : undefined) ?? answerUnder(board, draws, settings, page.data.allowsBusy);
  const scores = isUnchanged ? withReportNumbers(board, rescored, isAnchored) : rescored;
  return {
    id: `board-${index + 1}`,
    title: board.title ?? board.taskId,
    board,
    draws,
    settings,
    scoreName: settings.anchors === undefined ? 'PER' : 'PER-A',
    isDefault: isUnchanged,
    scores,
    rows: byPlace(orderedRows(board, scores, isUnchanged), board, answer),
    answer,
    showsPaperScore: showsPaperScore(board, choices),
    placeOf: (row) => placeOf(row, board, answer),
    notes,
  };
}

/** The whole page under given choices. */
export function viewPage(page: LoadedPage, params: ReadonlyMap<string, string>): PageView {
  const defaults = defaultChoices(page.data.report.scoreboards);
  const choices = choicesFrom(params, defaults);
  const { scoreboards, answers: written } = page.data.report;
  const notes = codedNotes(scoreboards, { hasPaperScores: (board) => showsPaperScore(board, choices) });
  const whole = { choices, defaults, isDefault: isDefault(choices, defaults), notes };
  const boards = scoreboards.map((_, index) => viewBoard(page, index, whole));
  const answers = (whole.isDefault ? written : undefined) ?? joinAnswers(boards.map(({ answer }) => answer));
  return { ...whole, boards, answers };
}

/** The page under the choices in the address. */
export function usePageView(page: LoadedPage): PageView {
  const { params } = useHash();
  const key = choiceNames.map((name) => params.get(name) ?? '').join('|');
  return useMemo(() => viewPage(page, params), [page, key]);
}
