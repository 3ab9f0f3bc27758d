import { describe, expect, it } from 'vitest';
import { dirname, join } from 'node:path/posix';
import { readRepositoryFile, repositoryFiles } from './repository-files.ts';

/** Modules that a text imports by a relative path, in any way: values, types, re-exports, later on. */
function importsOf(path: string, text: string): readonly string[] {
  const specifiers = text.matchAll(/(?:\bfrom|\bimport\(|^import) ?'(\.{1,2}\/[^']+)'/gm);
  return [...specifiers].map(([, specifier = '']) => join(dirname(path), specifier));
}

/** One circle of the graph as a list of paths, the first again at the end; undefined where there is none. */
function findCircle(texts: ReadonlyMap<string, string>): readonly string[] | undefined {
  const finished = new Set<string>();
  const visit = (path: string, trail: readonly string[]): readonly string[] | undefined => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    const text = texts.get(path);
    if (text === undefined || finished.has(path)) return undefined;
    for (const next of importsOf(path, text)) {
      const circle = visit(next, [...trail, path]);
      if (circle !== undefined) return circle;
    }
    finished.add(path);
    return undefined;
  };
  for (const path of texts.keys()) {
    const circle = visit(path, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

describe('imports go one way', () => {
  it('without a circle, be it of values, types or what is loaded later', () => {
    const paths = repositoryFiles().filter((path) => /^src\/.*\.tsx?$/.test(path) && !/\.test\.tsx?$/.test(path));
    expect(paths.length).toBeGreaterThan(100);
    expect(findCircle(new Map(paths.map((path) => [path, readRepositoryFile(path)])))).toBeUndefined();
  });

  it.each([
    ['a value', "import { b } from './b.ts';"],
    ['a type', "import type { B } from './b.ts';"],
    ['a type among values', "import { core, type B } from './b.ts';"],
    ['several lines', "import {\n  b,\n} from './b.ts';"],
    ['a re-export', "export { b } from './b.ts';"],
    ['what is loaded later', "const load = async () => (await import('./b.ts')).b;"],
    ['an effect', "import './b.ts';"],
  ])('finds a circle of %s', (_, text) => {
    const planted = new Map([
      ['src/x/start.ts', "import { a } from './a.ts';"],
      ['src/x/a.ts', text],
      ['src/x/b.ts', "import { c } from '../y/c.ts';"],
      ['src/y/c.ts', "import { a } from '../x/a.ts';"],
    ]);
    expect(findCircle(planted)).toEqual(['src/x/a.ts', 'src/x/b.ts', 'src/y/c.ts', 'src/x/a.ts']);
  });

  it('takes no diamond for a circle', () => {
    const planted = new Map([
      ['src/a.ts', "import { b } from './b.ts';\nimport { c } from './c.ts';"],
      ['src/b.ts', "import { d } from './d.ts';"],
      ['src/c.ts', "import { d } from './d.ts';"],
      ['src/d.ts', 'export const d = 1;'],
    ]);
    expect(findCircle(planted)).toBeUndefined();
  });
});
