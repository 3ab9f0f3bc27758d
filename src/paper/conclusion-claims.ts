import { defineClaim, signed, verdictOf, type PaperClaim } from './claim.ts';
import { auditTopPlaces } from './generation-claims.ts';
import { bestRow, isSized, sized, taskRows, tasksOf, taskTitle, type PaperRow } from './paper-table.ts';
import { medianOf } from '../stats/means.ts';

/** The first by published PER. */
function winnerOf(rows: readonly PaperRow[]): PaperRow {
  return rows.reduce((best, row) => (row.published > best.published ? row : best));
}

function zeroText(rows: readonly PaperRow[]): string {
  const zeros = rows.filter(({ published }) => published === 0);
  return zeros.length === 0 ? 'none' : zeros.map(({ model, task }) => `${model} on ${taskTitle(task)}`).join(', ');
}

/** Claims about classification tasks, and conclusions. */
export const conclusionClaims: readonly PaperClaim[] = [
  defineClaim({
    id: 'small-win',
    where: 'Abstract, 5',
    says: '0.5 to 3B have superior PER on all tasks',
    numbers: { low: 0.5, high: 3 },
    check: (table, numbers) => {
      const byTask = table.tasks.map((task) => taskRows(table, task));
      const won = byTask.filter((rows) => isSized(winnerOf(rows), numbers));
      const beaten = byTask.flatMap((rows) => {
        const best = Math.max(...rows.filter((row) => !isSized(row, numbers)).map(({ published }) => published));
        return rows.filter((row) => isSized(row, numbers) && row.published < best);
      });
      const inside = sized(table.rows, numbers);
      return {
        verdict:
          beaten.length > 0 && won.length === byTask.length ? 'holds in part' : verdictOf(won.length, byTask.length),
        ours: `first on ${won.length} of ${byTask.length} tasks`,
        difference: `${beaten.length} of ${inside.length} values are below the best model outside the range; zero: ${zeroText(inside)}`,
        figures: { won: won.length, tasks: byTask.length, beaten: beaten.length, values: inside.length },
      };
    },
  }),
  defineClaim({
    id: 'classification-per-highest',
    where: '4.3',
    says: '0.5 to 2B dominate the PER ranking on classification tasks',
    numbers: { low: 0.5, high: 2 },
    check: auditTopPlaces('classification'),
  }),
  defineClaim({
    id: 'small-faster',
    where: '4.3',
    says: 'small models (read as: up to 2B) are faster per GPU and about as accurate on classification tasks',
    numbers: { upTo: 2 },
    check: (table, numbers) => {
      const tasks = tasksOf(table, 'classification');
      const found = tasks.map((task) => {
        const rows = taskRows(table, task);
        const isSmall = ({ billions }: PaperRow): boolean => billions <= numbers.upTo;
        const [small, others] = [rows.filter(isSmall), rows.filter((row) => !isSmall(row))];
        const pairs = small.flatMap((one) => others.map((other) => one.throughput > other.throughput));
        const gap = bestRow(others).accuracy - bestRow(small).accuracy;
        return { task, faster: pairs.filter(Boolean).length, pairs: pairs.length, gap };
      });
      const faster = found.reduce((sum, one) => sum + one.faster, 0);
      const pairs = found.reduce((sum, one) => sum + one.pairs, 0);
      const gaps = found.map(({ task, gap }) => `${taskTitle(task)} ${signed(gap)}`);
      return {
        verdict: verdictOf(faster, pairs),
        ours: `faster in ${faster} of ${pairs} pairs with a larger model`,
        difference: `best accuracy of the larger models minus that of the small: ${gaps.join(', ')}`,
        figures: { faster, pairs, ...Object.fromEntries(found.map(({ task, gap }) => [task, gap])) },
      };
    },
  }),
  defineClaim({
    id: 'efficiency-gain',
    where: '4.3',
    says: 'on complex classification small models gain 50 % in efficiency (read as: up to 3B, ARC-Easy and HellaSwag)',
    numbers: { gain: 0.5, upTo: 3 },
    // Every gain of small models over large ones that "efficiency" could mean.
    check: (table, numbers) => {
      const rows = table.rows.filter(({ task }) => ['arc_easy', 'hellaswag'].includes(task));
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
        ours: `medians up to ${numbers.upTo}B compared with larger: ${texts.join(', ')}; accuracy ${signed(-cost)}`,
        difference:
          near.length > 0
            ? `near 50 %: ${near.map(([name]) => name).join(', ')}`
            : 'more than 50 % in each, so none is the figure in the text',
        figures: { ...gains, accuracy: -cost },
      };
    },
  }),
  defineClaim({
    id: 'middle-balance',
    where: '5',
    says: '3 to 14B offer the best balance',
    numbers: { low: 3, high: 14 },
    check: (table, numbers) => {
      const firsts = table.tasks.filter((task) => isSized(winnerOf(taskRows(table, task)), numbers));
      const per = (low: number, high: number): number =>
        medianOf(sized(table.rows, { low, high }).map(({ published }) => published));
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
    },
  }),
];
