import { defineClaim, signed, verdictOf, verdictOfAll, type Finding, type PaperClaim, type Verdict } from './claim.ts';
import {
  bestRow,
  rowOf,
  sized,
  smallestRow,
  taskRows,
  taskTitle,
  type PaperRow,
  type PaperTable,
} from './paper-table.ts';
import { scalingRegimes } from './scaling-regimes.ts';

/** Decimals of accuracies in the paper's text, which are percentages with one decimal. */
const textDigits = 3;
/** A gain of this much or less is "minimal". */
const minimal = 0.02;

interface Quoted {
  readonly text: number;
  readonly row: PaperRow;
}

/** Whether an accuracy of the text is the printed one of a table, given that both are rounded. */
function isQuoted(text: number, { accuracy, halfUnits }: PaperRow): boolean {
  return Math.abs(text - accuracy) <= halfUnits.accuracy + 0.5 * 10 ** -textDigits + 1e-9;
}

/** Accuracies that the text quotes, against the same numbers in the tables. */
function quotes(list: readonly Quoted[]): { readonly verdict: Verdict; readonly ours: string; readonly off: string } {
  const same = list.filter(({ text, row }) => isQuoted(text, row));
  const other = list.filter((one) => !same.includes(one));
  return {
    verdict: verdictOf(same.length, list.length),
    ours: list.map(({ row }) => `${row.model} ${row.accuracy}`).join(', '),
    off: other.map(({ text, row }) => `${row.model}: ${signed(text - row.accuracy, 3)} from its table`).join(', '),
  };
}

function worseOf(one: Verdict, other: Verdict): Verdict {
  const order: readonly Verdict[] = ['not checkable', 'holds', 'holds in part', 'fails'];
  return order[Math.max(order.indexOf(one), order.indexOf(other))] ?? one;
}

