import { plainText } from './sanitise.ts';

const escapes: Readonly<Record<string, string>> = {
  '\\': String.raw`\textbackslash{}`,
  '{': String.raw`\{`,
  '}': String.raw`\}`,
  '&': String.raw`\&`,
  '%': String.raw`\%`,
  $: String.raw`\$`,
  '#': String.raw`\#`,
  _: String.raw`\_`,
  '~': String.raw`\textasciitilde{}`,
  '^': String.raw`\textasciicircum{}`,
  '<': String.raw`\textless{}`,
  '>': String.raw`\textgreater{}`,
  '|': String.raw`\textbar{}`,
  // Where an encoding has no straight quotes there is a curly one in its place.
  '"': String.raw`\symbol{34}`,
  '`': String.raw`\textasciigrave{}`,
  '±': String.raw`\ensuremath{\pm}`,
  '·': String.raw`\ensuremath{\cdot}`,
  '–': '--',
  '×': String.raw`\ensuremath{\times}`,
  // Two of them would become a dash.
  '-': '-{}',
};

/** Foreign text that must not become commands, nor ligatures. */
export function escapeLatex(text: string): string {
  return plainText(text)
    .replaceAll(/[\\{}&%$#_~^<>|"`±·–×]|-(?=-)/gu, (character) => escapes[character] ?? character)
    .replaceAll(/[\u{1F000}-\u{1FFFF}]/gu, '?');
}
