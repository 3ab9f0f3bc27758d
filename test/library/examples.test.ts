import { execFile, execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { isLibraryBuilt } from '../../scripts/library-build.ts';
import { repositoryRoot } from '../structure/planted-tree.ts';
import { testFolder } from '../setup/test-settings.ts';

interface Example {
  readonly heading: string;
  readonly program: string;
  readonly prints: string;
}

/** Blocks of TypeScript in docs/library.md, each with the block of output that follows it. */
async function readExamples(): Promise<readonly Example[]> {
  const text = await readFile(join(repositoryRoot, 'docs/library.md'), 'utf8');
  return text.split(/^## /m).flatMap((section) => {
    const heading = section.slice(0, section.indexOf('\n'));
    const blocks = section.matchAll(/^```ts\n(.*?)^```\n(?:\n```text\n(.*?)^```)?/gms);
    return Array.from(blocks, ([, program = '', prints = 'no output is shown']) => ({ heading, program, prints }));
  });
}

const execute = promisify(execFile);

/** Runs a program as the user's own module in `moduleFolder`, with `workingFolder` as its current folder. */
async function printed(program: string, moduleFolder: string, workingFolder: string): Promise<string> {
  // Imports are resolved before the first statement runs.
  const whole = `process.chdir(${JSON.stringify(workingFolder)});\n${program}`;
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module-typescript', '--eval', whole];
  return (await execute(process.execPath, args, { cwd: moduleFolder })).stdout;
}

/** A project with the packed package installed; its dependencies are this checkout's. */
async function installPacked(folder: string): Promise<void> {
  const modules = join(folder, 'node_modules');
  await mkdir(modules);
  for (const name of await readdir(join(repositoryRoot, 'node_modules'))) {
    if (!name.startsWith('.')) await symlink(join(repositoryRoot, 'node_modules', name), join(modules, name));
  }
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const output = execFileSync('npm', args, {
    cwd: repositoryRoot,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [{ filename } = { filename: '' }] = JSON.parse(output) as { readonly filename: string }[];
  await mkdir(join(modules, 'perbench'));
  execFileSync('tar', ['-xzf', join(folder, filename), '-C', join(modules, 'perbench'), '--strip-components', '1']);
}

beforeAll(() => {
  if (isLibraryBuilt()) return;
  const program = `import { buildLibrary } from './scripts/library-build.ts'; buildLibrary();`;
  execFileSync(process.execPath, ['--input-type=module', '--eval', program], { cwd: repositoryRoot, stdio: 'pipe' });
}, 120_000);

describe('the examples of docs/library.md', async () => {
  const examples = await readExamples();

  async function run(moduleFolder: string, workingFolder: string): Promise<readonly Example[]> {
    const ran: Example[] = [];
    for (const example of examples) {
      ran.push({ ...example, prints: await printed(example.program, moduleFolder, workingFolder) });
    }
    return ran;
  }

  it('are all there', () => {
    expect(examples.map(({ heading }) => heading)).toEqual([
      'A run, event by event',
      'Report, and which model to take',
      'Two runs, and a gate',
      'PER from your own numbers',
      'A task of your own',
    ]);
  });

  it('print what the document shows, in a clone', { timeout: 60_000 }, async () => {
    await using folder = await testFolder();
    expect(await run(repositoryRoot, folder.path)).toEqual(examples);
  });

  it('print it with the packed package too', { timeout: 120_000 }, async () => {
    await using folder = await testFolder();
    await installPacked(folder.path);
    expect(await run(folder.path, folder.path)).toEqual(examples);
  });
});
