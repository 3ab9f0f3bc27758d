import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from './planted-tree.ts';
import { readRepositoryFile, repositoryFiles } from './repository-files.ts';

const documents = repositoryFiles().filter((path) => path.endsWith('.md'));

/** Relative links of a Markdown file, without their anchors. */
function links(text: string): readonly string[] {
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target.replace(/#.*$/, ''))
    .filter((target) => target !== '' && !/^[a-z]+:/.test(target));
}

/** Commands in the shell blocks of a Markdown file, one a line. */
function shellLines(text: string): readonly string[] {
  return [...text.matchAll(/^```(?:sh|bash|shell|console)\n(.*?)^```/gms)].flatMap(([, block = '']) =>
    block
      .split('\n')
      .map((line) => line.replace(/^\$ /, '').trim())
      .filter((line) => line !== ''),
  );
}

describe('documents', () => {
  it('a planted link and a planted command are seen', () => {
    expect(links('[a](docs/x.md#y) [b](https://example.com) [c](#here)')).toEqual(['docs/x.md']);
    expect(shellLines('```sh\n$ npm test\n```\n')).toEqual(['npm test']);
  });

  it.each(documents)('%s links to files that exist', (path) => {
    const targets = links(readRepositoryFile(path));
    expect(targets.filter((target) => !existsSync(join(repositoryRoot, dirname(path), target)))).toEqual([]);
  });

  it("the README's two commands are those that CI runs", () => {
    const commands = shellLines(readRepositoryFile('README.md'));
    expect(commands).toContain('npm ci && npm run quickstart');
    expect(commands).toContain('npm ci && npm test');
    const ci = readRepositoryFile('.ci/run');
    for (const command of ['npm ci', 'npm test', 'npm run quickstart']) expect(ci).toContain(command);
  });

  it('npm scripts that documents name exist', () => {
    const manifest = JSON.parse(readRepositoryFile('package.json')) as {
      readonly scripts: Readonly<Record<string, string>>;
    };
    const named = documents.flatMap((path) =>
      [...readRepositoryFile(path).matchAll(/npm run (?:--silent )?([a-z:]+)/g)].map(([, name = '']) => name),
    );
    expect(named).toContain('quickstart');
    expect(named.filter((name) => !Object.hasOwn(manifest.scripts, name))).toEqual([]);
  });
});
