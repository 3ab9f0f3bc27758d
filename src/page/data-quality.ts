import { invalidReasons, type Warning } from '../core/measurement.ts';
import { isDoubtfulReason } from '../scoring/create-scoreboards.ts';
import { scoredRows, type Scoreboard, type ScoreboardRow } from '../scoring/scoreboard.ts';

/** How far the numbers of a page can be trusted, at a glance. */
export interface DataQuality {
  readonly light: 'good' | 'doubts' | 'invalid';
  /** A sentence. */
  readonly why: string;
}

type Reason = Warning['reason'];

/** What makes a number less certain without making it wrong. */
const uncertainties: Readonly<Partial<Record<Reason, string>>> = {
  one_launch: 'speed was measured in one launch, so its spread is unknown',
  small_sample: 'few items, so accuracy is uncertain',
  near_chance: 'accuracy is not shown to be above chance',
  label_bias: 'answers favour one label',
};

function phraseOf(reason: Reason): string | undefined {
  return isDoubtfulReason(reason) ? (invalidReasons as Partial<Record<Reason, string>>)[reason] : uncertainties[reason];
}

function hasNoInterval({ state, measurements: { accuracy } }: ScoreboardRow): boolean {
  return (
    state === 'done' && accuracy !== undefined && accuracy.status !== 'unavailable' && accuracy.interval === undefined
  );
}

function isBroken({ state, flags }: ScoreboardRow): boolean {
  return state !== 'done' || flags.some(({ code }) => code === 'invalid' || code === 'missing' || code === 'unit');
}

function ofAll(count: number, cells: number): string {
  return count === cells ? (cells === 1 ? 'the only cell' : `all ${cells} cells`) : `${count} of ${cells} cells`;
}

/** `2 of 6 cells: other processes took more than 5 % of the CPU`, what concerns most cells first. */
function doubtPhrases(rows: readonly ScoreboardRow[]): readonly string[] {
  const pairs = rows.flatMap(({ warnings }) => [...new Set(warnings.map(({ reason }) => reason))]);
  return Array.from(
    Map.groupBy(pairs, (reason) => reason),
    ([reason, own]) => ({
      text: phraseOf(reason),
      count: own.length,
      isDoubt: isDoubtfulReason(reason),
    }),
  )
    .filter(({ text }) => text !== undefined)
    .toSorted((left, right) => Number(right.isDoubt) - Number(left.isDoubt) || right.count - left.count)
    .map(({ text, count }) => `${ofAll(count, rows.length)}: ${text}`);
}

/** From the flags and warnings of all cells. */
export function dataQuality(boards: readonly Scoreboard[]): DataQuality {
  const rows = boards.flatMap((board) => board.rows);
  if (rows.length === 0) return { light: 'invalid', why: 'Nothing was measured.' };
  const broken = rows.filter(isBroken).length;
  const brokenText =
    broken === 0 ? [] : [`${ofAll(broken, rows.length)} failed or ${broken === 1 ? 'has' : 'have'} no valid number`];
  const hasNoScores = boards.every((board) => scoredRows(board).length === 0);
  if (hasNoScores || broken * 2 > rows.length) {
    return { light: 'invalid', why: sentence(brokenText.length > 0 ? brokenText : ['no model has a score']) };
  }
  const vague = rows.filter(hasNoInterval).length;
  const vagueText =
    vague === 0 ? [] : [`${ofAll(vague, rows.length)}: no interval is known, so nothing says how sure they are`];
  const doubts = [...brokenText, ...doubtPhrases(rows), ...vagueText];
  if (doubts.length === 0) return { light: 'good', why: 'No warning speaks against a number.' };
  const told = doubts.slice(0, 3);
  const more = doubts.length - told.length;
  return { light: 'doubts', why: sentence([...told, ...(more > 0 ? [`${more} more in the notes`] : [])]) };
}

function sentence(parts: readonly string[]): string {
  const text = parts.join('; ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
