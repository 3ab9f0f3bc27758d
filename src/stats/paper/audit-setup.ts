import { kendallTauB } from '../kendall-tau.ts';
import { sized, spanText, verdictOf, type Finding } from './claim.ts';
import { publicItems, taskTitle } from './paper-models.ts';
import { taskRows, type PaperRow, type PaperTable } from './paper-table.ts';

/** GPU counts that a server is run on. */
const gpuCounts = [1, 2, 4, 8] as const;
const bytesPerParameter = 2;

/** How many models and tasks the tables have. */
export function auditCounts(
  { models, tasks, rows }: PaperTable,
  numbers: { readonly models: number; readonly tasks: number },
): Finding {
  const held = [models.length === numbers.models, tasks.length === numbers.tasks];
  return {
    verdict: verdictOf(held.filter(Boolean).length, 2),
    ours: `${models.length} models, ${tasks.length} tasks, ${rows.length} rows`,
    difference: '',
    figures: { models: models.length, tasks: tasks.length, rows: rows.length },
  };
}

/** Smallest and largest nominal size. */
export function auditSizes({ rows }: PaperTable, numbers: { readonly low: number; readonly high: number }): Finding {
  const sizes = rows.map(({ billions }) => billions);
  const [low, high] = [Math.min(...sizes), Math.max(...sizes)];
  return {
    verdict: verdictOf(Number(low === numbers.low) + Number(high === numbers.high), 2),
    ours: `${low}B to ${high}B`,
    difference: '',
    figures: { low, high },
  };
}

/** Powers of ten between the smallest and the largest model. */
export function auditOrders({ rows }: PaperTable, numbers: { readonly orders: number }): Finding {
  const sizes = rows.map(({ billions }) => billions);
  const ratio = Math.max(...sizes) / Math.min(...sizes);
  const orders = Math.log10(ratio);
  return {
    verdict: orders >= numbers.orders - 0.5 ? 'holds' : 'fails',
    ours: `a factor of ${ratio.toFixed(0)}: ${orders.toFixed(2)} orders of magnitude`,
    difference: `${(numbers.orders - orders).toFixed(1)} orders too many`,
    figures: { ratio, orders },
  };
}

/** Item counts against the public splits. */
export function auditItems(_: PaperTable, numbers: Readonly<Record<string, number>>): Finding {
  const compared = Object.entries(numbers).map(([task, items]) => ({ task, items, all: publicItems[task] ?? 0 }));
  const whole = compared.filter(({ items, all }) => items === all);
  const parts = compared.filter(({ items, all }) => items !== all);
  const partTexts = parts.map(({ task, items, all }) => `${taskTitle(task)} has ${all}, the paper took ${items}`);
  return {
    verdict: parts.every(({ items, all }) => items < all) ? 'holds' : 'fails',
    ours: `${whole.length} of ${compared.length} are the whole public split`,
    difference: `${partTexts.join('; ')}: which ones isn't said`,
    figures: { whole: whole.length, parts: parts.length },
  };
}

/** Accuracies printed with four decimals must be whole numbers of items. */
export function auditItemGrid(table: PaperTable, numbers: { readonly items: number }): Finding {
  const fine = table.rows.filter(({ halfUnits }) => halfUnits.accuracy <= 0.000_05);
  const fitting = fine.filter(({ accuracy, halfUnits }) => {
    const nearest = Math.round(accuracy * numbers.items) / numbers.items;
    return Math.abs(nearest - accuracy) <= halfUnits.accuracy + 1e-9;
  });
  return {
    verdict: verdictOf(fitting.length, fine.length),
    ours: `${fitting.length} of ${fine.length} accuracies with four decimals are a whole number of ${numbers.items} items`,
    difference: `${Math.round(numbers.items * 0.01)} % of them would be so by chance`,
    figures: { fitting: fitting.length, fine: fine.length },
  };
}

/** Something that no number in the tables depends on. */
export function notInTables(why: string): () => Finding {
  return () => ({ verdict: 'not checkable', ours: 'no figure in the tables', difference: why, figures: {} });
}

