/**
 * Foreign text made harmless: what models, files and servers say must not act on the terminal, spreadsheet or page that
 * shows it, nor look like something else. Every writer takes its text through here; JSON and Parquet, which nobody obeys,
 * keep it as it is, JSON with what hides written as escapes.
 */

// Escape sequences whole (CSI, OSC with either end, two-character ones, the eight-bit forms), before the lone control
// characters.
const escapeSequences =
  /\u001B(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001B]*(?:\u0007|\u001B\\)?|[PX^_][^\u001B]*(?:\u001B\\)?|[ -/]*[0-~])|\u009B[0-?]*[ -/]*[@-~]|[\u0090\u0098\u009D-\u009F][^\u0007\u009C\u001B]*(?:\u0007|\u009C|\u001B\\)?/g;
const lineBreaks = /\r\n|[\n\r\u0085\u2028\u2029]/g;
// C0 without tab and newline, DEL and C1.
const controls = String.raw`\u0000-\u0008\u000B-\u001F\u007F-\u009F`;
// What turns the writing direction, takes no room, or marks annotations; the byte order mark is among them.
const invisibles = String.raw`\u061C\u200B-\u200F\u202A-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB`;
const harmful = new RegExp(`[${controls}${invisibles}]`, 'g');
const harmfulButReturn = new RegExp(`(?!\\r)[${controls}${invisibles}]`, 'g');
const harmfulInJson = new RegExp(`[\\u007F-\\u009F\\u2028\\u2029${invisibles}]`, 'g');

/** Text without colours and other sequences: what is left of it on a screen. */
export function withoutEscapes(text: string): string {
  return text.replaceAll(escapeSequences, '');
}

/** For terminals: no escape sequences, control characters or characters that reorder or hide text. Line breaks stay. */
export function safeText(text: string): string {
  return withoutEscapes(text).replaceAll(lineBreaks, '\n').replaceAll(harmful, '');
}

/** The same on one line. */
export function plainText(text: string): string {
  return withoutEscapes(text)
    .replaceAll(/[^\S\uFEFF]+/gu, ' ')
    .replaceAll(harmful, '');
}

/** For fields of data files: nothing that acts or hides, everything else as it is, line breaks too. */
export function fieldText(text: string): string {
  return text.replaceAll(harmfulButReturn, '');
}

function codeOf(character: string): string {
  return character.charCodeAt(0).toString(16).padStart(4, '0');
}

/** A value as JSON text in which nothing hides: it may be looked at in a terminal or an editor. */
export function jsonText(value: object, indent?: number): string {
  const json = JSON.stringify(value, undefined, indent);
  return json.replaceAll(harmfulInJson, (character) => String.raw`\u${codeOf(character)}`);
}

/**
 * For pages, where readers must see what there is: control characters as their pictures (ESC as ␛), others by their
 * numbers. Line breaks and tabs stay.
 */
export function visibleText(text: string): string {
  return text.replaceAll(harmful, (character) => {
    const code = character.charCodeAt(0);
    if (code < 0x20) return String.fromCodePoint(0x2400 + code);
    if (code === 0x7f) return '\u2421';
    return code < 0xa0 ? `⟨${code.toString(16)}⟩` : `⟨U+${codeOf(character).toUpperCase()}⟩`;
  });
}
