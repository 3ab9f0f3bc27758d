import { createPlantedTree, type PlantedTree } from './planted-tree.ts';

export interface LintReport {
  /** Such as `eslint(no-console)`, by file. */
  readonly rulesOf: ReadonlyMap<string, readonly string[]>;
  readonly files: number;
}

/** Lints planted files, path to text, with the repository's own configuration. */
export async function lintPlanted(files: Readonly<Record<string, string>>): Promise<LintReport> {
  using tree = createPlantedTree(['.oxlintrc.json', 'tsconfig.json', 'package.json']);
  for (const [path, text] of Object.entries(files)) tree.write(path, text);
  return await lint(tree);
}

async function lint(tree: PlantedTree): Promise<LintReport> {
  const { stdout } = await tree.run('node_modules/.bin/oxlint', ['--type-aware', '--format=json', '.']);
  const report = JSON.parse(stdout) as {
    readonly diagnostics: readonly { readonly code?: string; readonly message: string; readonly filename: string }[];
    readonly number_of_files: number;
  };
  const rulesOf = new Map<string, string[]>();
  for (const { code, message, filename } of report.diagnostics) {
    rulesOf.set(filename, [...(rulesOf.get(filename) ?? []), code ?? message]);
  }
  return { rulesOf, files: report.number_of_files };
}
