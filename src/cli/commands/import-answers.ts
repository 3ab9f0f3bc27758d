import { importAnswers as importInto } from '../../app/import-answers.ts';
import { reportRuns } from '../../app/report-runs.ts';
import { UsageError } from '../../core/errors.ts';
import type { ImportedAnswers } from '../../core/manifest.ts';
import { openSqliteStore } from '../../store/sqlite-store.ts';
import { exitCodes } from '../exit-codes.ts';
import { createLocalContext, project } from '../local-world.ts';
import type { CommandHandler, CommandInput } from '../options/command.ts';
import { printReport } from '../print-document.ts';
import { createStatusLine } from '../progress/status-line.ts';
import { performanceCells } from '../read-table.ts';
import type { importOptions } from '../tables/result-options.ts';
import { checkNewStore } from '../check-outputs.ts';
import { outputFiles } from '../write-outputs.ts';

type ImportOptions = CommandInput<typeof importOptions>['options'];

/** Scores answers that were made elsewhere, and shows them as any other run. */
export const importAnswers: CommandHandler<typeof importOptions> = async ({ arguments: names, options }, context) => {
  const outputs = await outputFiles(context, 'report');
  if (options.dryRun !== true) await checkNewStore(context);
  const { output } = context;
  const { model, task } = required(options);
  const [file, ...others] = names;
  if (file === undefined || others.length > 0) {
    throw new UsageError(`answers of a model are one file, got ${names.length}`, {
      hint: 'Import one file after the other, or join them.',
    });
  }
  const price = priceOf(options);
  const { performance, dataDir } = options;
  const cells = performance === undefined ? undefined : await performanceCells(performance, context);
  await using resources = new AsyncDisposableStack();
  using status = createStatusLine(context);
  const local = await createLocalContext(context, status);
  const store =
    options.dryRun === true ? resources.use(await openSqliteStore({ file: ':memory:' })) : await context.openStore();
  const { run, isNew } = await importInto(file, local, {
    store,
    model,
    task,
    dataDir: dataDir === undefined ? undefined : context.path(dataDir),
    isPartial: options.partial,
    skipInvalid: options.skipInvalid,
    price,
    signal: context.interruption.signal,
    onDoubt: (text) => output.warn(text),
  });
  status[Symbol.dispose]();
  if (options.dryRun !== true) {
    output.record('imported', { runId: run.id, isNew, tool: run.manifest.imported?.tool });
    output.note(isNew ? `imported as run ${run.id}` : `already imported as run ${run.id}`);
  }
  const report = await reportRuns(store, [run], { ...project(context), performance: cells });
  await printReport(report, outputs, context);
  return exitCodes.done;
};

/** What answers need, and what they have no use for. */
function required({ model, task, metric, rename }: ImportOptions): { readonly model: string; readonly task: string } {
  if (metric !== undefined || rename.length > 0) {
    throw new UsageError(`${metric === undefined ? '--rename' : '--metric'} is for results of other programs`, {
      hint: 'Leave it out: answers are scored by their task, under the name of --model.',
    });
  }
  if (model !== undefined && task !== undefined) return { model, task };
  throw new UsageError('--model needs --task: answers are scored by the task that was answered', {
    hint: 'Add --task with a built-in task, a task file or a data file.',
  });
}

function priceOf({ pricePerThousand, priceInput, priceOutput }: ImportOptions): ImportedAnswers['price'] {
  const byTokens = priceInput !== undefined || priceOutput !== undefined;
  if (pricePerThousand !== undefined) {
    if (!byTokens) return { perThousand: pricePerThousand };
    throw new UsageError('--price-per-thousand and a price per token say the same twice', {
      hint: 'Give one of them.',
    });
  }
  if (!byTokens) return undefined;
  if (priceInput !== undefined && priceOutput !== undefined) return { input: priceInput, output: priceOutput };
  const [given, missing] = priceInput === undefined ? ['output', 'input'] : ['input', 'output'];
  throw new UsageError(`--price-${given} needs --price-${missing}`, { hint: 'Give both; 0 is a price, too.' });
}