/** GPUs for which latency is one GPU's time for a token or sample; undefined where no count fits. */
function impliedGpus({ throughput, latency }: PaperRow): number | undefined {
  const share = 1000 / (throughput * latency);
  const distance = (count: number): number => Math.abs(Math.log(share / count));
  const nearest = gpuCounts.reduce((best, count) => (distance(count) < distance(best) ? count : best));
  return distance(nearest) < 0.2 ? nearest : undefined;
}

/** GPU counts of a range of sizes, as throughput and latency imply them. */
export function auditGpus(
  { rows }: PaperTable,
  numbers: { readonly low: number; readonly high: number; readonly gpusLow: number; readonly gpusHigh: number },
): Finding {
  const own = sized(rows, numbers.low, numbers.high).map((row) => ({ row, gpus: impliedGpus(row) }));
  const fitting = own.filter(({ gpus }) => gpus !== undefined && gpus >= numbers.gpusLow && gpus <= numbers.gpusHigh);
  const others = own.filter((one) => !fitting.includes(one));
  const places = others.map(({ row, gpus }) => `${row.model} on ${taskTitle(row.task)} ${gpus ?? 'fits no count'}`);
  return {
    verdict: verdictOf(fitting.length, own.length),
    ours: `${fitting.length} of ${own.length} rows, by 1000 / (throughput x latency)`,
    difference: places.length === 0 ? '' : `not so: ${places.join(', ')}`,
    figures: { fitting: fitting.length, rows: own.length },
  };
}

/** Whether memory is what weights of two bytes a parameter take, divided by the GPUs. */
export function auditMemory({ rows }: PaperTable): Finding {
  const fitting = rows.filter((row) =>
    gpuCounts.some((count) => Math.abs((row.billions * bytesPerParameter * 1024) / count - row.memory) <= 1),
  );
  const agreeing = fitting.filter(
    (row) => Math.abs((row.billions * bytesPerParameter * 1024) / (impliedGpus(row) ?? 0) - row.memory) <= 1,
  );
  const isNominal = fitting.length === rows.length;
  return {
    verdict: isNominal ? 'holds in part' : 'holds',
    ours: `${fitting.length} of ${rows.length} memory figures are 2 GiB per billion parameters, divided by 1, 2, 4 or 8`,
    difference: `that is what weights of two bytes take: computed, not measured; the divisor is the GPU count that throughput and latency imply in ${agreeing.length} rows`,
    figures: { nominal: fitting.length, rows: rows.length, sameGpus: agreeing.length },
  };
}

/** Whether latency says anything that throughput doesn't. */
export function auditLatency({ rows }: PaperTable): Finding {
  const repeating = rows.filter((row) => impliedGpus(row) !== undefined);
  return {
    verdict: repeating.length >= rows.length * 0.95 ? 'fails' : 'holds in part',
    ours: `in ${repeating.length} of ${rows.length} rows latency is 1000 / (throughput x GPUs) within 20 %`,
    difference: 'latency repeats throughput, so speed counts twice in PER',
    figures: { repeating: repeating.length, rows: rows.length },
  };
}

/** Whether more throughput goes with more latency. */
export function auditTradeOff(table: PaperTable): Finding {
  const taus = table.tasks.map((task) => {
    const rows = taskRows(table, task);
    return (
      kendallTauB(
        rows.map(({ throughput }) => throughput),
        rows.map(({ latency }) => latency),
      ) ?? 0
    );
  });
  const held = taus.filter((tau) => tau > 0).length;
  return {
    verdict: verdictOf(held, taus.length),
    ours: `rank correlation (tau-b) of throughput and latency by task: ${spanText(taus)}`,
    difference: held === 0 ? 'the reverse on every task: faster models also answer sooner' : `on ${held} tasks`,
    figures: Object.fromEntries(table.tasks.map((task, index) => [task, taus[index] ?? 0])),
  };
}
