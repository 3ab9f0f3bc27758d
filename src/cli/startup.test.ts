import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, it } from 'vitest';

const cli = import.meta.dirname;

/** Everything that a start of perbench loads: files and packages reached by static imports, types aside. */
function staticImports(entry: string): { readonly files: ReadonlySet<string>; readonly packages: ReadonlySet<string> } {
  const files = new Set<string>();
  const packages = new Set<string>();
  const open = [entry];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (files.has(file)) continue;
    files.add(file);
    const source = readFileSync(file, 'utf8');
    const statements = source.matchAll(/^(?:import|export) (?!type )(?:[^;]*? from )?'([^']+)';/gm);
    for (const [, name = ''] of statements) {
      if (name.startsWith('.')) open.push(resolve(dirname(file), name));
      else packages.add(name);
    }
  }
  return { files, packages };
}

it('loads commander and the tables, and nothing that takes long', () => {
  const { files, packages } = staticImports(join(cli, 'main.ts'));
  const outside = Array.from(packages).filter((name) => !name.startsWith('node:'));
  expect(outside).toEqual(['commander']);
  expect(Array.from(packages).filter((name) => /sqlite|child_process|http|worker/.test(name))).toEqual([]);
  const ours = Array.from(files, (file) => relative(join(cli, '..'), file)).toSorted();
  expect(ours.filter((name) => !name.startsWith('cli/'))).toEqual([
    'core/errors.ts',
    'core/gate-limits.ts',
    'core/load.ts',
    'core/nearest-name.ts',
    'core/quantity.ts',
    'report/figures/paper-widths.ts',
    'stats/factor.ts',
  ]);
  for (const file of files) expect(existsSync(file)).toBe(true);
});

it('sees a package that a file imports', () => {
  expect(staticImports(join(cli, 'suite-file/suite-issues.ts')).packages).toContain('zod');
});
