import { stat } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import type { Store } from '../core/store.ts';
import { EnvironmentError, UsageError } from '../core/errors.ts';
import { rememberSecretsIn, rememberSecretVariables } from '../core/without-secrets.ts';
import { isSystemError, missingWorkingFolder, type SystemError, systemErrorWords } from '../core/system-error.ts';
import { beyondLimit, fileLimitsFrom } from '../files/file-limits.ts';
import type { CliContext } from './context.ts';
import { type Keyboard, onEnter } from './enter-key.ts';
import { exitCodes } from './exit-codes.ts';
import { createInterruption, type Interruption, type SignalSource } from './interruption.ts';
import { normalizeFlags, resolveOptions } from './options/resolve-options.ts';
import { createOutput, type Output } from './output.ts';
import { parseCommandLine, type ParsedCommandLine } from './program.ts';
import { renderError } from './render-error.ts';
import {
  isReaderGone,
  isTerminalGone,
  type OutputStream,
  standardStream,
  type StandardStream,
} from './standard-stream.ts';
import { type StorePlace, storePlace } from './store-place.ts';
import { defaultStore, globalOptions } from './tables/global-options.ts';
import { perbenchVersion } from './version.ts';

/** Everything outside the process that the command line touches. */
export interface CliWorld {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Undefined where it was removed. */
  readonly workingFolder: string | undefined;
  readonly homeFolder: string;
  readonly stdin: AsyncIterable<Uint8Array | string> & { readonly isTTY?: boolean | undefined };
  /** The same stdin, where it is a terminal. */
  readonly keyboard?: Keyboard | undefined;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly signals: SignalSource;
  /** Opens what places workers on machines; by default those of `src/launchers`. */
  readonly openLauncher?: CliContext['openLauncher'];
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
}

/**
 * Runs one command line to its end, errors included.
 *
 * @param argv without node and the program
 * @returns the exit code; the store is closed, and the streams have taken what was written
 */
export async function runCli(argv: readonly string[], world: CliWorld): Promise<number> {
  let lost: SystemError | undefined;
  let tell = (_text: string): void => undefined;
  using interruption = createInterruption({ source: world.signals, now: world.now, notify: (text) => tell(text) });
  const stdout = standardStream(world.stdout, (error) => {
    if (isTerminalGone(error, world.stdout)) return interruption.stop(exitCodes.hangup);
    // The reader has what it wanted (`| head`): a quiet end.
    if (isReaderGone(error)) return interruption.stop(exitCodes.done);
    lost = error;
    interruption.stop(exitCodes.environment);
  });
  // What it shows can be missed: the work goes on, and its results are stored.
  const stderr = standardStream(world.stderr, (error) => {
    if (isTerminalGone(error, world.stderr)) interruption.stop(exitCodes.hangup);
  });
  const streams = { stdout, stderr };
  const exitCode = await runLine(argv, world, streams, interruption, (listener) => {
    tell = listener;
  });
  await stdout.flushed();
  if (lost !== undefined) stderr.write(renderError(outputError(lost)).text);
  await stderr.flushed();
  return lost === undefined ? exitCode : exitCodes.environment;
}

function outputError(cause: SystemError): EnvironmentError {
  return new EnvironmentError(`stdout: ${systemErrorWords(cause)}; the output is not complete`, {
    hint: 'Send it elsewhere, and run the command again: what was measured is stored.',
    cause,
  });
}

async function folderProblem(path: string): Promise<string | undefined> {
  try {
    return (await stat(path)).isDirectory() ? undefined : 'is a file, not a folder';
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return error.code === 'ENOENT' ? 'no such folder' : systemErrorWords(error);
  }
}

type Streams = Readonly<Record<'stdout' | 'stderr', StandardStream>>;

