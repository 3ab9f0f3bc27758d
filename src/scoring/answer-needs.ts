import type { Need } from './answer.ts';
import type { Part, Standing } from './standing.ts';

/** How a model stands to the first. `doubt`: the first is ahead only if nothing doubtful is wrong. */
export type Relation = 'behind' | 'doubt' | 'tied';

/** Items that would probably tell of the nearest model that may be usable; else, of all, that none is. */
function itemsNeeded(unproven: readonly Standing[]): readonly Need[] {
  const gaps = unproven.map(({ parts, usability }) => {
    const more = Math.max(0, ...usability.map((each) => each?.moreItems ?? 0));
    const isAbove = usability.every((each) => each !== undefined && each.accuracy > each.bound.accuracy);
    const left = parts.map((part) => leftItems(part));
    const known = left.filter((count) => count !== undefined);
    return { more, isAbove, available: known.length === 0 ? undefined : Math.min(...known) };
  });
  const told = gaps.filter(({ more }) => more > 0).toSorted((left, right) => left.more - right.more);
  const nearest = told.find(({ isAbove }) => isAbove) ?? told.at(-1);
  return nearest === undefined ? [] : [{ what: 'items', items: nearest.more, available: nearest.available }];
}

/** Items of the task that weren't asked. */
function leftItems(part: Part | undefined): number | undefined {
  const [all, asked] = [part?.board.populationItems, part?.row.answers?.items];
  return all === undefined || asked === undefined ? undefined : Math.max(0, all - asked);
}

/** What would tell: items first, and the machine or the numbers where those are in the way. */
export function needsOf(standings: readonly Standing[], relations: readonly Relation[]): readonly Need[] {
  const unproven = standings.filter(({ state }) => state === 'unproven');
  const isDoubted = relations.includes('doubt');
  const isBusy = isDoubted && standings.some((standing) => standing.isBusy);
  const isLacking = standings.some(
    ({ state, score }) => state === 'unmeasured' || (state === 'usable' && score === undefined),
  );
  return [
    ...itemsNeeded(unproven),
    ...(isBusy ? [{ what: 'quiet' as const }] : []),
    ...(isLacking || (isDoubted && !isBusy) ? [{ what: 'numbers' as const }] : []),
  ];
}
