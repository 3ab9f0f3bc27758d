import { factorNames } from '../factor.ts';
import { paperRobustness } from '../robustness-card.ts';
import { largestOf, medianOf, signed, sized, spanText, verdictOf, type Finding } from './claim.ts';
import { taskTitle } from './paper-models.ts';
import { taskRows, type PaperRow, type PaperTable } from './paper-table.ts';
import { perTolerance, recomputePer } from './recomputed-per.ts';

interface SizeRange {
  readonly low: number;
  readonly high: number;
}

function isIn({ billions }: PaperRow, { low, high }: SizeRange): boolean {
  return billions >= low && billions <= high;
}

/** The first by published PER. */
function winnerOf(rows: readonly PaperRow[]): PaperRow {
  return rows.reduce((best, row) => (row.published > best.published ? row : best));
}

/** PER recomputed from the printed factors. */
export function auditFormula(table: PaperTable): Finding {
  const all = recomputePer(table);
  const near = all.filter(({ difference }) => Math.abs(difference) <= perTolerance);
  const far = all.filter((one) => !near.includes(one));
  const names = far.map(({ row, difference }) => `${taskTitle(row.task)} ${row.model} ${signed(difference)}`);
  return {
    verdict: verdictOf(near.length, all.length),
    ours: `${near.length} of ${all.length} published values within ${perTolerance}`,
    difference: `the others: ${names.join(', ')}`,
    figures: { near: near.length, rows: all.length },
  };
}

/** Whether PER stays between 0 and 1. */
export function auditBounds({ rows }: PaperTable, numbers: SizeRange): Finding {
  const values = rows.map(({ published }) => published);
  const inside = values.filter((value) => value >= numbers.low && value <= numbers.high).length;
  return {
    verdict: verdictOf(inside, rows.length),
    ours: `published PER: ${spanText(values)}`,
    difference: '',
    figures: { inside, rows: rows.length },
  };
}

/** Whether models that are the worst in a factor have a PER near 0. */
export function auditWorst(table: PaperTable, numbers: { readonly nearZero: number }): Finding {
  const all = recomputePer(table);
  const worst = all.filter(({ factors }) => factorNames.some((factor) => factors[factor] === 0));
  const largest = largestOf(worst.map(({ row }) => row.published));
  const small = worst.filter(({ row }) => row.published <= numbers.nearZero);
  const zeros = all.filter(({ row }) => row.published === 0);
  const withoutReason = zeros.filter((one) => !worst.includes(one));
  const names = withoutReason.map(({ row }) => `${row.model} on ${taskTitle(row.task)}`);
  return {
    verdict: verdictOf(small.length, worst.length),
    ours: `${worst.length} rows are the worst of their task in a factor; largest published PER among them ${largest}`,
    difference: `${zeros.length} of ${all.length} values are 0${names.length === 0 ? '' : `; without such a reason: ${names.join(', ')}`}`,
    figures: { worst: worst.length, largest, zeros: zeros.length, withoutReason: withoutReason.length },
  };
}

/** Whether a range of sizes has the first place on every task, and better scores as a whole. */
export function auditWinners(table: PaperTable, numbers: SizeRange): Finding {
  const byTask = table.tasks.map((task) => taskRows(table, task));
  const won = byTask.filter((rows) => isIn(winnerOf(rows), numbers));
  const beaten = byTask.flatMap((rows) => {
    const best = largestOf(rows.filter((row) => !isIn(row, numbers)).map(({ published }) => published));
    return rows.filter((row) => isIn(row, numbers) && row.published < best);
  });
  const inside = sized(table.rows, numbers.low, numbers.high);
  return {
    verdict: beaten.length > 0 && won.length === byTask.length ? 'holds in part' : verdictOf(won.length, byTask.length),
    ours: `first on ${won.length} of ${byTask.length} tasks`,
    difference: `${beaten.length} of ${inside.length} values are below the best model outside the range; zero: ${zeroText(inside)}`,
    figures: { won: won.length, tasks: byTask.length, beaten: beaten.length, values: inside.length },
  };
}

function zeroText(rows: readonly PaperRow[]): string {
  const zeros = rows.filter(({ published }) => published === 0);
  return zeros.length === 0 ? 'none' : zeros.map(({ model, task }) => `${model} on ${taskTitle(task)}`).join(', ');
}

/** Published PER of a range of sizes on tasks of one kind against a range of values. */
export function auditPerRange(
  { rows }: PaperTable,
  numbers: SizeRange & { readonly perLow: number; readonly perHigh: number },
): Finding {
  const own = sized(rows, numbers.low, numbers.high).filter(({ kind }) => kind === 'generation');
  const values = own.map(({ published }) => published);
  const inside = values.filter((value) => value >= numbers.perLow - 0.005 && value <= numbers.perHigh + 0.005);
  return {
    verdict: verdictOf(inside.length, values.length),
    ours: `${spanText(values)}; ${inside.length} of ${values.length} are in the range`,
    difference: `the lowest is ${signed(Math.min(...values) - numbers.perLow)} from the lower end`,
    figures: { lowest: Math.min(...values), highest: largestOf(values), inside: inside.length, values: values.length },
  };
}