/** @param listen gets who tells the user that the work is being stopped */
async function runLine(
  argv: readonly string[],
  world: CliWorld,
  streams: Streams,
  interruption: Interruption,
  listen: (tell: (text: string) => void) => void,
): Promise<number> {
  if (argv[0] === 'complete') return complete(argv.slice(argv[1] === '--' ? 2 : 1), world);
  const startMs = world.now();
  rememberSecretVariables(world.environment);
  rememberSecretsIn(argv);
  const normalized = normalizeFlags(argv);
  // Errors in the command line itself are JSON too, so this is decided before it is parsed.
  const isJson =
    normalized.slice(0, endOfFlags(normalized)).includes('--json') || world.environment['PERBENCH_JSON'] === '1';
  const early = createOutput({ ...streams, isJson, isQuiet: false, verbosity: 0, hasColor: true });
  let output = early;
  let exitCode: number;
  let name: string | undefined;
  listen((text) => output.note(text));
  try {
    const parsed = parseCommandLine(normalized, perbenchVersion(), (text) => early.raw(text));
    if (parsed === undefined) return exitCodes.done;
    name = parsed.command.name;
    const globals = resolveGlobals(parsed, world);
    output = createOutput({
      ...streams,
      isJson: globals.json === true,
      isQuiet: globals.quiet === true,
      verbosity: globals.verbose,
      hasColor: globals.color,
    });
    output.record('launch', { command: name, version: perbenchVersion(), workingFolder: world.workingFolder });
    exitCode = await runCommand(parsed, argv, world, globals, output, interruption);
  } catch (error) {
    exitCode = report(error, output, interruption);
  }
  output.record('done', { command: name, exitCode, durationMs: Math.round(world.now() - startMs) });
  return exitCode;
}

/** What the scripts of `completion` call at each press of the key; not in the tables, since nobody types it. */
async function complete(
  words: readonly string[],
  { workingFolder, environment, homeFolder }: CliWorld,
): Promise<number> {
  if (workingFolder === undefined) return exitCodes.done;
  const { completeWords } = await import('./complete-words.ts');
  await completeWords(words, { workingFolder, environment, homeFolder });
  return exitCodes.done;
}

/**
 * The folder in which the command works.
 *
 * @throws {UsageError} if `--cwd` names none
 * @throws {EnvironmentError} if the one of the process was removed
 */
async function folderOf(named: string | undefined, { workingFolder }: CliWorld): Promise<string> {
  if (workingFolder === undefined && (named === undefined || !isAbsolute(named))) {
    const { message, hint } = missingWorkingFolder;
    throw new EnvironmentError(message, { hint });
  }
  if (named === undefined) return workingFolder ?? '.';
  const folder = resolve(workingFolder ?? '/', named);
  const problem = await folderProblem(folder);
  if (problem === undefined) return folder;
  throw new UsageError(`--cwd ${named}: ${problem}`, { hint: 'Name a folder that is there.' });
}

function endOfFlags(argv: readonly string[]): number {
  const end = argv.indexOf('--');
  return end === -1 ? argv.length : end;
}

function report(error: unknown, output: Output, interruption: Interruption): number {
  const isAbort = error instanceof Error && error.name === 'AbortError';
  if (interruption.exitCode !== undefined && isAbort) {
    if (interruption.exitCode !== exitCodes.done) output.note('stopped');
    return interruption.exitCode;
  }
  const { isTTY, columns } = output.stderr;
  const rendered = renderError(error, isTTY === true ? columns : undefined);
  if (output.isJson) output.record('error', rendered.record);
  else output.stderr.write(rendered.text);
  return rendered.exitCode;
}

/** An option of the command hides the global one of that name: `show --config` is another `--config`. */
function resolveGlobals({ command, given }: ParsedCommandLine, { environment }: CliWorld): CliContext['globals'] {
  const own = Object.entries(given).filter(([name]) => !(name in command.options));
  const [out] = given['out'] ?? [];
  if (out !== undefined && command.writesFiles !== true) {
    throw new UsageError(`${out.spelling}: perbench ${command.name} writes no files`, {
      hint: `Redirect its output instead: perbench ${command.name} --json > file.jsonl`,
    });
  }
  return resolveOptions(globalOptions, Object.fromEntries(own), environment).values;
}

