// Escape sequences whole (CSI, OSC with either end, two-character ones), before the lone control characters.
const escapeSequences =
  /\u001B(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001B]*(?:\u0007|\u001B\\)?|[PX^_][^\u001B]*(?:\u001B\\)?|[ -/]*[0-~])|\u009B[0-?]*[ -/]*[@-~]/g;
const lineBreaks = /\r\n|[\n\r\u0085\u2028\u2029]/g;
// C0 without tab and newline, DEL and C1; bidi controls; zero-width characters, among them the byte order mark.
const invisible =
  /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u061C\u200B-\u200F\u202A-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB]/g;

/**
 * Text of a model, a file or a server, made harmless for a terminal: no escape sequences, control characters or
 * characters that reorder or hide text. Line breaks stay.
 */
export function safeText(text: string): string {
  return text.replaceAll(escapeSequences, '').replaceAll(lineBreaks, '\n').replaceAll(invisible, '');
}
