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
