import {
  auditCounts,
  auditGpus,
  auditItemGrid,
  auditItems,
  auditOrders,
  auditSizes,
  notInTables,
} from './audit-setup.ts';
import { defineClaim, type PaperClaim } from './claim.ts';

/** Claims about models, data and hardware. */
export const setupClaims: readonly PaperClaim[] = [
  defineClaim({
    id: 'models-and-tasks',
    where: 'Abstract, 3.1',
    says: '16 models on five tasks',
    numbers: { models: 16, tasks: 5 },
    check: auditCounts,
  }),
  defineClaim({
    id: 'size-range',
    where: '1, 3.1',
    says: 'models of 0.5B to 72B',
    numbers: { low: 0.5, high: 72 },
    check: auditSizes,
  }),
  defineClaim({
    id: 'five-orders',
    where: '3.2.1',
    says: 'sizes span five orders of magnitude',
    numbers: { orders: 5 },
    check: auditOrders,
  }),
  defineClaim({
    id: 'item-counts',
    where: '3.1',
    says: 'items per task: IMDB 1,000, HellaSwag 10,042, ARC-Easy 2,376, SQuAD 2.0 11,873, GSM8K 1,319',
    numbers: { imdb: 1000, hellaswag: 10_042, arc_easy: 2376, squad2: 11_873, gsm8k: 1319 },
    check: auditItems,
  }),
  defineClaim({
    id: 'gsm8k-items',
    where: '3.1',
    says: 'GSM8K accuracy is over 1,319 problems',
    numbers: { items: 1319 },
    check: auditItemGrid,
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
