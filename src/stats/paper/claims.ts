import type { PaperClaim } from './claim.ts';
import { conclusionsClaims, generationClaims } from './efficiency-claims.ts';
import { metricClaims } from './metric-claims.ts';
import { scalingClaims } from './scaling-claims.ts';
import { setupClaims } from './setup-claims.ts';

/** The quantitative claims of the paper's text; what each check finds is computed from its tables. */
export const paperClaims: readonly PaperClaim[] = [
  ...setupClaims,
  ...metricClaims,
  ...scalingClaims,
  ...generationClaims,
  ...conclusionsClaims,
];
