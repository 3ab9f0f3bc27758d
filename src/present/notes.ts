import type { Warning } from '../core/measurement.ts';
import { isDoubtfulReason } from '../scoring/create-scoreboards.ts';
import type { ScoreFlag } from '../scoring/factor.ts';
import type { RowWarning, Scoreboard, ScoreboardRow } from '../scoring/scoreboard.ts';
import { metricWords } from './document.ts';
import {
  anchorDetails,
  anchorsTerm,
  generalNotes,
  hasIntervals,
  intervalDetail,
  intervalForms,
  isOfPaper,
  mergeSentences,
} from './footnotes.ts';
import { flagMeanings, warningMeanings } from './glossary.ts';
import { plainText } from './sanitise.ts';

/** Where a note applies. */
export interface NotePlace {
  readonly task: string;
  /** Empty where it concerns the whole table. */
  readonly model: string;
  /** Of which numbers; empty where it isn't of some alone. */
  readonly metrics: string;
  /** The number behind it; empty where the note says it all. */
  readonly detail: string;
}

/** One note of several tables: it stands once, after them, and they refer to it by its code. */
export interface CodedNote {
  /** `a`, `b`, …, `z`, `aa`. */
  readonly code: string;
  readonly isDoubt: boolean;
  /** A term of the glossary; empty for a sentence that is none. */
  readonly term: string;
  readonly text: string;
  /** What to do about it; empty where nothing is to be done. */
  readonly todo: string;
  /** What each task has to tell stands alone, as no sentence says it of all. */
  readonly isByTask?: true;
  /** The details of all places in one sentence; empty where there are none. */
  readonly summary: string;
  readonly places: readonly NotePlace[];
}

/** Notes of several scoreboards, and which of them belong where. */
export interface CodedNotes {
  readonly all: readonly CodedNote[];
  /** Of a whole scoreboard. */
  readonly ofBoard: (board: Scoreboard) => readonly CodedNote[];
  /** Of a model's score, or of its having none. */
  readonly ofScore: (row: ScoreboardRow) => readonly CodedNote[];
  /** Of its PER-paper alone. */
  readonly ofPaperScore: (row: ScoreboardRow) => readonly CodedNote[];
  /** Of one measurement of a model. */
  readonly ofMetric: (row: ScoreboardRow, metric: string) => readonly CodedNote[];
}

/** What a note is about: the same key is the same note. */
interface Subject {
  readonly key: string;
  readonly content: Omit<CodedNote, 'code' | 'summary' | 'places'>;
}

interface Entry {
  readonly subject: Subject;
  readonly place: NotePlace;
}

function warningSubject(reason: Warning['reason']): Subject {
  const { means, todo } = warningMeanings[reason];
  return { key: `warning ${reason}`, content: { isDoubt: isDoubtfulReason(reason), term: reason, text: means, todo } };
}

function flagSubject(code: ScoreFlag['code']): Subject {
  const isDoubt = code === 'doubtful' || code === 'invalid';
  return { key: `flag ${code}`, content: { isDoubt, term: code, text: flagMeanings[code], todo: '' } };
}

function textSubject(text: string): Subject {
  // As it is: it may start with the name of a model.
  return { key: `text ${text}`, content: { isDoubt: false, term: '', text: `${plainText(text)}.`, todo: '' } };
}

const anchorsSubject: Subject = {
  key: 'anchors',
  content: { isDoubt: false, term: '', text: `${anchorsTerm}.`, todo: '', isByTask: true },
};

const intervalsSubject: Subject = {
  key: 'intervals',
  content: { isDoubt: false, term: '', text: `${intervalForms}.`, todo: '' },
};

/** What the places have to tell beyond the note itself. */
function summaryOf(text: string, places: readonly NotePlace[]): string {
  const merged = mergeSentences(places.map(({ detail }) => detail));
  return text.toLowerCase().startsWith(merged.toLowerCase()) ? '' : merged;
}

/** The code of a note by its place in the list. */
function codeOf(index: number): string {
  const letter = String.fromCodePoint(97 + (index % 26));
  return index < 26 ? letter : codeOf(Math.floor(index / 26) - 1) + letter;
}

function titleOf({ title, taskId }: Scoreboard): string {
  return title ?? taskId;
}

