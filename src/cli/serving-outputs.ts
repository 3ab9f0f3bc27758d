import { recommendedModel } from '../app/serving/recommended-model.ts';
import { serveCommand } from '../app/serving/serve-command.ts';
import { ModelError, UsageError } from '../core/errors.ts';
import type { RunRecord } from '../core/store.ts';
import { withRemedy } from '../core/with-remedy.ts';
import { briefDocument } from '../present/brief-document.ts';
import { documentFormats, formatOfFile, knownEndings } from '../present/formats.ts';
import type { Report } from '../present/report.ts';
import { type Serving, type ServingForm, servingText } from '../present/serving.ts';
import type { Answers } from '../scoring/answer.ts';
import { listText } from '../scoring/board-text.ts';
import type { Target } from './check-outputs.ts';
import type { CliContext } from './context.ts';
import { sourceSettings } from './local-world.ts';
import type { OptionValues } from './options/option.ts';
import { openReadStore } from './stored-runs.ts';
import type { decideOptions } from './tables/decision-options.ts';
import { type OutputFile, writeDocument, writeWhole } from './write-outputs.ts';

/** Endings of files of `--out` that take the serving command, with the form that each means by itself. */
const formsOfEndings: Readonly<Record<string, ServingForm>> = {
  '.sh': 'shell',
  '.yaml': 'kubernetes',
  '.yml': 'kubernetes',
  modelfile: 'modelfile',
};

/** What `decide` is to say of how the model is served. */
export interface WantedServing {
  /** `--serve` or `--as` was given: the command is printed. */
  readonly isPrinted: boolean;
  readonly model: string | undefined;
  readonly options: Pick<Parameters<typeof serveCommand>[3] & object, 'server' | 'form'>;
  /** Endings of `--out` that are for the command alone. */
  readonly endings: readonly string[];
  readonly files: readonly Target[];
  readonly briefs: readonly (OutputFile & Target)[];
}

type Options = Pick<OptionValues<typeof decideOptions>, 'serve' | 'as' | 'model' | 'brief' | 'table'>;

/**
 * @throws {UsageError} for flags that don't go together, and files of no known format
 */
export function wantedServing({ serve, as, model, brief, table }: Options, context: CliContext): WantedServing {
  const isPrinted = serve !== undefined || as !== undefined;
  if (isPrinted && table !== undefined) {
    throw new UsageError("a table doesn't say how its models were run, so there is no command to serve them", {
      hint: 'Name a run instead of --table.',
    });
  }
  if (model !== undefined && !isPrinted && brief.length === 0) {
    throw new UsageError('--model names the model to serve', { hint: 'Add --serve or --brief.' });
  }
  const endings = isPrinted ? Object.keys(formsOfEndings) : [];
  const endingOf = (name: string): string | undefined => endings.find((ending) => name.toLowerCase().endsWith(ending));
  const named = context.globals.out.filter((name) => endingOf(name) !== undefined);
  const files = named.map((name): Target => ({ name, path: context.path(name) }));
  const briefs = brief.map((name) => briefFile(name, context));
  const form = as ?? formsOfEndings[endingOf(named[0] ?? '') ?? ''];
  const other = named.find((name) => !fits(form, formsOfEndings[endingOf(name) ?? '']));
  if (other !== undefined) {
    throw new UsageError(`--out ${other}: the command is written as ${form}, which a file of that ending isn't`, {
      hint: 'Write one form at a time: .sh for shell and docker, .yaml for kubernetes, a Modelfile for modelfile.',
    });
  }
  return {
    isPrinted,
    model,
    options: { server: serve === '' ? undefined : serve, form },
    endings,
    files,
    briefs,
  };
}

/** Docker's command is one of a shell. */
function fits(form: ServingForm | undefined, ofEnding: ServingForm | undefined): boolean {
  return form === ofEnding || (form === 'docker' && ofEnding === 'shell');
}

function briefFile(name: string, context: CliContext): OutputFile & Target {
  const path = context.path(name);
  const format = formatOfFile(documentFormats.brief, path);
  if (format !== undefined) return { name, flag: '--brief', path, format };
  throw new UsageError(`--brief ${name}: unknown format`, {
    hint: `Use one of ${knownEndings(documentFormats.brief)}.`,
  });
}