/** Whether a range of sizes fills the first places of tasks of one kind. */
export function auditTopPlaces(kind: PaperRow['kind']) {
  return (table: PaperTable, numbers: SizeRange): Finding => {
    const tasks = table.tasks.filter((task) => taskRows(table, task)[0]?.kind === kind);
    const places = tasks.map((task) => {
      const rows = taskRows(table, task).toSorted((left, right) => right.published - left.published);
      const count = rows.filter((row) => isIn(row, numbers)).length;
      const top = rows.slice(0, count);
      return { task, count, held: top.filter((row) => isIn(row, numbers)).length, first: rows[0] as PaperRow, rows };
    });
    const held = places.reduce((sum, place) => sum + place.held, 0);
    const all = places.reduce((sum, place) => sum + place.count, 0);
    const firsts = places.filter(({ first }) => isIn(first, numbers)).length;
    const lost = places.flatMap(({ task, rows, count }) =>
      rows.flatMap((row, index) =>
        isIn(row, numbers) && index >= count ? [`${row.model} is ${index + 1}th on ${taskTitle(task)}`] : [],
      ),
    );
    return {
      verdict: verdictOf(held, all),
      ours: `${held} of the ${all} first places, and first on ${firsts} of ${tasks.length} tasks`,
      difference: lost.join(', '),
      figures: { held, places: all, firsts, tasks: tasks.length },
    };
  };
}

/** Whether the generation PER of models above a size stays below a limit. */
export function auditPerBelow(
  { rows }: PaperTable,
  numbers: { readonly above: number; readonly limit: number },
): Finding {
  const own = rows.filter(({ billions, kind }) => billions > numbers.above && kind === 'generation');
  const values = own.map(({ published }) => published);
  const highest = largestOf(values);
  const below = values.filter((value) => value < numbers.limit).length;
  return {
    verdict: verdictOf(below, values.length),
    ours: `at most ${highest}`,
    difference:
      highest < numbers.limit
        ? `${(numbers.limit - highest).toFixed(4)} to spare`
        : `${signed(highest - numbers.limit, 4)} above`,
    figures: { highest, below, values: values.length },
  };
}

/** Whether middle sizes are the best balance, by the paper's own score. */
export function auditMiddle(table: PaperTable, numbers: SizeRange): Finding {
  const firsts = table.tasks.filter((task) => isIn(winnerOf(taskRows(table, task)), numbers));
  const per = (low: number, high: number): number =>
    medianOf(sized(table.rows, low, high).map(({ published }) => published));
  const [small, middle, large] = [
    per(0, numbers.low - 0.01),
    per(numbers.low, numbers.high),
    per(numbers.high + 0.01, 1e4),
  ];
  return {
    verdict: verdictOf(firsts.length, table.tasks.length),
    ours: `first by PER on ${firsts.length} of ${table.tasks.length} tasks; median PER ${middle.toFixed(2)}`,
    difference: `median PER below the range ${small.toFixed(2)}, above it ${large.toFixed(2)}`,
    figures: { firsts: firsts.length, small, middle, large },
  };
}

/** How much the order depends on which models are in the set. */
export function auditSet(table: PaperTable): Finding {
  const byTask = table.tasks.map((task) => ({ task, card: paperRobustness(taskRows(table, task)) }));
  const omissions = byTask.flatMap(({ task, card }) => card.leaveOneOut.map((one) => ({ task, ...one })));
  const changing = omissions.filter(({ tauB }) => (tauB ?? 1) < 1 - 1e-9);
  const worst = omissions.reduce((least, one) => ((one.tauB ?? 1) < (least.tauB ?? 1) ? one : least));
  const flips = byTask.flatMap(({ task, card }) =>
    card.nadirFlips
      .filter(({ factor }) => factor === 'accuracy')
      .map(({ beyond, winner }) => `below ${beyond.toFixed(3)} on ${taskTitle(task)} (${winner})`),
  );
  return {
    verdict: verdictOf(omissions.length - changing.length, omissions.length),
    ours: `leaving one model out changes the order of the others in ${changing.length} of ${omissions.length} cases, most without ${worst.omitted} on ${taskTitle(worst.task)} (tau-b ${worst.tauB?.toFixed(2)})`,
    difference: `one more model with an accuracy this low changes the first place: ${flips.join(', ')}`,
    figures: {
      changing: changing.length,
      omissions: omissions.length,
      lowestTau: worst.tauB ?? 1,
      flips: flips.length,
    },
  };
}
