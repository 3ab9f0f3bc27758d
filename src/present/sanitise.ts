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
// C0 without tab and newline, DEL and C1, the line breaks of Unicode.
const controls = String.raw`[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u2028\u2029]`;
// Format characters that are seen: signs above or below Arabic, Syriac and Kaithi numbers.
const seen = String.raw`\u0600-\u0605\u06DD\u070F\u0890\u0891\u08E2\u{110BD}\u{110CD}`;
// What turns the writing direction, takes no room, marks annotations, or is no character. Emoji keep what holds them
// together, where it does: a variation selector behind a picture or in a keycap, a joiner between two pictures. Elsewhere
// these hide as well as others, and so do the tags of regional flags: such a flag becomes a black one. Joiners of Persian
// and Indic scripts go too; the letters stay.
const picture = String.raw`\p{Extended_Pictographic}`;
const invisibles = [
  String.raw`(?![${seen}\u200D\uFE0E\uFE0F])[\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]`,
  String.raw`(?<!${picture}|[#*\d](?=\uFE0F\u20E3))[\uFE0E\uFE0F]`,
  String.raw`(?<!${picture}[\uFE0E\uFE0F\p{Emoji_Modifier}]?)\u200D|\u200D(?!${picture})`,
].join('|');
const harmful = new RegExp(`${controls}|${invisibles}`, 'gu');
const harmfulInJson = new RegExp(`[\\u007F-\\u009F\\u2028\\u2029]|${invisibles}`, 'gu');

/** Text without colours and other sequences: what is left of it on a screen. */
export function withoutEscapes(text: string): string {
  return text.replaceAll(escapeSequences, '');
}

/**
 * For terminals, data files and XML: no escape sequences, control characters or characters that reorder or hide text.
 * Line breaks stay, as newlines.
 */
export function safeText(text: string): string {
  return withoutEscapes(text).replaceAll(lineBreaks, '\n').replaceAll(harmful, '');
}

/** What is printed with colours of our own: they stay, all else as in {@link safeText}. */
export function screenText(text: string): string {
  return text
    .split(/(\u001B\[[\d;]*m)/)
    .map((part, index) => (index % 2 === 1 ? part : safeText(part)))
    .join('');
}

/**
 * Lines for a log that a build server reads: what looks like one of its commands is none. GitHub obeys `::error::` at the
 * start of a line, and `##[` anywhere; Azure `##vso[`, TeamCity `##teamcity[`.
 */
export function withoutCommands(text: string): string {
  return text.replaceAll(/^(\s*):(?=:)/gm, '$1: ').replaceAll(buildCommand, '# ');
}

const buildCommand = /#(?=#(?:vso|teamcity)?\[)/gi;

/** {@link safeText} on one line. */
export function plainText(text: string): string {
  return withoutEscapes(text)
    .replaceAll(/(?:[^\S\uFEFF]|\u0085)+/gu, ' ')
    .replaceAll(harmful, '');
}

/** A value as JSON text in which nothing hides: it may be looked at in a terminal or an editor. */
export function jsonText(value: object, indent?: number): string {
  const json = JSON.stringify(value, undefined, indent);
  return json.replaceAll(buildCommand, String.raw`\u0023`).replaceAll(harmfulInJson, (character) =>
    character
      .split('')
      .map((unit) => String.raw`\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

/**
 * For pages, where readers must see what there is: control characters as their pictures (ESC as ␛), others by their
 * numbers. Line breaks and tabs stay.
 */
export function visibleText(text: string): string {
  return text.replaceAll(harmful, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x20) return String.fromCodePoint(0x2400 + code);
    if (code === 0x7f) return '\u2421';
    return code < 0xa0 ? `⟨${code.toString(16)}⟩` : `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`;
  });
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text that must not become markup of a page. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => entities[character] ?? character);
}
