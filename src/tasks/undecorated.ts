/** Text without the quotes and markdown around it, and without a final full stop. */
export function undecorated(text: string): string {
  const pairs = /^(?:\*\*|__|[*_`"'“”‘’])+|(?:\*\*|__|[*_`"'“”‘’])+$/gu;
  let current = text.trim();
  for (;;) {
    const next = current
      .replace(pairs, '')
      .replace(/(?<!\.)\.$/u, '')
      .trim();
    if (next === current) return current;
    current = next;
  }
}