/** Why there is nothing to serve, in a sentence. */
function whyNone({ kind, tasks, weighted }: Answers, { manifest }: RunRecord): string {
  if (manifest.imported !== undefined) return "Nothing to serve: how an imported run was served isn't known.";
  const decided = weighted === undefined ? tasks.filter((task) => task.kind === 'recommend') : [];
  if (decided.length > 0 && decided.length < tasks.length) {
    const ids = decided.flatMap((answer) => answer.tasks.map(({ taskId }) => taskId));
    return `Nothing to serve: only ${listText(ids)} ${ids.length === 1 ? 'has' : 'have'} a recommended model: choose a task with -t, or a model with --model.`;
  }
  const why = {
    recommend: 'each task has a model of its own: choose a task with -t, or a model with --model',
    tie: 'no single model is recommended: choose one with --model',
    unknown: 'no model is recommended: measure more, or choose one with --model',
    none: 'no model is usable',
  }[kind];
  return `Nothing to serve: ${why}.`;
}

/**
 * Prints the command that serves the named model, and writes its files and the briefs.
 *
 * @param runName the run as the command line names it
 * @returns whether a command was printed, or none could be: it alone is stdout then; `nothing` if none was asked for
 * @throws as `serveCommand`, where the command was asked for
 */
export async function tellServing(
  answers: Answers,
  report: Report,
  wanted: WantedServing,
  context: CliContext,
  runName?: string,
): Promise<'served' | 'none' | 'nothing'> {
  if (!wanted.isPrinted && wanted.briefs.length === 0) return 'nothing';
  const model = wanted.model ?? recommendedModel(answers);
  const serving = await servingOf(model, answers, report, wanted, context);
  if (wanted.briefs.length > 0) {
    // A manifest would be longer than all the rest.
    const isLong = typeof serving === 'object' && serving.form === 'kubernetes';
    const short = { ...wanted, options: { ...wanted.options, form: 'shell' as const } };
    const briefServing = isLong ? await servingOf(model, answers, report, short, context) : serving;
    const brief = briefDocument(answers, report, {
      serving: briefServing,
      decidedBy: decidedBy(report, context, runName),
    });
    for (const file of wanted.briefs) await writeDocument(brief, [file], context);
  }
  if (!wanted.isPrinted || serving === undefined) return 'nothing';
  if (typeof serving === 'string') {
    context.output.warn(serving);
    return 'none';
  }
  const text = servingText(serving);
  context.output.result(text.trimEnd());
  context.output.record('serving', serving);
  for (const { path } of wanted.files) {
    await writeWhole(path, text);
    context.output.note(`wrote ${path}`);
  }
  return 'served';
}

/** The command line, with the run if it is of one, so that it names the same one later. */
function decidedBy(
  { sources }: Report,
  { commandLine, commandName }: CliContext,
  runName: string | undefined,
): readonly string[] {
  const [run] = sources?.runs ?? [];
  if (run === undefined) return ['perbench', ...commandLine];
  const at = placeOf(commandName, commandLine);
  const named = runName === undefined ? -1 : placeOf(runName, commandLine);
  const words = commandLine.flatMap((word, index) => {
    if (index === named) return [];
    return index === at ? [word, run.id] : [word];
  });
  return ['perbench', ...words];
}

/** Where an argument stands on a command line: a flag may have the same word as its value. */
function placeOf(argument: string, commandLine: readonly string[]): number {
  const isFree = (word: string, at: number): boolean =>
    word === argument && commandLine[at - 1]?.startsWith('-') !== true;
  const free = commandLine.findIndex(isFree);
  return free === -1 ? commandLine.lastIndexOf(argument) : free;
}

/** How the model is served; undefined for a table. A brief says why that can't be told; whoever asks for the command gets the error. */
async function servingOf(
  model: string | undefined,
  answers: Answers,
  report: Report,
  { options, isPrinted }: WantedServing,
  context: CliContext,
): Promise<Serving | string | undefined> {
  const [run] = report.sources?.runs ?? [];
  if (run === undefined) return undefined;
  if (model === undefined) return whyNone(answers, run);
  try {
    return await serveCommand(await openReadStore(context), run, model, {
      ...options,
      settings: sourceSettings(context),
      signal: context.interruption.signal,
    });
  } catch (error) {
    if (isPrinted || !(error instanceof UsageError || error instanceof ModelError)) throw error;
    return withRemedy(error.message, error.hint);
  }
}
