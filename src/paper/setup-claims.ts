import { defineClaim, verdictOf, verdictOfAll, type Finding, type PaperClaim } from './claim.ts';
import { publicItems, sized, taskTitle, type PaperRow, type PaperTable } from './paper-table.ts';

/** GPU counts that a server is run on. */
export const gpuCounts = [1, 2, 4, 8] as const;

/** GPUs for which latency is one GPU's time for a token or sample; undefined where no count fits. */
export function impliedGpus({ throughput, latency }: PaperRow): number | undefined {
  const share = 1000 / (throughput * latency);
  const distance = (count: number): number => Math.abs(Math.log(share / count));
  const nearest = gpuCounts.reduce((best, count) => (distance(count) < distance(best) ? count : best));
  return distance(nearest) < 0.2 ? nearest : undefined;
}

/** A claim that no number in the tables depends on. */
function notInTables(why: string): () => Finding {
  return () => ({ verdict: 'not checkable', ours: 'no figure in the tables', difference: why, figures: {} });
}

/** GPU counts of a range of sizes, as throughput and latency imply them. */
function auditGpus(
  { rows }: PaperTable,
  numbers: { readonly low: number; readonly high: number; readonly gpusLow: number; readonly gpusHigh: number },
): Finding {
  const own = sized(rows, numbers).map((row) => ({ row, gpus: impliedGpus(row) }));
  const fitting = own.filter(({ gpus }) => gpus !== undefined && gpus >= numbers.gpusLow && gpus <= numbers.gpusHigh);
  const others = own.filter((one) => !fitting.includes(one));
  const places = others.map(
    ({ row, gpus }) => `${row.model} on ${taskTitle(row.task)} ${gpus ?? 'matches no GPU count'}`,
  );
  return {
    verdict: verdictOf(fitting.length, own.length),
    ours: `${fitting.length} of ${own.length} rows, by 1000 / (throughput x latency)`,
    difference: places.length === 0 ? '' : `exceptions: ${places.join(', ')}`,
    figures: { fitting: fitting.length, rows: own.length },
  };
}

