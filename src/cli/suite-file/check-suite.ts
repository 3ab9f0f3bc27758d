import { checkDocument, pathText } from '../../app/check-document.ts';
import type { DocumentPath, WrittenDocument } from '../../app/written-document.ts';
import { ConfigError, UnknownNameError, UsageError } from '../../core/errors.ts';
import { checkEngineConcurrency, checkEngineOptions } from '../../engines/index.ts';
import { expandModels } from '../../app/candidates.ts';
import { engineOfEntry, nameModel } from '../../app/prepare-models.ts';
import { checkTaskName } from '../../app/task-names.ts';
import { modelEntry, suiteSchema, type Suite } from '../../core/suite.ts';
import { isPattern } from '../../sources/model-pattern.ts';

/**
 * Checks a suite against its schema and fills in the defaults.
 *
 * @throws {ConfigError} with every problem on a line of its own: `file:line:column: what`
 */
export function checkSuite(document: WrittenDocument): Suite {
  return checkDocument(document, {
    schema: suiteSchema,
    otherwise: 'not a suite',
    hint: 'See perbench schema for the keys and values of a suite file.',
  });
}

/**
 * Refuses names of tasks, models and engines that aren't known, at their place in the file: before data is read or
 * anything is fetched.
 *
 * @param folders from which files of tasks are meant
 * @throws {ConfigError} for the first of them in a file; the error of the registry where there is no file
 */
export async function checkSuiteNames(
  document: WrittenDocument,
  suite: Suite,
  { folder, homeFolder }: { readonly folder: string; readonly homeFolder: string },
): Promise<void> {
  for (const [index, entry] of suite.tasks.entries()) {
    const path = typeof entry === 'string' ? ['tasks', index] : ['tasks', index, 'task'];
    const { task, definition } = typeof entry === 'string' ? { task: entry } : entry;
    if (definition === undefined) await placed(document, path, () => checkTaskName(task, folder, homeFolder));
  }
  for (const [index, entry] of suite.models.entries()) {
    const source = typeof entry === 'string' ? ['models', index] : ['models', index, 'source'];
    // What a pattern means is named once it is known.
    if (!isPattern(modelEntry(entry).source, { folder, readsFile: true }))
      await placed(document, source, () => nameModel(entry, '/'));
    await placed(document, ['models', index, 'engineOptions'], () => checkOptions(entry));
  }
}

/**
 * Checks what flags may have changed of the models: engines, their options, and the concurrency; then writes their
 * candidates out.
 *
 * @param folder from which patterns of files are meant
 * @throws {ConfigError} at the place of the model, where it comes from a file
 * @throws {UsageError} for options that come from flags
 */
export async function expandSuite(document: WrittenDocument, suite: Suite, folder: string): Promise<Suite> {
  for (const [index, model] of suite.models.entries()) {
    await checkOptions(model);
    await placed(document, ['models', index], () =>
      checkEngineConcurrency(engineOfEntry(modelEntry(model)), suite.concurrency),
    );
  }
  return expandModels(suite, folder, async (path, check) => placed(document, path, check));
}

async function checkOptions(model: Suite['models'][number]): Promise<void> {
  if (typeof model !== 'string') await checkEngineOptions(engineOfEntry(model), model.engineOptions);
}

async function placed<Value>(
  document: WrittenDocument,
  path: DocumentPath,
  check: () => Value | Promise<Value>,
): Promise<Value> {
  try {
    return await check();
  } catch (error) {
    const position = document.positionOf(path);
    const isKnown = error instanceof UnknownNameError || error instanceof UsageError;
    if (!isKnown || position === undefined) throw error;
    const at = { file: document.file, ...position, key: pathText(path) };
    if (error instanceof UsageError || error.near === undefined)
      throw new ConfigError(at, error.message, { cause: error, hint: error.hint });
    throw new ConfigError(at, `${error.what} (did you mean "${error.near}"?)`, { cause: error });
  }
}
