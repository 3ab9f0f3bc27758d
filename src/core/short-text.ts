/** The start of a text, for messages that must stay one line: at most `length` characters. */
export function shortText(text: string, length = 60): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
