import { UsageError } from '../../core/errors.ts';
import { importFiles as importInto } from '../../local/import-files.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommandHandler } from '../options/command.ts';
import { performanceCells } from '../performance-source.ts';
import { printReport } from '../print-document.ts';
import type { importOptions } from '../tables/result-options.ts';
import { perbenchVersion } from '../version.ts';
import { outputFiles } from '../write-outputs.ts';

export const importFiles: CommandHandler<typeof importOptions> = async ({ arguments: names, options }, context) => {
  const outputs = outputFiles(context, 'report');
  const { output } = context;
  const { task, performance, metric } = options;
  const report = await importInto(names, {
    workingFolder: context.workingFolder,
    commandLine: ['perbench', ...context.commandLine],
    perbenchVersion: perbenchVersion(),
    openStore: options.dryRun === true ? undefined : () => context.openStore(),
    rename: renames(options.rename),
    performance: performance === undefined ? undefined : await performanceCells(performance, context),
    metric,
    tasks: task === undefined ? [] : [task],
    onDetail: (text) => output.detail(text),
    onDoubt: (text) => output.warn(text),
    onImport: ({ run, isNew, tool }) => {
      output.record('imported', { runId: run.id, isNew, tool });
      output.note(isNew ? `imported as run ${run.id}` : `these results are already here, as run ${run.id}`);
    },
  });
  await printReport(report, outputs, context);
  return exitCodes.done;
};

/** `old=new`; the old name may hold equals signs, the new one doesn't. */
function renames(texts: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    texts.map((text) => {
      const at = text.lastIndexOf('=');
      if (at < 1 || at === text.length - 1) {
        throw new UsageError(`--rename ${text}: expected old=new`, {
          hint: "Such as --rename 'Qwen/Qwen2.5-0.5B=qwen2.5-0.5b'.",
        });
      }
      return [text.slice(0, at), text.slice(at + 1)] as const;
    }),
  );
}
