import { countOf, decimalsFor, humanScale } from '../core/amount-text.ts';
import { knownMeasurement } from '../core/measurement.ts';
import { type Answer, namedModels } from '../scoring/answer.ts';
import { isDoubtful } from '../scoring/create-scoreboards.ts';
import { type FactorName, factorNames } from '../scoring/factor.ts';
import type { Scoreboard, ScoreboardRow } from '../scoring/scoreboard.ts';
import { markOf } from './board-column.ts';
import {
  type Block,
  type Cell,
  column,
  type Footnote,
  intervalParts,
  type Mark,
  missing,
  numberCell,
  row,
  table,
  tableBlock,
} from './document.ts';
import { footnotes } from './footnotes.ts';

/** More would make it long. */
const mostRows = 5;
const mostNotes = 4;

interface FactorColumn {
  readonly unit: string;
  readonly cell: (row: ScoreboardRow) => Cell;
}

function factorColumn({ rows }: Scoreboard, factor: FactorName): FactorColumn {
  const values = rows.flatMap(({ measurements }) => knownMeasurement(measurements[factor]) ?? []);
  const scale = humanScale(
    values[0]?.unit ?? 'count',
    values.map(({ value }) => value),
  );
  return {
    unit: scale.label,
    cell({ measurements }) {
      const known = knownMeasurement(measurements[factor]);
      if (known === undefined) return missing;
      const { value, unit, interval } = known;
      const shown = value / scale.divisor;
      // Both ends, however far apart: whoever signs is to see the doubt.
      const ends = interval && { low: interval.low / scale.divisor, high: interval.high / scale.divisor };
      return numberCell(shown, unit === 'ratio' ? 3 : decimalsFor(shown), {
        ...intervalParts(ends),
        mark: markOf(known),
      });
    },
  };
}

/** What explains the marks and dashes of a table, the weightiest first, and where the rest is. */
function numberNotes(board: Scoreboard, left: number, place: string): readonly Footnote[] {
  const all = footnotes(board).filter(
    ({ column: of, isDetail = false, isAboutIntervals }) => of === undefined && !isDetail && !isAboutIntervals,
  );
  const more = [
    ...(left === 0 ? [] : [countOf(left, 'more model')]),
    ...(all.length <= mostNotes ? [] : [countOf(all.length - mostNotes, 'more note')]),
  ];
  return [
    ...all.slice(0, mostNotes).map(({ mark, text, shortText = text }) => plainNote(shortText, mark)),
    ...(more.length === 0 ? [] : [plainNote(`${more.join(' and ')}: ${place} has all`)]),
  ];
}

function plainNote(text: string, mark: Mark = ''): Footnote {
  return { mark, text, isAboutIntervals: false };
}

/**
 * The four numbers and the score of models: the named first, then the others as the answer orders them.
 *
 * @param place what has everything that was measured
 */
export function numbersTable(answer: Answer, board: Scoreboard, place: string): Block {
  const named = namedModels(answer);
  const shown = answer.candidates.slice(0, mostRows);
  const columns = factorNames.map((factor) => ({ factor, ...factorColumn(board, factor) }));
  const rows = shown.map(({ model, score, interval }) => {
    const own = board.rows.find((each) => each.model === model);
    const cells = columns.map(({ cell }) => (own === undefined ? missing : cell(own)));
    const isInDoubt = factorNames.some((factor) => isDoubtful(own?.measurements[factor]));
    const scored = numberCell(score, 3, {
      ...intervalParts(interval),
      mark: isInDoubt && score !== undefined ? '!' : '',
    });
    return row([model, scored, ...cells], named.includes(model) && answer.kind === 'recommend' ? 'best' : 'plain');
  });
  return tableBlock(
    table(
      [
        column('model'),
        column(answer.scoreVersion.split('/')[0] ?? 'score', 'right'),
        ...columns.map(({ factor, unit }) => ({ ...column(factor, 'right'), unit })),
      ],
      rows,
      {
        caption: board.title ?? board.taskId,
        notes: numberNotes(board, answer.candidates.length - shown.length, place),
      },
    ),
  );
}
