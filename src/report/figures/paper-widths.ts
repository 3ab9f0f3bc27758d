/** Widths that journals print at. */
export const paperWidthsMm = { column: 84, page: 178 } as const;
