import {
  isSameRounded,
  largestOf,
  medianOf,
  rowOf,
  signed,
  sized,
  smallestOf,
  spanText,
  verdictOf,
  type Finding,
  type Verdict,
} from './claim.ts';
import { ladderFamily, taskTitle } from './paper-models.ts';
import { taskRows, type PaperRow, type PaperTable } from './paper-table.ts';
import { scalingRegimes } from './scaling-regimes.ts';

/** Decimals of accuracies in the paper's text, which are percentages with one decimal. */
const textDigits = 3;
/** A gain of this much or less is "minimal". */
const minimal = 0.02;

interface Quoted {
  readonly text: number;
  readonly row: PaperRow;
}

/** Accuracies that the text quotes, against the same numbers in the tables. */
function quotes(list: readonly Quoted[]): { readonly verdict: Verdict; readonly ours: string; readonly off: string } {
  const same = list.filter(({ text, row }) => isSameRounded(text, textDigits, row.accuracy, row.halfUnits.accuracy));
  const other = list.filter((one) => !same.includes(one));
  return {
    verdict: verdictOf(same.length, list.length),
    ours: list.map(({ row }) => `${row.model} ${row.accuracy}`).join(', '),
    off: other.map(({ text, row }) => `${row.model}: ${signed(text - row.accuracy, 3)} from its table`).join(', '),
  };
}

function smallestRow(table: PaperTable, task: string): PaperRow {
  return taskRows(table, task).reduce((least, row) => (row.billions < least.billions ? row : least));
}

function bestRow(rows: readonly PaperRow[]): PaperRow {
  return rows.reduce((best, row) => (row.accuracy > best.accuracy ? row : best));
}

function worseOf(one: Verdict, other: Verdict): Verdict {
  const order: readonly Verdict[] = ['not checkable', 'holds', 'holds in part', 'fails'];
  return order[Math.max(order.indexOf(one), order.indexOf(other))] ?? one;
}

/** Accuracy of the smallest model, of a large one, and what larger models add. */
export function auditSaturation(task: string, largeModel: string) {
  return (table: PaperTable, numbers: { readonly smallest: number; readonly largest: number }): Finding => {
    const small = smallestRow(table, task);
    const large = rowOf(table, task, largeModel);
    const { verdict, ours, off } = quotes([
      { text: numbers.smallest, row: small },
      { text: numbers.largest, row: large },
    ]);
    const others = taskRows(table, task).filter((row) => row !== small);
    const gain = bestRow(others).accuracy - small.accuracy;
    return {
      verdict: worseOf(verdict, gain <= minimal ? 'holds' : 'fails'),
      ours: `${ours}; the best other model adds ${signed(gain)}`,
      difference: off,
      figures: { smallest: small.accuracy, largest: large.accuracy, gain },
    };
  };
}

/** Accuracy of the smallest model and of a named one. */
export function auditRise(task: string, toModel: string) {
  return (table: PaperTable, numbers: { readonly from: number; readonly to: number }): Finding => {
    const [small, large] = [smallestRow(table, task), rowOf(table, task, toModel)];
    const { verdict, ours, off } = quotes([
      { text: numbers.from, row: small },
      { text: numbers.to, row: large },
    ]);
    const rise = large.accuracy - small.accuracy;
    return {
      verdict,
      ours,
      difference: off || `a rise of ${rise.toFixed(2)}`,
      figures: { from: small.accuracy, to: large.accuracy, rise },
    };
  };
}

