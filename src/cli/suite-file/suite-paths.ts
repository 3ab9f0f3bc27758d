import { resolve } from 'node:path';
import type { Suite } from '../../core/suite.ts';
import { isFileServer } from '../../core/managed-server.ts';
import { looksLikePath } from '../../sources/model-source.ts';

/**
 * Makes the paths of a suite absolute. They start at the folder of the file, wherever perbench is called from, and may
 * lead anywhere: models and data are only read. Suites name nothing that is written.
 */
export function resolveSuitePaths(suite: Suite, folder: string, homeFolder: string): Suite {
  return {
    ...suite,
    ...(suite.dataDir !== undefined && { dataDir: resolvePath(suite.dataDir, folder, homeFolder) }),
    models: suite.models.map((model) =>
      typeof model === 'string'
        ? resolveSource(model, folder, homeFolder)
        : { ...model, source: resolveEntry(model, folder, homeFolder) },
    ),
  };
}

/** Names of repositories look like paths; servers that fetch models themselves take them as they are. */
function resolveEntry(
  { source, server }: Exclude<Suite['models'][number], string>,
  folder: string,
  homeFolder: string,
): string {
  if (server !== undefined && !isFileServer(server) && !/^(~|\.{1,2})?\//.test(source)) return source;
  return resolveSource(source, folder, homeFolder);
}

/** Catalogue names, `hf:`, `pip:`, URLs and addresses of servers stay as they are. */
export function resolveSource(source: string, folder: string, homeFolder: string): string {
  if (/^(hf|pip|https?|openai):/i.test(source) || !looksLikePath(source)) return source;
  return resolvePath(source, folder, homeFolder);
}

/** A shell opens `~` itself; in a file nobody has. */
export function resolvePath(path: string, folder: string, homeFolder: string): string {
  return path.startsWith('~/') ? resolve(homeFolder, path.slice(2)) : resolve(folder, path);
}
