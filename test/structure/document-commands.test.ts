import { describe, expect, it } from 'vitest';
import { normalizeFlags } from '../../src/cli/options/resolve-options.ts';
import { parseCommandLine } from '../../src/cli/program.ts';
import { readRepositoryFile, repositoryFiles } from './repository-files.ts';

const documents = repositoryFiles().filter((path) => path.endsWith('.md') && path !== 'CHANGELOG.md');

/** Languages of blocks that may have commands. */
const languages: ReadonlySet<string> = new Set(['', 'sh', 'bash', 'shell', 'console', 'yaml']);

/** Command lines of perbench in a Markdown file: in shell blocks, and in code inside sentences. */
function commandLines(text: string): readonly string[] {
  const blocks = [...text.matchAll(/^ *```(\w*)\n(.*?)^ *```/gms)]
    .filter(([, language = '']) => languages.has(language))
    .flatMap(([, , block = '']) => block.replaceAll('\\\n', ' ').split('\n'))
    .map((line) => /(?:^|[\s:|])((?:npx )?perbench .*)/.exec(line.replace(/(?:^|\s)#.*/, ''))?.[1] ?? '');
  const inline = [...text.replaceAll(/^ *```.*?^ *```/gms, '').matchAll(/`((?:npx )?perbench [^`]+)`/g)];
  return [...blocks, ...inline.map(([, line = '']) => line)].map((line) => line.trim()).filter((line) => line !== '');
}

/** Words as a shell would see them, up to what isn't perbench's: pipes, redirections, further commands. */
function wordsOf(line: string): readonly string[] {
  const words = [...line.matchAll(/"([^"]*)"|'([^']*)'|(&&|\|\||[|><;)])|([^\s"'|><;)]+)/g)];
  const end = words.findIndex(([, , , operator]) => operator !== undefined);
  const own = end === -1 ? words : words.slice(0, end);
  return own.map(([, double, single, , bare]) => double ?? single ?? bare ?? '').filter((word) => word !== 'npx');
}

/** What perbench says of a line that it doesn't understand; undefined for one that is fine, or cut short on purpose. */
function problemOf(line: string): string | undefined {
  // `perbench <command> --help`, `perbench run …`: shapes, not commands.
  if (/<[a-z]|\[options\]|…|\.\.\./.test(line)) return undefined;
  try {
    parseCommandLine(normalizeFlags(wordsOf(line).slice(1)), '0', () => undefined);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return /^missing required argument|argument missing$/.test(message) ? undefined : `${line}: ${message}`;
  }
  return undefined;
}

describe('commands in documents', () => {
  it('are seen, and wrong ones found', () => {
    const text =
      '```json\n{}\n```\nperbench is it\n```sh\nperbench rum x # no\nnpx perbench list --nope | head\n```\n`perbench show` and `perbench shwo`';
    const lines = commandLines(text);
    expect(lines).toEqual(['perbench rum x', 'npx perbench list --nope | head', 'perbench show', 'perbench shwo']);
    expect(lines.map((line) => problemOf(line) !== undefined)).toEqual([true, true, false, true]);
    expect(problemOf('perbench run s.yaml --decide "cheapest with accuracy >= 0.7" > out.txt')).toBeUndefined();
  });

  it.each(documents)('of %s are there, with their options', (path) => {
    expect(commandLines(readRepositoryFile(path)).map(problemOf).filter(Boolean)).toEqual([]);
  });
});