/** Accuracy of the smallest model, and of the best in a range of sizes. */
export function auditGain(task: string) {
  return (
    table: PaperTable,
    numbers: { readonly from: number; readonly to: number; readonly low: number; readonly high: number },
  ): Finding => {
    const rows = taskRows(table, task);
    const range = sized(rows, numbers.low, numbers.high);
    const small = smallestRow(table, task);
    const exact = range.find((row) => isSameRounded(numbers.to, textDigits, row.accuracy, row.halfUnits.accuracy));
    const best = bestRow(range);
    const isFirstSame = isSameRounded(numbers.from, textDigits, small.accuracy, small.halfUnits.accuracy);
    const elsewhere = rows.find((row) => isSameRounded(numbers.to, textDigits, row.accuracy, row.halfUnits.accuracy));
    const where = elsewhere === undefined ? 'no model has it' : `that is ${elsewhere.model}'s`;
    return {
      verdict: verdictOf(Number(isFirstSame) + Number(exact !== undefined), 2),
      ours: `${small.model} ${small.accuracy}; best of ${numbers.low} to ${numbers.high}B: ${best.model} ${best.accuracy}`,
      difference:
        exact === undefined
          ? `${signed(numbers.to - best.accuracy, 3)} too high: ${where}`
          : `${exact.model} has ${exact.accuracy}`,
      figures: { from: small.accuracy, best: best.accuracy },
    };
  };
}

/** One model's share of the best accuracy and of the best model's size. */
export function auditShare(task: string, model: string) {
  return (
    table: PaperTable,
    numbers: { readonly accuracy: number; readonly share: number; readonly size: number },
  ): Finding => {
    const [own, best] = [rowOf(table, task, model), bestRow(taskRows(table, task))];
    const share = own.accuracy / best.accuracy;
    const size = own.billions / best.billions;
    const held = [
      isSameRounded(numbers.accuracy, textDigits, own.accuracy, own.halfUnits.accuracy),
      Math.abs(share - numbers.share) <= 0.001,
      Math.abs(size - numbers.size) <= 0.005,
    ];
    return {
      verdict: verdictOf(held.filter(Boolean).length, held.length),
      ours: `${own.accuracy}, ${(share * 100).toFixed(1)} % of ${best.model}'s, with ${(size * 100).toFixed(0)} % of its size`,
      difference: '',
      figures: { accuracy: own.accuracy, share, size },
    };
  };
}

/** Whether larger members of one family are sometimes less accurate. */
export function auditNonMonotonic(task: string) {
  return (table: PaperTable): Finding => {
    const scaling = scalingRegimes(table).filter((one) => one.task === task);
    const [own] = scaling;
    const rows = taskRows(table, task);
    const pairs = rows.flatMap((row) =>
      rows.filter((other) => other.billions > row.billions).map((other) => [row, other] as const),
    );
    const inverted = pairs.filter(([row, other]) => other.accuracy < row.accuracy);
    return {
      verdict: inverted.length > 0 ? 'holds' : 'fails',
      ours: `in ${inverted.length} of ${pairs.length} pairs the larger model is less accurate; within Qwen2.5 in ${own?.falls} of ${own?.steps} steps`,
      difference: `rank correlation of size and accuracy ${own?.tau.toFixed(2)}`,
      figures: { inverted: inverted.length, pairs: pairs.length, falls: own?.falls ?? 0, tau: own?.tau ?? 0 },
    };
  };
}

/** Whether gains up to a size are larger than those beyond, on some tasks. */
export function auditDiminishing(tasks: readonly string[]) {
  return (table: PaperTable, numbers: { readonly upTo: number }): Finding => {
    const gains = tasks.map((task) => {
      const rows = taskRows(table, task);
      const small = smallestRow(table, task);
      const middle = bestRow(rows.filter(({ billions }) => billions <= numbers.upTo));
      const best = bestRow(rows);
      const perDoubling = (from: PaperRow, to: PaperRow): number =>
        to.billions > from.billions ? (to.accuracy - from.accuracy) / Math.log2(to.billions / from.billions) : 0;
      return { task, before: perDoubling(small, middle), after: perDoubling(middle, best) };
    });
    const held = gains.filter(({ before, after }) => after <= before);
    const texts = gains.map(
      ({ task, before, after }) => `${taskTitle(task)} ${signed(before, 3)} then ${signed(after, 3)}`,
    );
    const others = gains.filter((gain) => !held.includes(gain)).map(({ task }) => taskTitle(task));
    return {
      verdict: verdictOf(held.length, gains.length),
      ours: `gain per doubling of size, best models, up to ${numbers.upTo}B and beyond: ${texts.join(', ')}`,
      difference: others.length === 0 ? '' : `not on ${others.join(', ')}`,
      figures: Object.fromEntries(
        gains.flatMap(({ task, before, after }) => [
          [`${task}_before`, before],
          [`${task}_after`, after],
        ]),
      ),
    };
  };
}

