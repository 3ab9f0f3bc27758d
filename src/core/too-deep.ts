/** Far more than any file needs; what recurses over values stands several times as much. */
export const maxDepth = 100;

/** What is wrong with what is {@link isTooDeep}. */
export const tooDeepText = `nested more than ${maxDepth} levels deep`;

/** Whether a value is nested too deeply to be looked at, or holds itself. */
export function isTooDeep(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth > maxDepth || Object.values(value).some((inner) => isTooDeep(inner, depth + 1));
}
