import { ConfigError, UnknownNameError, UsageError } from '../../core/errors.ts';
import type { Suite } from '../../core/suite.ts';
import type { DocumentPath, SuiteDocument } from './suite-document.ts';
import { pathText } from './suite-issues.ts';

/** What the registries must tell about the names in a suite. */
export interface SuiteNames {
  /**
   * The tasks behind a name, `all` and other groups included, with the items of each.
   *
   * @throws {UnknownNameError} for a name that isn't known
   */
  resolveTask(name: string): Promise<readonly { readonly id: string; readonly items: number }[]>;
  /** @throws {UnknownNameError | UsageError} for an engine, a catalogue name or a source that can't be */
  checkModel(model: Suite['models'][number]): void;
  /** @throws {UsageError} for more sequences at once than its engine has */
  checkConcurrency(model: Suite['models'][number], concurrency: Suite['concurrency']): void;
  /** @throws {UsageError} for options that its engine doesn't have */
  checkOptions(model: Suite['models'][number]): Promise<void>;
}

/**
 * Refuses names of tasks, models and engines that aren't known, at their place in the file: before data is read or
 * anything is fetched.
 *
 * @throws {ConfigError} for the first of them in a file; the error of the registry where there is no file
 */
export async function checkSuiteNames(document: SuiteDocument, suite: Suite, names: SuiteNames): Promise<void> {
  for (const [index, entry] of suite.tasks.entries()) {
    const path = typeof entry === 'string' ? ['tasks', index] : ['tasks', index, 'task'];
    await placed(document, path, () => names.resolveTask(typeof entry === 'string' ? entry : entry.task));
  }
  for (const [index, entry] of suite.models.entries()) {
    const source = typeof entry === 'string' ? ['models', index] : ['models', index, 'source'];
    await placed(document, source, () => names.checkModel(entry));
    await placed(document, ['models', index, 'engineOptions'], () => names.checkOptions(entry));
  }
}

/** What a check has against a name, at its place in the file. */
export async function placed(document: SuiteDocument, path: DocumentPath, check: () => unknown): Promise<void> {
  try {
    await check();
  } catch (error) {
    const position = document.positionOf(path);
    const isKnown = error instanceof UnknownNameError || error instanceof UsageError;
    if (!isKnown || position === undefined) throw error;
    const at = { file: document.file, ...position, key: pathText(path) };
    const near = error instanceof UnknownNameError ? error.near : undefined;
    if (near === undefined) throw new ConfigError(at, error.message, { cause: error, hint: error.hint });
    const [what] = error.message.split(';');
    throw new ConfigError(at, `${what} (did you mean "${near}"?)`, { cause: error });
  }
}
