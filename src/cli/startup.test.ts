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
    'core/amount-text.ts',
    'core/cluster-settings.ts',
    'core/cluster.ts',
    'core/errors.ts',
    'core/find-base.ts',
    'core/json-inside.ts',
    'core/ladder-axes.ts',
    'core/limits-schema.ts',
    'core/limits.ts',
    'core/list-parts.ts',
    'core/load.ts',
    'core/loss.ts',
    'core/managed-server.ts',
    'core/model-setting.ts',
    'core/nearest-name.ts',
    'core/quantities.ts',
    'core/race-question.ts',
    'core/settings.ts',
    'core/store-address.ts',
    'core/store.ts',
    'core/suite-settings.ts',
    'core/sweep-axes.ts',
    'core/system-error.ts',
    'core/task-definition.ts',
    'core/too-deep.ts',
    'core/without-secrets.ts',
    'files/file-limits.ts',
    'present/sanitise.ts',
    'present/serving.ts',
    'present/text-width.ts',
    'scoring/factor.ts',
  ]);
  for (const file of files) expect(existsSync(file)).toBe(true);
});

/** Packages for one purpose each; the time that they take to load is for those who want that. */
const heavyPackages =
  /^(undici|hono|@hono|preact|d3-|@resvg|koffi|hyparquet|vite|playwright|axe-core|dejavu|fflate|@clack|@kubernetes|pg$)/;

it.each(['results', 'decisions', 'interop', 'prepare'])(
  'loads for %s none of the packages that serve, draw, download or run models',
  (command) => {
    const { files, packages } = staticImports(join(cli, `commands/${command}.ts`));
    expect(Array.from(packages).filter((name) => heavyPackages.test(name))).toEqual([]);
    const pages = Array.from(files, (file) => relative(join(cli, '..'), file)).filter((file) =>
      /^(page\/(make|write)-page|cli\/viewer\/|page\/figures\/render)/.test(file),
    );
    expect(pages).toEqual([]);
  },
);

it('sees a package that a file imports', () => {
  expect(staticImports(join(cli, 'suite-file/check-suite.ts')).packages).toContain('zod');
});
