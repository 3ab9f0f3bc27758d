import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export const repositoryRoot = join(import.meta.dirname, '../..');

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder outside the repository with its own settings and planted files, for checkers to be tried on. */
export interface PlantedTree extends Disposable {
  readonly folder: string;
  write(path: string, text: string): void;
  /** Runs a script, its path relative to this folder, which is the working directory too. */
  run(file: string, args: readonly string[]): Promise<CommandResult>;
}

/** @param settings files of the repository that are copied, such as `tsconfig.json` */
export function createPlantedTree(settings: readonly string[]): PlantedTree {
  const folder = mkdtempSync(join(tmpdir(), 'perbench-planted-'));
  symlinkSync(join(repositoryRoot, 'node_modules'), join(folder, 'node_modules'));
  for (const path of settings) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    copyFileSync(join(repositoryRoot, path), join(folder, path));
  }
  return {
    folder,
    write(path, text) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    },
    run(file, args) {
      return new Promise((resolve, reject) => {
        const options = { cwd: folder, maxBuffer: 64 * 1024 * 1024, env: cleanEnvironment() };
        execFile(process.execPath, [file, ...args], options, (error, stdout, stderr) => {
          if (error !== null && typeof error.code !== 'number') reject(error);
          else resolve({ exitCode: error === null ? 0 : Number(error.code), stdout, stderr });
        });
      });
    },
    [Symbol.dispose]() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Without what the surrounding test run has set: a run inside of a run must not take part in it. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const isForeign = (name: string): boolean =>
    !/^(VITEST|PERBENCH_|TEST$|NODE_OPTIONS$|NODE_ENV$|FORCE_COLOR$)/.test(name);
  return { ...Object.fromEntries(Object.entries(process.env).filter(([name]) => isForeign(name))), NO_COLOR: '1' };
}