/** How many kinds of scaling the tasks show, by our rule. */
export function auditRegimes(table: PaperTable, numbers: { readonly regimes: number }): Finding {
  const all = scalingRegimes(table);
  const kinds = new Set(all.map(({ regime }) => regime));
  const texts = all.map(({ task, regime, gainUpTo8B, gainAbove8B }) => {
    const gain = gainUpTo8B + gainAbove8B;
    const share = gain <= minimal ? '' : ` (${Math.round((gainAbove8B / gain) * 100)} % above 8B)`;
    return `${taskTitle(task)} ${regime}${share}`;
  });
  return {
    verdict: kinds.size === numbers.regimes ? 'holds' : kinds.size > 1 ? 'holds in part' : 'fails',
    ours: `${kinds.size} by the share of the gain that comes above 8B: ${texts.join(', ')}`,
    difference: 'GSM8K differs from the others in how much it gains, not in where',
    figures: { regimes: kinds.size },
  };
}

/** What small models give up in accuracy against large ones on generation tasks. */
export function auditTradeOffs(
  { rows }: PaperTable,
  numbers: {
    readonly low: number;
    readonly high: number;
    readonly smallLow: number;
    readonly smallHigh: number;
    readonly large: number;
  },
): Finding {
  const generation = rows.filter(({ kind }) => kind === 'generation');
  const gaps = sized(generation, numbers.smallLow, numbers.smallHigh).flatMap((small) =>
    generation
      .filter((large) => large.task === small.task && large.billions >= numbers.large)
      .map((large) => large.accuracy - small.accuracy),
  );
  const inside = gaps.filter((gap) => gap >= numbers.low - 0.005 && gap <= numbers.high + 0.005);
  const better = gaps.filter((gap) => gap < 0);
  return {
    verdict: verdictOf(inside.length, gaps.length),
    ours: `${spanText(gaps)} in ${gaps.length} pairs, ${inside.length} of them in the range`,
    difference: `in ${better.length} pairs the small model is the more accurate one`,
    figures: { lowest: smallestOf(gaps), highest: largestOf(gaps), inside: inside.length, pairs: gaps.length },
  };
}

interface LadderStep {
  readonly task: string;
  readonly from: PaperRow;
  readonly to: PaperRow;
  readonly doublings: number;
}

/** Steps within one family from a size on, on generation tasks. */
export function ladderSteps(table: PaperTable, from: number): readonly LadderStep[] {
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

/** Accuracy gained with each doubling of size. */
export function auditDoubling(
  table: PaperTable,
  numbers: { readonly from: number; readonly low: number; readonly high: number },
): Finding {
  const gains = ladderSteps(table, numbers.from).map(
    ({ from, to, doublings }) => (to.accuracy - from.accuracy) / doublings,
  );
  const inside = gains.filter((gain) => gain >= numbers.low && gain <= numbers.high);
  return {
    verdict: verdictOf(inside.length, gains.length),
    ours: `Qwen2.5 from ${numbers.from}B on gains ${spanText(gains)} per doubling, median ${medianOf(gains).toFixed(3)}; ${inside.length} of ${gains.length} steps are in the range`,
    difference: `${gains.filter((gain) => gain < 0).length} steps lose accuracy`,
    figures: {
      lowest: smallestOf(gains),
      highest: largestOf(gains),
      median: medianOf(gains),
      inside: inside.length,
      steps: gains.length,
    },
  };
}
