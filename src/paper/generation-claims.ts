import { defineClaim, signed, spanText, verdictOf, type Finding, type PaperClaim } from './claim.ts';
import {
  isSized,
  ladderFamily,
  sized,
  taskRows,
  tasksOf,
  taskTitle,
  type PaperRow,
  type PaperTable,
  type SizeRange,
} from './paper-table.ts';
import { medianOf } from '../stats/means.ts';

interface LadderStep {
  readonly task: string;
  readonly from: PaperRow;
  readonly to: PaperRow;
  readonly doublings: number;
}

/** Steps within one family from a size on, on generation tasks. */
function ladderSteps(table: PaperTable, from: number): readonly LadderStep[] {
  return table.tasks.flatMap((task) => {
    const rows = taskRows(table, task)
      .filter(
        ({ model, billions, kind }) => kind === 'generation' && model.startsWith(ladderFamily) && billions >= from,
      )
      .toSorted((left, right) => left.billions - right.billions);
    return rows.slice(1).map((to, index): LadderStep => {
      const before = rows[index] as PaperRow;
      return { task, from: before, to, doublings: Math.log2(to.billions / before.billions) };
    });
  });
}

/** Throughput of a range of sizes on generation tasks. */
function auditThroughput(
  { rows }: PaperTable,
  numbers: { readonly low: number; readonly high: number; readonly from: number; readonly to: number },
): Finding {
  const own = sized(rows, { low: numbers.from, high: numbers.to }).filter(({ kind }) => kind === 'generation');
  const values = own.map(({ throughput }) => throughput);
  const inside = values.filter((value) => value >= numbers.low && value <= numbers.high);
  const [lowest, highest] = [Math.min(...values), Math.max(...values)];
  const offs = [
    lowest < numbers.low ? `the lowest is ${((1 - lowest / numbers.low) * 100).toFixed(0)} % below the range` : '',
    highest > numbers.high ? `the highest ${((highest / numbers.high - 1) * 100).toFixed(1)} % above` : '',
  ];
  return {
    verdict: verdictOf(inside.length, values.length),
    ours: `${spanText(values, 0)} tokens/s; ${inside.length} of ${values.length} are in the range`,
    difference: offs.filter((text) => text !== '').join(', '),
    figures: { lowest, highest, inside: inside.length, values: values.length },
  };
}

/** Whether the generation PER of models above a size stays below a limit. */
function auditPerBelow({ rows }: PaperTable, numbers: { readonly above: number; readonly limit: number }): Finding {
  const own = rows.filter(({ billions, kind }) => billions > numbers.above && kind === 'generation');
  const values = own.map(({ published }) => published);
  const highest = Math.max(...values);
  const below = values.filter((value) => value < numbers.limit).length;
  return {
    verdict: verdictOf(below, values.length),
    ours: `at most ${highest}`,
    difference:
      highest < numbers.limit
        ? `${(numbers.limit - highest).toFixed(4)} below the limit`
        : `${signed(highest - numbers.limit, 4)} above the limit`,
    figures: { highest, below, values: values.length },
  };
}

