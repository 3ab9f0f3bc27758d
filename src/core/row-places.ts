/** Values for a sentence: `17, 42 and 3 more`. */
export function shortList(values: readonly (number | string)[], shown: number): string {
  const rest = values.length - shown;
  if (rest > 0) return `${values.slice(0, shown).join(', ')} and ${rest.toLocaleString('en-US')} more`;
  const head = values.slice(0, -1);
  return head.length === 0 ? String(values[0] ?? '') : `${head.join(', ')} and ${values.at(-1)}`;
}

/** Where rows are: `tickets.csv:17, 42 and 3 more`; a file is named where it isn't that of the row before. */
export function placesText(rows: readonly { readonly file: string; readonly line: number }[], shown = 5): string {
  const places = rows.map(({ file, line }, index) =>
    rows[index - 1]?.file === file ? String(line) : `${file}:${line}`,
  );
  return shortList(places, shown);
}

/** Names that a message lists in full. */
const mostNames = 12;

/** Names of columns or the like for a message: `text, label`, the first ones of many. */
export function namesText(names: readonly string[]): string {
  return names.length > mostNames ? shortList(names, mostNames) : names.join(', ');
}
