/**
 * Text columns of PostgreSQL hold every character but U+0000. That is stored as two others, behind one that Unicode
 * reserves for such uses, and read back as it was.
 */
const mark = '\uFDD0';
const marked: Readonly<Record<string, string>> = { '\0': `${mark}0`, [mark]: `${mark}1` };

export function storedText(text: string): string {
  return /[\0\uFDD0]/.test(text) ? text.replaceAll(/[\0\uFDD0]/g, (character) => marked[character] ?? '') : text;
}

export function readText(stored: string): string {
  return stored.includes(mark)
    ? stored.replaceAll(/\uFDD0([01])/g, (_, which: string) => (which === '0' ? '\0' : mark))
    : stored;
}
