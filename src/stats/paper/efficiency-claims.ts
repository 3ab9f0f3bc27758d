import { auditDoubling, auditTradeOffs } from './audit-accuracy.ts';
import { auditMiddle, auditPerBelow, auditPerRange, auditTopPlaces, auditWinners } from './audit-scores.ts';
import {
  auditEfficiencyGain,
  auditFaster,
  auditPenalty,
  auditThroughput,
  auditThroughputRatio,
} from './audit-speed.ts';
import { defineClaim, type PaperClaim } from './claim.ts';

/** Claims about generation tasks. */
export const generationClaims: readonly PaperClaim[] = [
  defineClaim({
    id: 'generation-per-range',
    where: '4.2',
    says: '1.5 to 3B reach a PER of 0.60 to 0.72 on generation tasks',
    numbers: { low: 1.5, high: 3, perLow: 0.6, perHigh: 0.72 },
    check: auditPerRange,
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
    says: 'they give up 10 to 35 % accuracy against 70B and above',
    numbers: { low: 0.1, high: 0.35, smallLow: 1.5, smallHigh: 3, large: 70 },
    check: auditTradeOffs,
  }),
  defineClaim({
    id: 'throughput-ratio',
    where: '4.2',
    says: 'they have 40 to 90 times the throughput per GPU of 70B and above',
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
    check: auditThroughputRatio,
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
    says: 'each doubling beyond 3B brings 5 to 15 % accuracy',
    numbers: { from: 3, low: 0.05, high: 0.15 },
    check: auditDoubling,
  }),
  defineClaim({
    id: 'superlinear-penalty',
    where: '4.2',
    says: 'efficiency falls faster than size grows beyond 3B',
    numbers: { from: 3 },
    check: auditPenalty,
  }),
];

/** Claims about classification tasks, and conclusions. */
export const conclusionsClaims: readonly PaperClaim[] = [
  defineClaim({
    id: 'small-win',
    where: 'Abstract, 5',
    says: '0.5 to 3B have superior PER on all tasks',
    numbers: { low: 0.5, high: 3 },
    check: auditWinners,
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
    says: 'small models (we read: up to 2B) are faster per GPU and about as accurate on classification tasks',
    numbers: { upTo: 2 },
    check: auditFaster,
  }),
  defineClaim({
    id: 'efficiency-gain',
    where: '4.3',
    says: 'on complex classification small models gain 50 % in efficiency (we read: up to 3B, ARC-Easy and HellaSwag)',
    numbers: { gain: 0.5, upTo: 3 },
    check: auditEfficiencyGain(['arc_easy', 'hellaswag']),
  }),
  defineClaim({
    id: 'middle-balance',
    where: '5',
    says: '3 to 14B offer the best balance',
    numbers: { low: 3, high: 14 },
    check: auditMiddle,
  }),
];
