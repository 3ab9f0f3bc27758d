import type { Finding, PaperClaim } from './claim.ts';
import { conclusionClaims } from './conclusion-claims.ts';
import { generationClaims } from './generation-claims.ts';
import { metricClaims } from './metric-claims.ts';
import { readPaperTable, type PaperTable } from './paper-table.ts';
import { recomputePer, type RecomputedPer } from './recomputed-per.ts';
import { scalingClaims } from './scaling-claims.ts';
import { scalingRegimes, type TaskScaling } from './scaling-regimes.ts';
import { setupClaims } from './setup-claims.ts';

/** The quantitative claims of the paper's text; each is checked against its tables. */
export const paperClaims: readonly PaperClaim[] = [
  ...setupClaims,
  ...metricClaims,
  ...scalingClaims,
  ...generationClaims,
  ...conclusionClaims,
];

/** A claim of the paper with what its tables say about it. */
export interface AuditedClaim extends Finding {
  readonly id: string;
  readonly where: string;
  readonly says: string;
  readonly numbers: Readonly<Record<string, number>>;
}

/** The paper checked against its own numbers. */
export interface PaperAudit {
  readonly table: PaperTable;
  readonly recomputed: readonly RecomputedPer[];
  readonly claims: readonly AuditedClaim[];
  readonly scaling: readonly TaskScaling[];
}

/**
 * Recomputes the paper's tables and checks every quantitative claim of its text against them.
 *
 * @param csvText the table of `data/paper.csv`
 */
export function auditPaper(csvText: string): PaperAudit {
  const table = readPaperTable(csvText);
  return {
    table,
    recomputed: recomputePer(table),
    claims: paperClaims.map(({ check, ...claim }) => ({ ...claim, ...check(table) })),
    scaling: scalingRegimes(table),
  };
}
