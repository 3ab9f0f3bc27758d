import { readFile } from 'node:fs/promises';
import { UsageError } from '../../core/errors.ts';
import { scoreTable } from '../../stats/score-table.ts';
import type { CliContext } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommandHandler } from '../options/command.ts';
import { printReport } from '../run-report.ts';
import type { scoreOptions } from '../tables/result-commands.ts';
import { outputFiles } from '../write-outputs.ts';

export const score: CommandHandler<typeof scoreOptions> = async ({ arguments: [file = '-'], options }, context) => {
  const files = outputFiles(context);
  const text = file === '-' ? await context.readStdin() : await readTable(file, context);
  const scored = scoreTable(text, { file: file === '-' ? 'stdin' : file, isStrict: options.strict === true });
  await printReport(scored, files, context);
  return exitCodes.done;
};

async function readTable(file: string, context: CliContext): Promise<string> {
  try {
    return await readFile(context.path(file), 'utf8');
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    const what = error.code === 'ENOENT' ? 'no such file' : error.message;
    throw new UsageError(`${file}: ${what}`, { cause: error, hint: 'Name a CSV file, or - for stdin.' });
  }
}
