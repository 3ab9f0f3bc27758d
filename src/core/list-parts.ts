/**
 * The parts of a list as people type it, joined by commas. Spaces around them and what is empty don't count: a list may
 * end in a comma.
 */
export function listParts(text: string): readonly string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** Parts between commas, empty ones too; commas within brackets or quotes belong to a part. */
export function splitOutside(value: string): readonly string[] {
  const parts = [''];
  let [depth, quote] = [0, ''];
  for (const character of value) {
    const isQuote = character === '"' || character === "'";
    if (quote !== '') quote = character === quote ? '' : quote;
    else if (isQuote && (depth > 0 || parts.at(-1)?.endsWith('=') === true)) quote = character;
    else if (/[{[]/.test(character)) depth += 1;
    else if (/[}\]]/.test(character)) depth -= 1;
    if (character === ',' && depth === 0 && quote === '') parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts.map((part) => part.trim());
}
