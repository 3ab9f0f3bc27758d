import type { PaperTable } from './paper-table.ts';

/** Whether the tables support a claim. */
export type Verdict = 'holds' | 'holds in part' | 'fails' | 'not checkable';

/** What the tables say about a claim. */
export interface Finding {
  readonly verdict: Verdict;
  /** Our figure, in words. */
  readonly ours: string;
  /** By how much the claim is off, or why it isn't; empty if there is nothing to add. */
  readonly difference: string;
  /** The figures behind the words. */
  readonly figures: Readonly<Record<string, number>>;
}

/** A quantitative statement of the paper's text. */
export interface PaperClaim {
  readonly id: string;
  /** Section of the paper. */
  readonly where: string;
  /** What it says, in our words. */
  readonly says: string;
  /** Its numbers, as the paper gives them. */
  readonly numbers: Readonly<Record<string, number>>;
  readonly check: (table: PaperTable) => Finding;
}

/** A claim whose check gets its numbers: the two can't drift apart. */
export function defineClaim<const Numbers extends Readonly<Record<string, number>>>(
  claim: Omit<PaperClaim, 'check' | 'numbers'> & {
    readonly numbers: Numbers;
    readonly check: (table: PaperTable, numbers: Readonly<Record<keyof Numbers, number>>) => Finding;
  },
): PaperClaim {
  const { check, ...rest } = claim;
  return { ...rest, check: (table) => check(table, claim.numbers) };
}

/** All of them hold, at least half of them, or fewer. */
export function verdictOf(held: number, total: number): Verdict {
  if (held === total) return 'holds';
  return held * 2 >= total ? 'holds in part' : 'fails';
}

export function verdictOfAll(held: readonly boolean[]): Verdict {
  return verdictOf(held.filter(Boolean).length, held.length);
}

const minus = '−';

/** `0.49 to 0.72`. */
export function spanText(values: readonly number[], digits = 2): string {
  const [low, high] = [Math.min(...values), Math.max(...values)].map((value) =>
    value.toFixed(digits).replace('-', minus),
  );
  return low === high ? String(low) : `${low} to ${high}`;
}

/** `+0.03`, `-0.12`. */
export function signed(value: number, digits = 2): string {
  return `${value < 0 ? minus : '+'}${Math.abs(value).toFixed(digits)}`;
}
