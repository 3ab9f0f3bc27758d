import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readAllowedImports } from './allowed-imports.ts';
import { lintPlanted, type LintReport } from './planted-lint.ts';
import { repositoryRoot } from './planted-tree.ts';

const restricted = 'eslint(no-restricted-imports)';
const allowed = readAllowedImports();
const folders = [...allowed.keys()];
const pairs = folders.flatMap((from) => folders.filter((to) => to !== from).map((to) => ({ from, to })));

/** Ways to get at another module; the last needs a type-only import. */
const otherWays: Readonly<Record<string, string>> = {
  'src/tasks/deep/planted.ts': "import { main } from '../../engines/main.ts';\nexport const value = main;\n",
  'src/tasks/re-export.ts': "export { main } from '../engines/main.ts';\n",
  'src/tasks/star.ts': "export * from '../engines/main.ts';\n",
  'src/tasks/type.ts': "import type { Main } from '../engines/main.ts';\nexport type Value = Main;\n",
  'src/tasks/dynamic.ts':
    "export async function load(): Promise<unknown> {\n  return await import('../engines/main.ts');\n}\n",
  'src/run/registry.ts': "import { main } from '../index.ts';\nexport const value = main;\n",
  'src/index.ts': "export { main } from './cli/main.ts';\n",
  'src/app/run.ts': "export { main } from '../page/main.ts';\n",
  'src/core/reads-files.ts': "import { readFileSync } from 'node:fs';\nexport const value = readFileSync;\n",
  'src/stats/reads-files.ts': "import { readFile } from 'node:fs/promises';\nexport const value = readFile;\n",
  'src/tasks/starts-processes.ts': "import { spawn } from 'node:child_process';\nexport const value = spawn;\n",
  'src/metrics/asks-servers.ts': "import { request } from 'undici';\nexport const value = request;\n",
  'src/present/writes-files.ts': "import { writeFileSync } from 'node:fs';\nexport const value = writeFileSync;\n",
};

function plantedPath({ from, to }: { readonly from: string; readonly to: string }): string {
  return `src/${from}/takes-${to}.ts`;
}

function plantedFiles(): Readonly<Record<string, string>> {
  const mains = folders.map((folder) => [
    `src/${folder}/main.ts`,
    'export const main = 1;\nexport type Main = number;\n',
  ]);
  const imports = pairs.map((pair) => [
    plantedPath(pair),
    `import { main } from '../${pair.to}/main.ts';\nexport const value = main;\n`,
  ]);
  return { ...Object.fromEntries([...mains, ...imports]), ...otherWays };
}

describe('imports between folders', () => {
  let report: LintReport;
  beforeAll(async () => {
    report = await lintPlanted(plantedFiles());
  });

  it('lint refuses exactly what docs/architecture.md does not allow', () => {
    const refused = pairs.filter((pair) => report.rulesOf.get(plantedPath(pair))?.includes(restricted));
    const expected = pairs.filter(({ from, to }) => allowed.get(from)?.includes(to) !== true);
    expect(expected.length).toBeGreaterThan(100);
    expect(refused.map(plantedPath)).toEqual(expected.map(plantedPath));
  });

  it.each(Object.keys(otherWays))('lint refuses %s', (path) => {
    expect(report.rulesOf.get(path)).toContain(restricted);
  });

  it('lint reports nothing for an allowed import', () => {
    expect(report.rulesOf.get('src/metrics/takes-stats.ts')).toBeUndefined();
    expect(report.rulesOf.get('src/cli/takes-engines.ts')).toBeUndefined();
  });

  it('every folder of src is in the table', () => {
    const entries = readdirSync(join(repositoryRoot, 'src'), { withFileTypes: true });
    const unknown = entries.filter((entry) => entry.isDirectory() && !allowed.has(entry.name));
    expect(unknown.map((entry) => entry.name)).toEqual([]);
  });
});
