import type { LauncherName } from '../core/cluster.ts';
import { NoStoreError, UsageError } from '../core/errors.ts';
import { runNamed } from '../core/run-id.ts';
import { shellWord } from '../core/shell-word.ts';
import { withoutPassword } from '../core/store-address.ts';
import type { RunRecord, RunStatus, Store } from '../core/store.ts';
import type { CliContext } from './context.ts';
import type { StorePlace } from './store-place.ts';

/**
 * The store, for commands that only read: they don't make one, and it need not be writable.
 *
 * @returns undefined where there is none yet
 */
export async function openExistingStore(context: CliContext): Promise<Store | undefined> {
  const opened = await orWhyNot(context.openStore('read'));
  return opened instanceof NoStoreError ? undefined : opened;
}

async function orWhyNot(opening: Promise<Store>): Promise<Store | NoStoreError> {
  try {
    return await opening;
  } catch (error) {
    if (error instanceof NoStoreError) return error;
    throw error;
  }
}

function thatIsThere(opened: Store | NoStoreError): Store {
  if (!(opened instanceof NoStoreError)) return opened;
  throw new UsageError(`no runs: ${opened.message}`, {
    hint: 'Start a run first, or choose another store with --store or --cwd.',
    cause: opened,
  });
}

/**
 * The store, for commands that need one to be there.
 *
 * @throws {UsageError} if there is none
 */
export async function openReadStore(context: CliContext): Promise<Store> {
  return thatIsThere(await orWhyNot(context.openStore('read')));
}

/** The same of a store that isn't that of `--store`. */
export async function openStoreToRead(place: StorePlace, context: CliContext): Promise<Store> {
  return thatIsThere(await orWhyNot(context.openStoreAt(place, 'read')));
}

/**
 * The runs that a user names by ids or their beginnings, or as `latest`; the newest where none is named.
 *
 * @throws {UsageError} if there is none
 */
export async function findRuns(
  names: readonly string[],
  context: CliContext,
  status?: readonly RunStatus[],
): Promise<{ readonly store: Store; readonly runs: readonly RunRecord[] }> {
  const store = await openReadStore(context);
  if (names.length > 0) return { store, runs: await namedRuns(names, store, context.storePlace) };
  const latest = await store.latestRun(status === undefined ? {} : { status });
  if (latest !== undefined) return { store, runs: [latest] };
  const what = status === undefined ? 'no runs' : 'no unfinished run';
  throw new UsageError(`${what} in ${context.storePlace.shown}`, { hint: 'List the runs with perbench list.' });
}

/** The run that a user names; the newest, of some status, where none is named. */
export async function findRun(
  names: readonly string[],
  context: CliContext,
  status?: readonly RunStatus[],
): Promise<{ readonly store: Store; readonly run: RunRecord }> {
  const { store, runs } = await findRuns(names, context, status);
  const [run] = runs;
  if (run === undefined) throw new Error('findRuns gives at least one run');
  return { store, run };
}

/** @throws {UsageError} if one of them isn't there */
export async function namedRuns(
  names: readonly string[],
  store: Store,
  { shown }: StorePlace,
): Promise<readonly RunRecord[]> {
  const runs: RunRecord[] = [];
  for (const name of names) {
    const run = await runNamed(store, name);
    if (run === undefined) {
      throw new UsageError(`no run "${name}" in ${shown}`, { hint: 'List the runs with perbench list.' });
    }
    runs.push(run);
  }
  return runs;
}

/** The command that resumes a run. */
export function resumeCommand(runId: string, context: CliContext, on?: LauncherName): string {
  return perbenchCommand(['resume', runId, ...(on === undefined ? [] : ['--on', on])], context);
}

/** A command line as it must be typed here: by whom perbench was started, in which folder, on which store. */
export function perbenchCommand(words: readonly string[], context: CliContext): string {
  const { globals } = context;
  const folder = globals.cwd === undefined ? [] : ['-C', globals.cwd];
  const store = globals.store === undefined ? [] : ['--store', globals.store];
  return typed([...folder, ...words, ...store], context);
}

/** The command line that was given, with more behind it. */
export function sameCommand(more: readonly string[], context: CliContext): string {
  return typed([...context.commandLine, ...more], context);
}

function typed(words: readonly string[], { environment }: CliContext): string {
  // Within a clone npx would build it again, which takes most of a minute.
  const byNpm = environment['npm_package_name'] === 'perbench' ? ['node', 'bin/perbench.cjs'] : ['npx', 'perbench'];
  const program = environment['npm_command'] === undefined ? ['perbench'] : byNpm;
  return [...program, ...words.map(shownWord)].map(shellWord).join(' ');
}

/** A word of a command line: an address of a store without its password. */
function shownWord(word: string): string {
  const flag = '--store=';
  return word.startsWith(flag) ? flag + withoutPassword(word.slice(flag.length)) : withoutPassword(word);
}
