import { loadTasks } from '../tasks/index.ts';
import { UsageError } from '../core/errors.ts';
import { optionProblems } from '../core/engine-options.ts';
import { checkEngineConcurrency, engineEntry } from '../engines/index.ts';
import { nameModel } from '../local/prepare-models.ts';
import type { SuiteNames } from './suite-file/suite-names.ts';

/** What suite files and flags need to know of the registries. */
export const suiteNames: SuiteNames = {
  resolveTask: async (name) => (await loadTasks(name)).map(({ id, items }) => ({ id, items })),
  checkModel(model) {
    nameModel(model, '/');
  },
  checkConcurrency(model, concurrency) {
    checkEngineConcurrency(nameModel(model, '/').engine, concurrency);
  },
  async checkOptions(model) {
    if (typeof model === 'string') return;
    const { engine } = nameModel(model, '/');
    const schema = await engineEntry(engine).options();
    const { error } = schema.safeParse(model.engineOptions);
    if (error !== undefined) {
      throw new UsageError(`options of engine ${engine}: ${optionProblems(error, Object.keys(schema.shape))}`);
    }
  },
};