/** Whether a range of sizes fills the first places of tasks of one kind. */
export function auditTopPlaces(kind: PaperRow['kind']) {
  return (table: PaperTable, numbers: SizeRange): Finding => {
    const tasks = tasksOf(table, kind);
    const places = tasks.map((task) => {
      const rows = taskRows(table, task).toSorted((left, right) => right.published - left.published);
      const count = rows.filter((row) => isSized(row, numbers)).length;
      const top = rows.slice(0, count);
      return { task, count, held: top.filter((row) => isSized(row, numbers)).length, first: rows[0] as PaperRow, rows };
    });
    const held = places.reduce((sum, place) => sum + place.held, 0);
    const all = places.reduce((sum, place) => sum + place.count, 0);
    const firsts = places.filter(({ first }) => isSized(first, numbers)).length;
    const lost = places.flatMap(({ task, rows, count }) =>
      rows.flatMap((row, index) =>
        isSized(row, numbers) && index >= count ? [`${row.model} is ${index + 1}th on ${taskTitle(task)}`] : [],
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

/** Claims about generation tasks. */
export const generationClaims: readonly PaperClaim[] = [
  defineClaim({
    id: 'generation-per-range',
    where: '4.2',
    says: '1.5 to 3B reach a PER of 0.60 to 0.72 on generation tasks',
    numbers: { low: 1.5, high: 3, perLow: 0.6, perHigh: 0.72 },
    check: ({ rows }, numbers) => {
      const own = sized(rows, numbers).filter(({ kind }) => kind === 'generation');
      const values = own.map(({ published }) => published);
      const inside = values.filter((value) => value >= numbers.perLow - 0.005 && value <= numbers.perHigh + 0.005);
      return {
        verdict: verdictOf(inside.length, values.length),
        ours: `${spanText(values)}; ${inside.length} of ${values.length} are in the range`,
        difference: `the lowest is ${signed(Math.min(...values) - numbers.perLow)} from the lower end`,
        figures: {
          lowest: Math.min(...values),
          highest: Math.max(...values),
          inside: inside.length,
          values: values.length,
        },
      };
    },
  }),
  defineClaim({
    id: 'generation-per-highest',
    where: '4.2',
    says: '1.5 to 3B consistently have the highest PER on generation tasks',
    numbers: { low: 1.5, high: 3 },
    check: auditTopPlaces('generation'),
  }),
  defineClaim({
    id: 'accuracy-trade-off',
    where: '4.2',
    says: '1.5 to 3B give up 10 to 35 % accuracy compared with 70B and above',
    numbers: { low: 0.1, high: 0.35, smallLow: 1.5, smallHigh: 3, large: 70 },
    check: ({ rows }, numbers) => {
      const generation = rows.filter(({ kind }) => kind === 'generation');
      const gaps = sized(generation, { low: numbers.smallLow, high: numbers.smallHigh }).flatMap((small) =>
        generation
          .filter((large) => large.task === small.task && large.billions >= numbers.large)
          .map((large) => large.accuracy - small.accuracy),
      );
      const inside = gaps.filter((gap) => gap >= numbers.low - 0.005 && gap <= numbers.high + 0.005);
      const better = gaps.filter((gap) => gap < 0);
      return {
        verdict: verdictOf(inside.length, gaps.length),
        ours: `${spanText(gaps)} in ${gaps.length} pairs, ${inside.length} of them in the range`,
        difference: `in ${better.length} pairs the small model is more accurate`,
        figures: { lowest: Math.min(...gaps), highest: Math.max(...gaps), inside: inside.length, pairs: gaps.length },
      };
    },
  }),
  defineClaim({
    id: 'throughput-ratio',
    where: '4.2',
    says: '1.5 to 3B have 40 to 90 times the throughput per GPU of 70B and above',
    numbers: {
      low: 40,
      high: 90,
      smallLow: 1.5,
      smallHigh: 3,
      large: 70,
      smallRateLow: 350,
      smallRateHigh: 4400,
      largeRateLow: 20,
      largeRateHigh: 50,
    },
    check: (table, numbers) => {
      const byTask = tasksOf(table, 'generation').map((task) => {
        const rows = taskRows(table, task);
        const ratios = sized(rows, { low: numbers.smallLow, high: numbers.smallHigh }).flatMap((small) =>
          rows.filter(({ billions }) => billions >= numbers.large).map((large) => small.throughput / large.throughput),
        );
        return { task, ratios };
      });
      const all = byTask.flatMap(({ ratios }) => ratios);
      const inside = all.filter((ratio) => ratio >= numbers.low && ratio <= numbers.high);
      const texts = byTask.map(
        ({ task, ratios }) => `${taskTitle(task)} ${spanText(ratios, 0)} (median ${medianOf(ratios).toFixed(0)})`,
      );
      const outside = byTask.map(({ task, ratios }) => {
        const below = ratios.filter((ratio) => ratio < numbers.low).length;
        const above = ratios.filter((ratio) => ratio > numbers.high).length;
        return `${taskTitle(task)}: ${below} pairs below, ${above} above`;
      });
      const implied = [numbers.smallRateLow / numbers.largeRateHigh, numbers.smallRateHigh / numbers.largeRateLow];
      return {
        verdict: verdictOf(inside.length, all.length),
        ours: `${texts.join(', ')}; ${inside.length} of ${all.length} pairs are in the range`,
        difference: `${outside.join('; ')}; the ranges of tokens/s in the text allow ${spanText(implied, 0)}`,
        figures: Object.fromEntries(
          byTask.flatMap(({ task, ratios }) => [
            [`${task}_lowest`, Math.min(...ratios)],
            [`${task}_median`, medianOf(ratios)],
            [`${task}_highest`, Math.max(...ratios)],
          ]),
        ),
      };
    },
  }),
  defineClaim({
    id: 'small-throughput',
    where: '4.2',
    says: '1.5 to 3B: 350 to 4,400 tokens/s per GPU',
    numbers: { low: 350, high: 4400, from: 1.5, to: 3 },
    check: auditThroughput,
  }),
  defineClaim({
    id: 'large-throughput',
    where: '4.2',
    says: '70B and above: 20 to 50 tokens/s per GPU',
    numbers: { low: 20, high: 50, from: 70, to: 1000 },
    check: auditThroughput,
  }),
  defineClaim({
    id: 'per-above-14b',
    where: '4.2',
    says: 'models above 14B have a PER below 0.35 on generation tasks',
    numbers: { above: 14, limit: 0.35 },
    check: auditPerBelow,
  }),
  defineClaim({
    id: 'per-70b',
    where: '4.2',
    says: '70B and above: PER below 0.08 on generation tasks',
    numbers: { above: 69, limit: 0.08 },
    check: auditPerBelow,
  }),
  defineClaim({
    id: 'gain-per-doubling',
    where: '4.2',
    says: 'each doubling beyond 3B adds 5 to 15 % accuracy',
    numbers: { from: 3, low: 0.05, high: 0.15 },
    check: (table, numbers) => {
      const gains = ladderSteps(table, numbers.from).map(
        ({ from, to, doublings }) => (to.accuracy - from.accuracy) / doublings,
      );
      const inside = gains.filter((gain) => gain >= numbers.low && gain <= numbers.high);
      return {
        verdict: verdictOf(inside.length, gains.length),
        ours: `Qwen2.5 from ${numbers.from}B gains ${spanText(gains)} per doubling, median ${medianOf(gains).toFixed(3)}; ${inside.length} of ${gains.length} steps are in the range`,
        difference: `${gains.filter((gain) => gain < 0).length} steps lose accuracy`,
        figures: {
          lowest: Math.min(...gains),
          highest: Math.max(...gains),
          median: medianOf(gains),
          inside: inside.length,
          steps: gains.length,
        },
      };
    },
  }),
  defineClaim({
    id: 'superlinear-penalty',
    where: '4.2',
    says: 'efficiency falls faster than size grows beyond 3B',
    numbers: { from: 3 },
    check: (table, numbers) => {
      const steps = ladderSteps(table, numbers.from);
      const exponent = (from: PaperRow, to: PaperRow): number =>
        Math.log(from.throughput / to.throughput) / Math.log(to.billions / from.billions);
      const exponents = steps.map(({ from, to }) => exponent(from, to));
      const whole = tasksOf(table, 'generation').map((task) => {
        const own = steps.filter((step) => step.task === task);
        return { task, exponent: exponent(own[0]?.from as PaperRow, own.at(-1)?.to as PaperRow) };
      });
      const held = whole.filter((one) => one.exponent > 1).length;
      const texts = whole.map((one) => `${taskTitle(one.task)} size^${one.exponent.toFixed(2)}`);
      return {
        verdict: verdictOf(held, whole.length),
        ours: `throughput of Qwen2.5 from ${numbers.from}B to 72B falls with ${texts.join(', ')}`,
        difference: `${exponents.filter((one) => one > 1).length} of ${exponents.length} steps fall faster than size grows, ${exponents.filter((one) => one < 0).length} get faster`,
        figures: Object.fromEntries(whole.map((one) => [one.task, one.exponent])),
      };
    },
  }),
];
