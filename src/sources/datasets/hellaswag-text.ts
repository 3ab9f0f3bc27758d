/**
 * Text rules of HellaSwag. Published rows carry tags such as `[header]` and a second sentence in lower case; lm-eval
 * cleans both, and its texts are what every published score was made with.
 */

/** Python's `str.capitalize()`: the first character in upper case, all others in lower case. */
function capitalize(text: string): string {
  const [first = '', ...rest] = Array.from(text);
  return first.toUpperCase() + rest.join('').toLowerCase();
}

/**
 * lm-eval's cleaning. Spaces are trimmed before tags are removed, so a tag at the start leaves a space behind; double
 * spaces are replaced once, from left to right. Both are kept: the published numbers have them.
 */
export function cleanHellaswagText(text: string): string {
  return text
    .trim()
    .replaceAll(' [title]', '. ')
    .replaceAll(/\[.*?\]/gu, '')
    .replaceAll('  ', ' ');
}

/** Context of a row of the official file, as lm-eval builds it. */
export function officialQuery(activityLabel: string, contextA: string, contextB: string): string {
  return cleanHellaswagText(`${activityLabel}: ${contextA} ${capitalize(contextB)}`);
}

/**
 * Context of a row whose text was cleaned before, but whose last, unfinished sentence kept its lower case: its first
 * letter becomes a capital. A context that ends with a full stop has no such sentence. Cleaning again would change
 * texts.
 */
export function cleanedQuery(activityLabel: string, context: string): string {
  if (/[.!?]$/u.test(context)) return `${activityLabel}: ${context}`;
  const sentenceEnd = context
    .matchAll(/[.!?]["'”’)\]]*\s+/gu)
    .toArray()
    .at(-1);
  const start = sentenceEnd === undefined ? 0 : sentenceEnd.index + sentenceEnd[0].length;
  const [first = ''] = context.slice(start);
  return `${activityLabel}: ${context.slice(0, start)}${first.toUpperCase()}${context.slice(start + first.length)}`;
}
