import { ladderSteps } from './audit-accuracy.ts';
import { largestOf, medianOf, signed, sized, smallestOf, spanText, verdictOf, type Finding } from './claim.ts';
import { taskTitle } from './paper-models.ts';
import { taskRows, type PaperRow, type PaperTable } from './paper-table.ts';

/** Throughput of small models over that of large ones, by generation task. */
export function auditThroughputRatio(
  table: PaperTable,
  numbers: {
    readonly low: number;
    readonly high: number;
    readonly smallLow: number;
    readonly smallHigh: number;
    readonly large: number;
    readonly smallRateLow: number;
    readonly smallRateHigh: number;
    readonly largeRateLow: number;
    readonly largeRateHigh: number;
  },
): Finding {
  const byTask = generationTasks(table).map((task) => {
    const rows = taskRows(table, task);
    const ratios = sized(rows, numbers.smallLow, numbers.smallHigh).flatMap((small) =>
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
    const [below, above] = [
      ratios.filter((ratio) => ratio < numbers.low),
      ratios.filter((ratio) => ratio > numbers.high),
    ];
    return `${taskTitle(task)}: ${below.length} pairs below, ${above.length} above`;
  });
  const implied = [numbers.smallRateLow / numbers.largeRateHigh, numbers.smallRateHigh / numbers.largeRateLow];
  return {
    verdict: verdictOf(inside.length, all.length),
    ours: `${texts.join(', ')} times; ${inside.length} of ${all.length} pairs are in the range`,
    difference: `${outside.join('; ')}; the ranges of tokens/s that the text gives beside it allow ${spanText(implied, 0)}`,
    figures: Object.fromEntries(
      byTask.flatMap(({ task, ratios }) => [
        [`${task}_lowest`, smallestOf(ratios)],
        [`${task}_median`, medianOf(ratios)],
        [`${task}_highest`, largestOf(ratios)],
      ]),
    ),
  };
}

function generationTasks(table: PaperTable): readonly string[] {
  return table.tasks.filter((task) => taskRows(table, task)[0]?.kind === 'generation');
}

/** Throughput of a range of sizes on generation tasks. */
export function auditThroughput(
  { rows }: PaperTable,
  numbers: { readonly low: number; readonly high: number; readonly from: number; readonly to: number },
): Finding {
  const own = sized(rows, numbers.from, numbers.to).filter(({ kind }) => kind === 'generation');
  const values = own.map(({ throughput }) => throughput);
  const inside = values.filter((value) => value >= numbers.low && value <= numbers.high);
  const [lowest, highest] = [smallestOf(values), largestOf(values)];
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

/** Whether speed falls faster than size grows. */
export function auditPenalty(table: PaperTable, numbers: { readonly from: number }): Finding {
  const steps = ladderSteps(table, numbers.from);
  const exponent = (from: PaperRow, to: PaperRow): number =>
    Math.log(from.throughput / to.throughput) / Math.log(to.billions / from.billions);
  const exponents = steps.map(({ from, to }) => exponent(from, to));
  const whole = generationTasks(table).map((task) => {
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
}

/** Whether small models are faster than larger ones on classification, and how much accuracy that costs. */
export function auditFaster(table: PaperTable, numbers: { readonly upTo: number }): Finding {
  const tasks = table.tasks.filter((task) => taskRows(table, task)[0]?.kind === 'classification');
  const found = tasks.map((task) => {
    const rows = taskRows(table, task);
    const isSmall = ({ billions }: PaperRow): boolean => billions <= numbers.upTo;
    const [small, others] = [rows.filter(isSmall), rows.filter((row) => !isSmall(row))];
    const pairs = small.flatMap((one) => others.map((other) => one.throughput > other.throughput));
    const gap = largestOf(others.map(({ accuracy }) => accuracy)) - largestOf(small.map(({ accuracy }) => accuracy));
    return { task, faster: pairs.filter(Boolean).length, pairs: pairs.length, gap };
  });
  const faster = found.reduce((sum, one) => sum + one.faster, 0);
  const pairs = found.reduce((sum, one) => sum + one.pairs, 0);
  const gaps = found.map(({ task, gap }) => `${taskTitle(task)} ${signed(gap)}`);
  return {
    verdict: verdictOf(faster, pairs),
    ours: `faster in ${faster} of ${pairs} pairs with a larger model`,
    difference: `best accuracy of the larger ones minus theirs: ${gaps.join(', ')}`,
    figures: { faster, pairs, ...Object.fromEntries(found.map(({ task, gap }) => [task, gap])) },
  };
}

/** What small models gain over large ones on the harder classification tasks, whatever "efficiency" means. */
export function auditEfficiencyGain(tasks: readonly string[]) {
  return (table: PaperTable, numbers: { readonly gain: number; readonly upTo: number }): Finding => {
    const rows = table.rows.filter(({ task }) => tasks.includes(task));
    const isSmall = ({ billions }: PaperRow): boolean => billions <= numbers.upTo;
    const median = (pick: (row: PaperRow) => number, small: boolean): number =>
      medianOf(rows.filter((row) => isSmall(row) === small).map(pick));
    const ratio = (pick: (row: PaperRow) => number): number => median(pick, true) / median(pick, false);
    const gains = {
      throughput: ratio(({ throughput }) => throughput) - 1,
      latency: 1 / ratio(({ latency }) => latency) - 1,
      memory: 1 / ratio(({ memory }) => memory) - 1,
      per: ratio(({ published }) => published) - 1,
    };
    const near = Object.entries(gains).filter(([, gain]) => Math.abs(gain - numbers.gain) <= 0.1);
    const texts = Object.entries(gains).map(
      ([name, gain]) => `${name === 'per' ? 'PER' : name} ${signed(gain * 100, 0)} %`,
    );
    const cost = median(({ accuracy }) => accuracy, false) - median(({ accuracy }) => accuracy, true);
    return {
      verdict:
        near.length > 0
          ? 'holds'
          : Object.values(gains).every((gain) => gain > numbers.gain)
            ? 'holds in part'
            : 'fails',
      ours: `medians up to ${numbers.upTo}B against larger: ${texts.join(', ')}; accuracy ${signed(-cost)}`,
      difference:
        near.length > 0
          ? `near 50 %: ${near.map(([name]) => name).join(', ')}`
          : 'more than 50 % in each, so none is the figure that the text means',
      figures: { ...gains, accuracy: -cost },
    };
  };
}
