/** What may stand on the axes of a ladder's chart. */
export const ladderAxes = { x: ['size', 'memory'], y: ['kl', 'accuracy', 'flips'] } as const;
export type LadderX = (typeof ladderAxes.x)[number];
export type LadderY = (typeof ladderAxes.y)[number];
