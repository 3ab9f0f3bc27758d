import { factorNames } from '../scoring/factor.ts';
import { paperRobustness } from '../scoring/robustness-card.ts';
import { kendallTauB } from '../stats/rank-inference.ts';
import { defineClaim, signed, spanText, verdictOf, type PaperClaim } from './claim.ts';
import { normalisedOrders, otherNormalisations } from './normalisations.ts';
import { taskRows, taskTitle } from './paper-table.ts';
import { perTolerance, recomputePer } from './recomputed-per.ts';
import { gpuCounts, impliedGpus } from './setup-claims.ts';

const bytesPerParameter = 2;

/** Claims about the score and its four factors. */
export const metricClaims: readonly PaperClaim[] = [
  defineClaim({
    id: 'per-formula',
    where: '3.2',
    says: 'PER is the geometric mean of four min-max scaled factors',
    numbers: { factors: 4 },
    check: (table) => {
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
    },
  }),
  defineClaim({
    id: 'per-bounds',
    where: '3.2.1',
    says: 'PER lies between 0 and 1',
    numbers: { low: 0, high: 1 },
    check: ({ rows }, numbers) => {
      const values = rows.map(({ published }) => published);
      const inside = values.filter((value) => value >= numbers.low && value <= numbers.high).length;
      return {
        verdict: verdictOf(inside, rows.length),
        ours: `published PER: ${spanText(values)}`,
        difference: '',
        figures: { inside, rows: rows.length },
      };
    },
  }),
  defineClaim({
    id: 'fixed-set',
    where: '3.2.1',
    says: 'with a fixed set of 16 models, the risk that outliers skew the scale is minimal',
    numbers: { models: 16 },
    // How much the order depends on which models are in the set.
    check: (table) => {
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
        difference: `one more model with an accuracy this low changes which model is first: ${flips.join(', ')}`,
        figures: {
          changing: changing.length,
          omissions: omissions.length,
          lowestTau: worst.tauB ?? 1,
          flips: flips.length,
        },
      };
    },
  }),
  defineClaim({
    id: 'normalisation',
    where: '3.2.1',
    says: 'which normalisation is used is "less critical", since only the ranking matters',
    numbers: {},
    // Whether other common normalisations give the same ranking.
    check: (table) => {
      const all = table.tasks.flatMap((task) =>
        normalisedOrders(taskRows(table, task)).map((order) => ({ task, ...order })),
      );
      const changed = table.tasks.filter((task) => all.some((one) => one.task === task && one.isOtherWinner));
      const byNormalisation = otherNormalisations.map(({ id, name }) => {
        const own = all.filter(({ normalisation }) => normalisation.id === id);
        const others = Map.groupBy(
          own.filter(({ isOtherWinner }) => isOtherWinner),
          ({ winners }) => winners.join(' and '),
        );
        const firsts = Array.from(
          others,
          ([winners, tasks]) => `${winners} on ${tasks.map(({ task }) => taskTitle(task)).join(', ')}`,
        );
        const taus = spanText(own.map(({ tauB }) => tauB));
        return `by ${name} (tau-b ${taus}) ${firsts.length === 0 ? 'none' : firsts.join(', ')}`;
      });
      return {
        verdict: verdictOf(table.tasks.length - changed.length, table.tasks.length),
        ours: `four other normalisations change which model is first on ${changed.length} of ${table.tasks.length} tasks; tau-b with the order by min-max is ${spanText(all.map(({ tauB }) => tauB))}`,
        difference: `first instead: ${byNormalisation.join('; ')}`,
        figures: {
          changed: changed.length,
          tasks: table.tasks.length,
          ...Object.fromEntries(all.map(({ task, normalisation, tauB }) => [`${normalisation.id}_${task}`, tauB])),
        },
      };
    },
  }),
  defineClaim({
    id: 'worst-near-zero',
    where: '3.2.1',
    says: 'the worst model in a factor has a PER near 0 (read as: at most 0.05)',
    numbers: { nearZero: 0.05 },
    check: (table, numbers) => {
      const all = recomputePer(table);
      const worst = all.filter(({ factors }) => factorNames.some((factor) => factors[factor] === 0));
      const largest = Math.max(...worst.map(({ row }) => row.published));
      const small = worst.filter(({ row }) => row.published <= numbers.nearZero);
      const zeros = all.filter(({ row }) => row.published === 0);
      const withoutReason = zeros.filter((one) => !worst.includes(one));
      const names = withoutReason.map(({ row }) => `${row.model} on ${taskTitle(row.task)}`);
      return {
        verdict: verdictOf(small.length, worst.length),
        ours: `${worst.length} rows are the worst of their task in a factor; their largest published PER is ${largest}`,
        difference: `${zeros.length} of ${all.length} values are 0${names.length === 0 ? '' : `; not the worst in any factor: ${names.join(', ')}`}`,
        figures: { worst: worst.length, largest, zeros: zeros.length, withoutReason: withoutReason.length },
      };
    },
  }),
  defineClaim({
    id: 'throughput-against-latency',
    where: '3.2.1',
    says: 'higher throughput often comes with higher latency',
    numbers: {},
    check: (table) => {
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
        difference:
          held === 0 ? 'the reverse on every task: higher throughput comes with lower latency' : `on ${held} tasks`,
        figures: Object.fromEntries(table.tasks.map((task, index) => [task, taus[index] ?? 0])),
      };
    },
  }),
  defineClaim({
    id: 'memory-dimension',
    where: '3.2',
    says: 'memory usage is one of the four evaluated dimensions',
    numbers: { dimensions: 4 },
    // Whether memory is what weights of two bytes a parameter take, divided by the GPUs.
    check: ({ rows }) => {
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
        difference: `the size of weights at two bytes per parameter: computed, not measured; the divisor is the GPU count that throughput and latency imply in ${agreeing.length} rows`,
        figures: { nominal: fitting.length, rows: rows.length, sameGpus: agreeing.length },
      };
    },
  }),
  defineClaim({
    id: 'latency-dimension',
    where: '3.2',
    says: 'latency is a dimension beside throughput',
    numbers: { dimensions: 4 },
    // Whether latency adds anything to throughput.
    check: ({ rows }) => {
      const repeating = rows.filter((row) => impliedGpus(row) !== undefined);
      return {
        verdict: repeating.length >= rows.length * 0.95 ? 'fails' : 'holds in part',
        ours: `in ${repeating.length} of ${rows.length} rows latency is 1000 / (throughput x GPUs) within 20 %`,
        difference: 'latency repeats throughput, so speed counts twice in PER',
        figures: { repeating: repeating.length, rows: rows.length },
      };
    },
  }),
];
