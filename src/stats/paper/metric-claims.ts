import { auditBounds, auditFormula, auditSet, auditWorst } from './audit-scores.ts';
import { auditLatency, auditMemory, auditTradeOff } from './audit-setup.ts';
import { defineClaim, type PaperClaim } from './claim.ts';

/** Claims about the score and its four factors. */
export const metricClaims: readonly PaperClaim[] = [
  defineClaim({
    id: 'per-formula',
    where: '3.2',
    says: 'PER is the geometric mean of four min-max scaled factors',
    numbers: { factors: 4 },
    check: auditFormula,
  }),
  defineClaim({
    id: 'per-bounds',
    where: '3.2.1',
    says: 'PER lies between 0 and 1',
    numbers: { low: 0, high: 1 },
    check: auditBounds,
  }),
  defineClaim({
    id: 'fixed-set',
    where: '3.2.1',
    says: 'a fixed set of 16 models keeps the risk of outliers that skew the scale minimal',
    numbers: { models: 16 },
    check: auditSet,
  }),
  defineClaim({
    id: 'worst-near-zero',
    where: '3.2.1',
    says: 'a model that is the worst in one factor has a PER near 0 (we read: at most 0.05)',
    numbers: { nearZero: 0.05 },
    check: auditWorst,
  }),
  defineClaim({
    id: 'throughput-against-latency',
    where: '3.2.1',
    says: 'higher throughput often comes with higher latency',
    numbers: {},
    check: auditTradeOff,
  }),
  defineClaim({
    id: 'memory-dimension',
    where: '3.2',
    says: 'memory usage is one of four dimensions that were evaluated',
    numbers: { dimensions: 4 },
    check: auditMemory,
  }),
  defineClaim({
    id: 'latency-dimension',
    where: '3.2',
    says: 'latency is a dimension beside throughput',
    numbers: { dimensions: 4 },
    check: auditLatency,
  }),
];
