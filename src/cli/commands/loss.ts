import type { LocalContext } from '../../app/local-context.ts';
import { measureRunLoss, measureTextLoss } from '../../app/measure-loss.ts';
import { UsageError } from '../../core/errors.ts';
import { gap } from '../../present/document.ts';
import { lossDocument, type LossTable } from '../../present/loss-document.ts';
import type { CliContext } from '../context.ts';
import { isPattern } from '../../sources/model-pattern.ts';
import { looksLikePath } from '../../sources/model-source.ts';
import { exitCodes } from '../exit-codes.ts';
import { createLocalContext } from '../local-world.ts';
import type { CommandHandler, CommandInput } from '../options/command.ts';
import { printBlocks } from '../print-document.ts';
import { createStatusLine } from '../progress/status-line.ts';
import { findRun } from '../stored-runs.ts';
import type { lossOptions } from '../tables/measure-options.ts';
import { outputFiles, writeDocument } from '../write-outputs.ts';

type Input = CommandInput<typeof lossOptions>;

export const loss: CommandHandler<typeof lossOptions> = async (input, context) => {
  const isOfModels = namesModels(input, context);
  checkMode(input, isOfModels);
  const files = await outputFiles(context, 'loss');
  using status = createStatusLine(context);
  const local = await createLocalContext(context, status);
  const losses = await (isOfModels ? lossOfModels : lossOfRun)(input, local, context);
  status[Symbol.dispose]();
  printLossTable(losses, context);
  await writeDocument(lossDocument(losses), files, context);
  return losses.unavailable.length > 0 ? exitCodes.someCellsFailed : exitCodes.done;
};

/** Whether models were named, not a run: several, a file, or a pattern of files. */
function namesModels({ arguments: names }: Input, { workingFolder: folder }: CliContext): boolean {
  const [first] = names;
  if (first === undefined || names.length > 1) return first !== undefined;
  return looksLikePath(first) || isPattern(first, { folder, readsFile: true });
}

/** @throws {UsageError} for models without a text, and for options of a run with them */
function checkMode({ options: { text, base, model, task } }: Input, isOfModels: boolean): void {
  if (isOfModels && text === undefined) {
    throw new UsageError('models were given, and no text to compare them on', {
      hint: 'Add --text with a text file, or name one run.',
    });
  }
  const ofRun = Object.entries({ base, model, task }).find(([, value]) => value !== undefined && value.length > 0);
  if (isOfModels && ofRun !== undefined) {
    throw new UsageError(`--${ofRun[0]} is about a run, and models were given`, {
      hint: 'Name the base first, then the models to compare with it.',
    });
  }
  if (text !== undefined && task.length > 0) {
    throw new UsageError('--task and --text were both given', { hint: 'Give one of them.' });
  }
}

function textFile({ options: { text, chunkTokens } }: Input, context: CliContext) {
  return text === undefined ? undefined : { file: context.path(text), chunkTokens };
}

async function lossOfModels(input: Input, local: LocalContext, context: CliContext): Promise<LossTable> {
  const text = textFile(input, context);
  if (text === undefined) throw new Error('checkMode requires a text');
  const { signal } = context.interruption;
  return measureTextLoss(input.arguments, local, { text, items: input.options.items, signal });
}

async function lossOfRun(input: Input, local: LocalContext, context: CliContext): Promise<LossTable> {
  const { base, model, task, items, dataDir } = input.options;
  const { store, run } = await findRun(input.arguments, context);
  return measureRunLoss(store, run, local, {
    base,
    models: model,
    tasks: task,
    items,
    text: textFile(input, context),
    dataDir: dataDir === undefined ? undefined : context.path(dataDir),
    signal: context.interruption.signal,
  });
}

/** Prints losses for people; under `--json` a record for each. */
export function printLossTable(losses: LossTable, context: CliContext): void {
  printBlocks([...lossDocument(losses).screen, gap], context);
  for (const row of losses.rows) context.output.record('loss', row);
  for (const row of losses.unavailable) context.output.record('loss-unavailable', row);
}