/** Claims about models, data and hardware. */
export const setupClaims: readonly PaperClaim[] = [
  defineClaim({
    id: 'models-and-tasks',
    where: 'Abstract, 3.1',
    says: '16 models on five tasks',
    numbers: { models: 16, tasks: 5 },
    check: ({ models, tasks, rows }, numbers) => {
      return {
        verdict: verdictOfAll([models.length === numbers.models, tasks.length === numbers.tasks]),
        ours: `${models.length} models, ${tasks.length} tasks, ${rows.length} rows`,
        difference: '',
        figures: { models: models.length, tasks: tasks.length, rows: rows.length },
      };
    },
  }),
  defineClaim({
    id: 'size-range',
    where: '1, 3.1',
    says: 'models of 0.5B to 72B',
    numbers: { low: 0.5, high: 72 },
    check: ({ rows }, numbers) => {
      const sizes = rows.map(({ billions }) => billions);
      const [low, high] = [Math.min(...sizes), Math.max(...sizes)];
      return {
        verdict: verdictOfAll([low === numbers.low, high === numbers.high]),
        ours: `${low}B to ${high}B`,
        difference: '',
        figures: { low, high },
      };
    },
  }),
  defineClaim({
    id: 'five-orders',
    where: '3.2.1',
    says: 'sizes span five orders of magnitude',
    numbers: { orders: 5 },
    check: ({ rows }, numbers) => {
      const sizes = rows.map(({ billions }) => billions);
      const ratio = Math.max(...sizes) / Math.min(...sizes);
      const orders = Math.log10(ratio);
      return {
        verdict: orders >= numbers.orders - 0.5 ? 'holds' : 'fails',
        ours: `a factor of ${ratio.toFixed(0)}: ${orders.toFixed(2)} orders of magnitude`,
        difference: `${(numbers.orders - orders).toFixed(1)} orders too many`,
        figures: { ratio, orders },
      };
    },
  }),
  defineClaim({
    id: 'item-counts',
    where: '3.1',
    says: 'items per task: IMDB 1,000, HellaSwag 10,042, ARC-Easy 2,376, SQuAD 2.0 11,873, GSM8K 1,319',
    numbers: { imdb: 1000, hellaswag: 10_042, arc_easy: 2376, squad2: 11_873, gsm8k: 1319 },
    check: (_, numbers) => {
      const compared = Object.entries(numbers).map(([task, items]) => ({ task, items, all: publicItems[task] ?? 0 }));
      const whole = compared.filter(({ items, all }) => items === all);
      const parts = compared.filter(({ items, all }) => items !== all);
      const partTexts = parts.map(({ task, items, all }) => `${taskTitle(task)} has ${all}, the paper used ${items}`);
      return {
        verdict: parts.every(({ items, all }) => items < all) ? 'holds' : 'fails',
        ours: `${whole.length} of ${compared.length} are the whole public split`,
        difference: `${partTexts.join('; ')}; the selection is not stated`,
        figures: { whole: whole.length, parts: parts.length },
      };
    },
  }),
  defineClaim({
    id: 'gsm8k-items',
    where: '3.1',
    says: 'GSM8K accuracy is over 1,319 problems',
    numbers: { items: 1319 },
    // Accuracies printed with four decimals must be whole numbers of items.
    check: (table, numbers) => {
      const fine = table.rows.filter(({ halfUnits }) => halfUnits.accuracy <= 0.000_05);
      const fitting = fine.filter(({ accuracy, halfUnits }) => {
        const nearest = Math.round(accuracy * numbers.items) / numbers.items;
        return Math.abs(nearest - accuracy) <= halfUnits.accuracy + 1e-9;
      });
      return {
        verdict: verdictOf(fitting.length, fine.length),
        ours: `${fitting.length} of ${fine.length} accuracies with four decimals are whole numbers of ${numbers.items} items`,
        difference: `${Math.round(numbers.items * 0.01)} % would be by chance`,
        figures: { fitting: fitting.length, fine: fine.length },
      };
    },
  }),
  defineClaim({
    id: 'output-tokens',
    where: '3.1',
    says: 'answers take 1 to 5 tokens (IMDB, ARC-Easy), none (HellaSwag), 10 to 30 (SQuAD 2.0)',
    numbers: { shortLow: 1, shortHigh: 5, none: 0, longLow: 10, longHigh: 30 },
    check: notInTables('token counts are not published'),
  }),
  defineClaim({
    id: 'cited-work',
    where: '1, 2',
    says: 'figures of other work: small models are 0.5B to 15B; 1 to 3B for code; 8 SuperGLUE tasks; 1.2B and 2.4B on 12 benchmarks',
    numbers: {
      smallLow: 0.5,
      smallHigh: 15,
      codeLow: 1,
      codeHigh: 3,
      superGlue: 8,
      first: 1.2,
      second: 2.4,
      benchmarks: 12,
    },
    check: notInTables('definitions and citations, not results'),
  }),
  defineClaim({
    id: 'gpus-small',
    where: '4',
    says: '0.5 to 8B ran on 1 or 2 GPUs',
    numbers: { low: 0.5, high: 8, gpusLow: 1, gpusHigh: 2 },
    check: auditGpus,
  }),
  defineClaim({
    id: 'gpus-middle',
    where: '4',
    says: '13 to 15B ran on 2 to 4 GPUs',
    numbers: { low: 13, high: 15, gpusLow: 2, gpusHigh: 4 },
    check: auditGpus,
  }),
  defineClaim({
    id: 'gpus-large',
    where: '4',
    says: '70 to 72B ran on 8 GPUs',
    numbers: { low: 70, high: 72, gpusLow: 8, gpusHigh: 8 },
    check: auditGpus,
  }),
];
