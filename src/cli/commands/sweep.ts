import { sweepSuite } from '../../app/sweep.ts';
import { UsageError } from '../../core/errors.ts';
import { loadName, type Sweep } from '../../core/sweep.ts';
import { sweepDefaults } from '../../core/sweep-axes.ts';
import { sweepFigure } from '../../page/figures/sweep-figure.ts';
import { searchSentence, sweepDocument } from '../../present/sweep-document.ts';
import type { SweepEvent } from '../../run/sweep/sweep-plan.ts';
import type { CliContext } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { drawnOutputs, type DrawnOutputs, writeFigureFiles } from '../figure-files.ts';
import { createLocalContext } from '../local-world.ts';
import type { CommandHandler, CommandInput } from '../options/command.ts';
import { resolveOptions } from '../options/resolve-options.ts';
import { printBlocks } from '../print-document.ts';
import { waitNote } from '../progress/progress.ts';
import { createStatusLine, type StatusLine } from '../progress/status-line.ts';
import { suiteOfCommand } from '../suite-file/suite-of-command.ts';
import { type SuiteOptions, suiteOptions } from '../tables/suite-options.ts';
import { type sweepOptions, sweptSuiteOptions } from '../tables/sweep-options.ts';
import { writeDocument } from '../write-outputs.ts';

type SweepCommand = CommandInput<typeof sweepOptions>;
type Shared = keyof typeof sweptSuiteOptions;

/** The options as a command has them that takes a suite; what a sweep has no option for, nobody gave. */
function suiteInput({ arguments: models, options, origins }: SweepCommand): CommandInput<SuiteOptions> {
  const unset = resolveOptions(suiteOptions, {}, {});
  const shared = <Values extends Readonly<Record<Shared, unknown>>>(values: Values): Pick<Values, Shared> =>
    // The table has exactly these names.
    Object.fromEntries(Object.entries(values).filter(([name]) => Object.hasOwn(sweptSuiteOptions, name))) as Pick<
      Values,
      Shared
    >;
  return {
    arguments: [],
    options: { ...unset.values, ...shared(options), model: models },
    origins: { ...unset.origins, ...shared(origins) },
  };
}

/** A search chooses the loads itself. */
function checkSearch({ options, origins }: SweepCommand): void {
  const isGiven = (name: 'concurrency' | 'launches' | 'requests' | 'maxConcurrency'): boolean =>
    origins[name].source === 'flag';
  const [wrong] = (['concurrency', 'launches', 'requests'] as const).filter(isGiven);
  if (options.within !== undefined && wrong !== undefined)
    throw new UsageError(`both --within and --${wrong} were given`, {
      hint: '--within chooses the loads and their requests itself, in one launch; --max-concurrency bounds it.',
    });
  if (options.within === undefined && isGiven('maxConcurrency'))
    throw new UsageError('--max-concurrency is for --within alone', { hint: 'Give both, or --concurrency.' });
}

/** What of an event is said while a sweep goes on. */
function tell(event: SweepEvent, status: StatusLine, { output }: CliContext): void {
  switch (event.type) {
    case 'launch-start':
      status.step(`${event.model}: loading (launch ${event.launch + 1} of ${event.launches})`);
      break;
    case 'launch-progress':
      status.step(`${event.model}: ${event.line}`);
      break;
    case 'launch-end':
      status.step(`${event.model}: finding the lengths of prompts`);
      break;
    case 'window-start':
      status.step(`${event.model}: ${loadName(event.load)} (launch ${event.launch + 1})`);
      break;
    case 'load-problem':
      output.detail(`${event.model}: ${loadName(event.load)}: ${event.reason}`);
      break;
    case 'note':
      output.note(event.message);
      break;
    case 'warning':
      output.note(`warning: ${event.message}`);
      break;
    case 'wait-start':
    case 'wait-end': {
      const note = waitNote(event);
      if (note !== undefined) output.note(note);
      break;
    }
    default:
  }
}

function exitCodeOf({ cells, searches, isInterrupted }: Sweep, context: CliContext): number {
  if (isInterrupted) return context.interruption.exitCode ?? exitCodes.interrupted;
  const isAnswered = searches.length > 0 && searches.every(({ isFinished }) => isFinished);
  // What a load beyond the limit does is no fault of the search.
  if (!isAnswered && cells.some(({ state }) => state !== 'done')) return exitCodes.someCellsFailed;
  if (searches.some(({ found }) => found?.concurrency === undefined && found?.high === 0)) return exitCodes.gateFailed;
  return searches.some(({ found }) => found?.low === 0) ? exitCodes.gateInconclusive : exitCodes.done;
}

export const sweep: CommandHandler<typeof sweepOptions> = async (input, context) => {
  const { options } = input;
  checkSearch(input);
  const outputs = await drawnOutputs(context, 'sweep');
  const { suite, settings } = await suiteOfCommand(suiteInput(input), context);
  const status = createStatusLine(context);
  const local = await createLocalContext(context, status);
  await using resources = new AsyncDisposableStack();
  resources.defer(async () => local.meter[Symbol.asyncDispose]?.());
  const isWindowChosen = settings.some(({ key, origin }) => key === 'windowSeconds' && origin.source !== 'default');
  const { windowSeconds } = isWindowChosen ? suite : sweepDefaults;
  const found = await sweepSuite({ ...suite, windowSeconds }, options, local, {
    signal: context.interruption.signal,
    onEvent: (event) => tell(event, status, context),
    skipWait: context.onEnter,
  }).finally(() => status[Symbol.dispose]());
  await showSweep(found, { ...outputs, widthMm: options.width, dpi: options.dpi }, context);
  return exitCodeOf(found, context);
};

interface SweepOutputs extends DrawnOutputs {
  readonly widthMm: number;
  readonly dpi: number;
}

async function showSweep(found: Sweep, outputs: SweepOutputs, context: CliContext): Promise<void> {
  const { charts, files, widthMm, dpi } = outputs;
  const document = sweepDocument(found);
  const { cells, searches, ...about } = found;
  printBlocks(document.screen, context);
  for (const cell of cells) context.output.record('load', cell);
  for (const search of searches) context.output.record('highest-load', { answer: searchSentence(search), ...search });
  context.output.record('sweep', about);
  await writeDocument(document, files, context);
  const source = `perbench sweep, ${new Date(found.startedAtMs).toISOString()}, ${found.host}`;
  await writeFigureFiles(charts, sweepFigure(found, widthMm), { widthMm, dpi, source }, context);
}