/** One place per model and detail, with all metrics that it concerns. */
function warningEntries(board: Scoreboard, isShown: (metric: string) => boolean): readonly Entry[] {
  const task = titleOf(board);
  return board.rows.flatMap(({ model, warnings }) => {
    const shown = warnings.filter(({ metric }) => isShown(metric));
    const alike = Map.groupBy(shown, ({ reason, detail }) => JSON.stringify([reason, detail]));
    return Array.from(alike.values(), (own): Entry => {
      const metrics = [...new Set(own.map(({ metric }) => metricWords(metric)))].join(', ');
      const [{ reason, detail }] = own as [RowWarning, ...RowWarning[]];
      return { subject: warningSubject(reason), place: { task, model, metrics, detail } };
    });
  });
}

function flagEntries(board: Scoreboard, hasPaperScores: ShownParts['hasPaperScores']): readonly Entry[] {
  const task = titleOf(board);
  const ofSet = board.flags.map((flag) => ({ model: '', flag }));
  const ofRows = board.rows.flatMap(({ model, flags }) => flags.map((flag) => ({ model, flag })));
  return [...ofSet, ...ofRows]
    .filter(({ flag }) => hasPaperScores(board) || !isOfPaper(flag))
    .map(({ model, flag: { code, text } }) => ({
      subject: flagSubject(code),
      place: { task, model, metrics: '', detail: text },
    }));
}

/** What concerns all rows of a scoreboard and is no flag. */
function methodEntries(board: Scoreboard, hasRanks: boolean): readonly Entry[] {
  const place = { task: titleOf(board), model: '', metrics: '' };
  return [
    ...anchorDetails(board).map((detail) => ({ subject: anchorsSubject, place: { ...place, detail } })),
    ...generalNotes(board, hasRanks).map((text) => ({ subject: textSubject(text), place: { ...place, detail: '' } })),
    ...(hasIntervals(board) ? [{ subject: intervalsSubject, place: { ...place, detail: intervalDetail(board) } }] : []),
  ];
}

/** What of the scoreboards is shown: notes on the rest are left out. */
export interface ShownParts {
  readonly isShown: (metric: string) => boolean;
  readonly hasPaperScores: (board: Scoreboard) => boolean;
  /** Ranks and prices. */
  readonly hasRanks: boolean;
}

/** The notes of some scoreboards: doubts first, then the other warnings, flags, and how the numbers came about. */
export function codedNotes(
  boards: readonly Scoreboard[],
  { isShown = () => true, hasPaperScores = () => true, hasRanks = true }: Partial<ShownParts> = {},
): CodedNotes {
  const entries = [
    ...boards.flatMap((board) => warningEntries(board, isShown)),
    ...boards.flatMap((board) => flagEntries(board, hasPaperScores)),
    ...boards.flatMap((board) => methodEntries(board, hasRanks)),
  ];
  const groups = Array.from(Map.groupBy(entries, ({ subject: { key } }) => key).values(), (own) => ({
    ...(own[0] as Entry).subject,
    places: own.map(({ place }) => place),
  })).toSorted((left, right) => Number(right.content.isDoubt) - Number(left.content.isDoubt));
  const byKey = new Map(
    groups.map(({ key, content, places }, index): [string, CodedNote] => [
      key,
      { code: codeOf(index), ...content, summary: summaryOf(content.text, places), places },
    ]),
  );
  const notesOn = (subjects: readonly Subject[]): readonly CodedNote[] => {
    const keys = new Set(subjects.map(({ key }) => key));
    return [...byKey].flatMap(([key, note]) => (keys.has(key) ? [note] : []));
  };
  return {
    all: [...byKey.values()],
    ofBoard: (board) =>
      notesOn([
        ...board.flags.map(({ code }) => flagSubject(code)),
        ...methodEntries(board, hasRanks).map(({ subject }) => subject),
      ]),
    ofScore: ({ flags }) => notesOn(flags.filter((flag) => !isOfPaper(flag)).map(({ code }) => flagSubject(code))),
    ofPaperScore: ({ flags }) => notesOn(flags.filter(isOfPaper).map(({ code }) => flagSubject(code))),
    ofMetric: ({ warnings }, metric) =>
      notesOn(warnings.flatMap((warning) => (warning.metric === metric ? [warningSubject(warning.reason)] : []))),
  };
}