async function runCommand(
  { command, arguments: operands, given }: ParsedCommandLine,
  argv: readonly string[],
  world: CliWorld,
  globals: CliContext['globals'],
  output: Output,
  interruption: Interruption,
): Promise<number> {
  const workingFolder = await folderOf(globals.cwd, world);
  const { values, origins } = resolveOptions(command.options, given, world.environment);
  const handler = await command.load();
  const resources = new AsyncDisposableStack();
  const path = (relative: string): string => resolve(workingFolder, relative);
  const place = storePlace(globals.store ?? defaultStore, workingFolder);
  const openStoreAt: CliContext['openStoreAt'] = async ({ address }, access) => {
    const { environment, homeFolder } = world;
    // Commands without a store don't load a database.
    const { openStore } = await import('../store/open-store.ts');
    return resources.use(await openStore({ address, access, environment, homeFolder }));
  };
  const isInteractive = world.stdin.isTTY === true && globals.yes !== true && globals.json !== true;
  const keyboard = isInteractive && world.stderr.isTTY === true ? world.keyboard : undefined;
  const context: CliContext = {
    commandName: command.name,
    commandLine: argv,
    environment: world.environment,
    workingFolder,
    homeFolder: world.homeFolder,
    globals,
    output,
    interruption,
    isInteractive,
    onEnter: keyboard === undefined ? undefined : (listener) => onEnter(keyboard, listener),
    readStdin: () => readAll(world),
    inputFiles: inputFiles(operands, given),
    path,
    storePlace: place,
    isDefaultStore: globals.store === undefined,
    openLauncher: world.openLauncher ?? openKnownLauncher,
    openStore: openedOnce(place, openStoreAt),
    openStoreAt,
  };
  try {
    const work = handler({ arguments: operands, options: values, origins }, context);
    const exitCode = await untilForced(work, interruption);
    return interruption.exitCode ?? exitCode;
  } finally {
    await closeAll(resources, interruption.forceSignal);
  }
}

/** Commands that place no workers load none of it. */
const openKnownLauncher: CliContext['openLauncher'] = async (...given) => {
  const { openLauncher } = await import('../launchers/index.ts');
  return openLauncher(...given);
};

/** Operands and the values of all options but those that name outputs. */
function inputFiles(
  operands: readonly string[],
  { out: _out, brief: _brief, ...given }: ParsedCommandLine['given'],
): readonly string[] {
  const values = Object.values(given).flatMap((flags) => flags.map(({ value }) => value));
  return [...operands, ...values.filter((value) => value !== true)];
}

const forcedCloseMs = 3000;

/** What was acknowledged is on disk already, so a user who forces the end doesn't wait long for a tidy one. */
async function closeAll(resources: AsyncDisposableStack, forceSignal: AbortSignal): Promise<void> {
  const closed = resources.disposeAsync();
  if (!forceSignal.aborted) return closed;
  const { promise, resolve: giveUp } = Promise.withResolvers<void>();
  const timer = setTimeout(giveUp, forcedCloseMs);
  await Promise.race([closed, promise]);
  clearTimeout(timer);
}

function openedOnce(place: StorePlace, open: CliContext['openStoreAt']): CliContext['openStore'] {
  let opened: Promise<Store> | undefined;
  return async (access) => {
    opened ??= open(place, access);
    try {
      return await opened;
    } catch (error) {
      // What isn't there to be read may be made later.
      opened = undefined;
      throw error;
    }
  };
}

/** The handler's exit code, or that of the signal as soon as the user doesn't want to wait any more. */
async function untilForced(work: Promise<number>, interruption: Interruption): Promise<number> {
  const { promise, resolve: force } = Promise.withResolvers<number>();
  const onForce = (): void => force(interruption.exitCode ?? exitCodes.interrupted);
  interruption.forceSignal.addEventListener('abort', onForce, { once: true });
  // Without this, work that fails after it was given up would be an unhandled rejection.
  work.catch(() => undefined);
  try {
    return await Promise.race([work, promise]);
  } finally {
    interruption.forceSignal.removeEventListener('abort', onForce);
  }
}

async function readAll({ stdin, environment }: CliWorld): Promise<Buffer<ArrayBuffer>> {
  if (stdin.isTTY === true) {
    throw new UsageError('"-" reads from stdin, which is a terminal', { hint: 'Pipe a file into the command.' });
  }
  const limits = fileLimitsFrom(environment);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stdin) {
    const next = Buffer.from(chunk);
    bytes += next.length;
    if (bytes > limits.fileBytes) throw new UsageError(`stdin: ${beyondLimit('fileBytes', limits)}`);
    chunks.push(next);
  }
  return Buffer.concat(chunks);
}
