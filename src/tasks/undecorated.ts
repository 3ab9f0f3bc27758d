const decoration = /[\s*_`"'“”„‘’‹›«»「」『』]/u;

/**
 * Text without the quotes and markdown around it, and without a final full stop.
 */
export function undecorated(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && decoration.test(text.charAt(start))) start += 1;
  while (end > start) {
    const last = text.charAt(end - 1);
    const isStop = last === '.' && (end - 1 === start || text.charAt(end - 2) !== '.');
    if (!isStop && !decoration.test(last)) break;
    end -= 1;
  }
  return text.slice(start, end);
}