/** Accuracy of the smallest model and of a named one. */
function auditRise(task: string, toModel: string) {
  return (table: PaperTable, numbers: { readonly from: number; readonly to: number }): Finding => {
    const [small, large] = [smallestRow(taskRows(table, task)), rowOf(table, task, toModel)];
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
function auditGain(task: string) {
  return (
    table: PaperTable,
    numbers: { readonly from: number; readonly to: number; readonly low: number; readonly high: number },
  ): Finding => {
    const rows = taskRows(table, task);
    const range = sized(rows, numbers);
    const small = smallestRow(rows);
    const exact = range.find((row) => isQuoted(numbers.to, row));
    const best = bestRow(range);
    const elsewhere = rows.find((row) => isQuoted(numbers.to, row));
    const where = elsewhere === undefined ? 'no model has it' : `it is the accuracy of ${elsewhere.model}`;
    return {
      verdict: verdictOfAll([isQuoted(numbers.from, small), exact !== undefined]),
      ours: `${small.model} ${small.accuracy}; best of ${numbers.low} to ${numbers.high}B: ${best.model} ${best.accuracy}`,
      difference:
        exact === undefined
          ? `${signed(numbers.to - best.accuracy, 3)} too high: ${where}`
          : `${exact.model} has ${exact.accuracy}`,
      figures: { from: small.accuracy, best: best.accuracy },
    };
  };
}

/** Whether gains up to a size are larger than those beyond, on some tasks. */
function auditDiminishing(tasks: readonly string[]) {
  return (table: PaperTable, numbers: { readonly upTo: number }): Finding => {
    const gains = tasks.map((task) => {
      const rows = taskRows(table, task);
      const small = smallestRow(rows);
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

/** Claims about accuracy and size. */
export const scalingClaims: readonly PaperClaim[] = [
  defineClaim({
    id: 'three-regimes',
    where: '4.1',
    says: 'three distinct scaling regimes',
    numbers: { regimes: 3 },
    check: (table, numbers) => {
      const all = scalingRegimes(table);
      const kinds = new Set(all.map(({ regime }) => regime));
      const texts = all.map(({ task, regime, gainUpTo8B, gainAbove8B }) => {
        const gain = gainUpTo8B + gainAbove8B;
        const share = gain <= minimal ? '' : ` (${Math.round((gainAbove8B / gain) * 100)} % above 8B)`;
        return `${taskTitle(task)} ${regime}${share}`;
      });
      return {
        verdict: kinds.size === numbers.regimes ? 'holds' : kinds.size > 1 ? 'holds in part' : 'fails',
        ours: `${kinds.size} by the share of the gain above 8B: ${texts.join(', ')}`,
        difference: 'GSM8K differs from the others in the size of its gain, not in where it occurs',
        figures: { regimes: kinds.size },
      };
    },
  }),
  defineClaim({
    id: 'imdb-saturates',
    where: '4.1, 4.3',
    says: 'IMDB saturates below 1B: 91.7 % at 0.5B, 88.6 % at 72B, minimal gains in between',
    numbers: { smallest: 0.917, largest: 0.886 },
    check: (table, numbers) => {
      const small = smallestRow(taskRows(table, 'imdb'));
      const large = rowOf(table, 'imdb', 'Qwen2.5-72B');
      const { verdict, ours, off } = quotes([
        { text: numbers.smallest, row: small },
        { text: numbers.largest, row: large },
      ]);
      const others = taskRows(table, 'imdb').filter((row) => row !== small);
      const gain = bestRow(others).accuracy - small.accuracy;
      return {
        verdict: worseOf(verdict, gain <= minimal ? 'holds' : 'fails'),
        ours: `${ours}; the best other model adds ${signed(gain)}`,
        difference: off,
        figures: { smallest: small.accuracy, largest: large.accuracy, gain },
      };
    },
  }),
  defineClaim({
    id: 'gsm8k-rise',
    where: '4.1',
    says: 'GSM8K rises from 37.7 % (0.5B) to 92.0 % (Llama-3.1-70B)',
    numbers: { from: 0.377, to: 0.92 },
    check: auditRise('gsm8k', 'Llama-3.1-70B'),
  }),
  defineClaim({
    id: 'gsm8k-non-monotonic',
    where: '4.1',
    says: 'GSM8K does not rise monotonically with size',
    numbers: {},
    // Whether larger members of one family are sometimes less accurate.
    check: (table) => {
      const own = scalingRegimes(table).find(({ task }) => task === 'gsm8k');
      const rows = taskRows(table, 'gsm8k');
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
    },
  }),
  defineClaim({
    id: 'gsm8k-14b-share',
    where: '4.1',
    says: 'Qwen2.5-14B (80.8 %) has 87.8 % of the peak with 20 % of the parameters',
    numbers: { accuracy: 0.808, share: 0.878, size: 0.2 },
    check: (table, numbers) => {
      const [own, best] = [rowOf(table, 'gsm8k', 'Qwen2.5-14B'), bestRow(taskRows(table, 'gsm8k'))];
      const share = own.accuracy / best.accuracy;
      const size = own.billions / best.billions;
      const held = [
        isQuoted(numbers.accuracy, own),
        Math.abs(share - numbers.share) <= 0.001,
        Math.abs(size - numbers.size) <= 0.005,
      ];
      return {
        verdict: verdictOfAll(held),
        ours: `${own.accuracy}, ${(share * 100).toFixed(1)} % of ${best.model}'s, with ${(size * 100).toFixed(0)} % of its size`,
        difference: '',
        figures: { accuracy: own.accuracy, share, size },
      };
    },
  }),
  defineClaim({
    id: 'hellaswag-gain',
    where: '4.1',
    says: 'HellaSwag gains from 39.4 % (0.5B) to 63.4 % (3 to 7B)',
    numbers: { from: 0.394, to: 0.634, low: 3, high: 7 },
    check: auditGain('hellaswag'),
  }),
  defineClaim({
    id: 'arc-gain',
    where: '4.1',
    says: 'ARC-Easy gains from 62.7 % (0.5B) to 88.2 % (3 to 7B)',
    numbers: { from: 0.627, to: 0.882, low: 3, high: 7 },
    check: auditGain('arc_easy'),
  }),
  defineClaim({
    id: 'later-gains',
    where: '4.1',
    says: 'returns diminish above 7B on ARC-Easy and HellaSwag',
    numbers: { upTo: 7 },
    check: auditDiminishing(['arc_easy', 'hellaswag']),
  }),
  defineClaim({
    id: 'arc-rise',
    where: '4.3',
    says: 'ARC-Easy rises from 62.7 % (0.5B) to 94.4 % (72B)',
    numbers: { from: 0.627, to: 0.944 },
    check: auditRise('arc_easy', 'Qwen2.5-72B'),
  }),
  defineClaim({
    id: 'diminishing-14b',
    where: '5',
    says: 'returns diminish beyond 14B',
    numbers: { upTo: 14 },
    check: auditDiminishing(['gsm8k', 'squad2', 'hellaswag', 'imdb', 'arc_easy']),
  }),
];
