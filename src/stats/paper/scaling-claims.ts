import {
  auditDiminishing,
  auditGain,
  auditNonMonotonic,
  auditRegimes,
  auditRise,
  auditSaturation,
  auditShare,
} from './audit-accuracy.ts';
import { defineClaim, type PaperClaim } from './claim.ts';

/** Claims about accuracy and size. */
export const scalingClaims: readonly PaperClaim[] = [
  defineClaim({
    id: 'three-regimes',
    where: '4.1',
    says: 'three distinct scaling regimes',
    numbers: { regimes: 3 },
    check: auditRegimes,
  }),
  defineClaim({
    id: 'imdb-saturates',
    where: '4.1, 4.3',
    says: 'IMDB saturates below 1B: 91.7 % at 0.5B, 88.6 % at 72B, minimal gains in between',
    numbers: { smallest: 0.917, largest: 0.886 },
    check: auditSaturation('imdb', 'Qwen2.5-72B'),
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
    check: auditNonMonotonic('gsm8k'),
  }),
  defineClaim({
    id: 'gsm8k-14b-share',
    where: '4.1',
    says: 'Qwen2.5-14B (80.8 %) has 87.8 % of the peak with 20 % of the parameters',
    numbers: { accuracy: 0.808, share: 0.878, size: 0.2 },
    check: auditShare('gsm8k', 'Qwen2.5-14B'),
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
