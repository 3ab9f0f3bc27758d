import { shellWord } from '../../core/shell-word.ts';
import { removed } from '../../core/without-secrets.ts';

/** A word of a command line in parts: texts, and variables that hold what was removed as a secret. */
export type CommandWord = readonly (string | { readonly variable: string })[];

/** `--api-key` as `API_KEY`. */
function variableOf(flag: string): string {
  const name = flag
    .replace(/^-+/u, '')
    .replaceAll(/[^A-Za-z0-9]+/gu, '_')
    .toUpperCase();
  return /^[A-Z]/u.test(name) ? name : 'SECRET';
}

/** The words of a stored command line: each secret that was removed from it is a variable, called by its flag. */
export function commandWords(words: readonly string[]): readonly CommandWord[] {
  return words.map((word, at) => {
    if (!word.includes(removed)) return [word];
    const [, flag = words[at - 1] ?? ''] = /^(-[\w-]+)[=:]/u.exec(word) ?? [];
    const variable = variableOf(flag);
    return word
      .split(removed)
      .flatMap((text, part) => [...(part === 0 ? [] : [{ variable }]), text])
      .filter((part) => part !== '');
  });
}

/** Names of the variables that words refer to, once each. */
export function variablesOf(words: readonly CommandWord[]): readonly string[] {
  return [...new Set(words.flat().flatMap((part) => (typeof part === 'string' ? [] : [part.variable])))];
}

/** A word as a POSIX shell takes it. */
function shellText(word: CommandWord): string {
  if (word.length === 0) return "''";
  return word.map((part) => (typeof part === 'string' ? shellWord(part) : `"$${part.variable}"`)).join('');
}

/** A word, or a variable's value, as Kubernetes takes it, which fills in `$(NAME)` and reads `$$` as a dollar sign. */
export function kubernetesText(word: CommandWord): string {
  return word.map((part) => (typeof part === 'string' ? part.replaceAll('$', '$$$$') : `$(${part.variable})`)).join('');
}

/** One command over several lines: a line for the program, and one for each long flag with what belongs to it. */
export function shellLines(words: readonly CommandWord[]): string {
  const lines: string[] = [];
  for (const word of words) {
    const text = shellText(word);
    const isFlag = text.startsWith('--') && lines.length > 0;
    if (isFlag || lines.length === 0) lines.push(text);
    else lines[lines.length - 1] += ` ${text}`;
  }
  return lines.join(' \\\n  ');
}
