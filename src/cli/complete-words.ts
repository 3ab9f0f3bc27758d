import { readdirSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { RootCommand, type Command as TabCommand, type Complete } from '@bomb.sh/tab';
import { PerbenchError } from '../core/errors.ts';
import { catalogue } from '../sources/catalogue.ts';
import { taskNames } from '../tasks/index.ts';
import type { Command } from './options/command.ts';
import type { CompletionSource } from '../core/settings.ts';
import type { Option } from './options/option.ts';
import { longFlag } from './options/resolve-options.ts';
import { storePlace } from './store-place.ts';
import { commands } from './tables/commands.ts';
import { defaultStore, globalOptions } from './tables/global-options.ts';

export interface CompletionWorld {
  readonly workingFolder: string;
  readonly homeFolder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * Prints what could stand in the place of the last word, in the form that the shells' scripts read.
 *
 * @param words after the program's name; the last is being typed and may be empty
 */
export async function completeWords(words: readonly string[], world: CompletionWorld): Promise<void> {
  const root = new RootCommand();
  const typed = words.at(-1) ?? '';
  const wanted = commands.find(({ name, aliases = [] }) => [name, ...aliases].includes(words[0] ?? ''));
  const places = wanted === undefined ? [] : [...wanted.arguments, ...Object.values(wanted.options)];
  const namesRuns = places.some(({ completion }) => completion === 'run' || completion === 'run or file');
  const runIds = namesRuns ? await storedRunNames(storeNamed(words, world), world) : [];
  const source = (kind: CompletionSource | undefined) => (complete: Complete) => {
    for (const [value, description] of candidates(kind, typed, world.workingFolder, runIds))
      complete(value, description);
  };
  for (const command of commands) {
    for (const name of [command.name, ...(command.aliases ?? [])])
      addCommand(root.command(name, command.summary), command, source);
  }
  root.parse([...words]);
}

type SourceOf = (kind: CompletionSource | undefined) => (complete: Complete) => void;

function addCommand(target: TabCommand, command: Command, source: SourceOf): void {
  for (const [name, option] of Object.entries({ ...globalOptions, ...command.options }))
    addOption(target, name, option, source);
  for (const { name, choices, completion, isRepeatable } of command.arguments) {
    target.argument(name, choices === undefined ? source(completion) : choiceHandler(choices), isRepeatable);
  }
}

function addOption(target: TabCommand, name: string, option: Option<unknown>, source: SourceOf): void {
  const long = longFlag(name, option).slice('--'.length);
  if (option.argument === undefined) {
    if (option.short === undefined) target.option(long, option.help);
    else target.option(long, option.help, option.short);
    return;
  }
  const handler = option.choices === undefined ? source(option.completion) : choiceHandler(option.choices);
  target.option(long, option.help, handler, option.short);
}

function choiceHandler(choices: readonly string[]): (complete: Complete) => void {
  return (complete) => {
    for (const choice of choices) complete(choice, '');
  };
}

function candidates(
  kind: CompletionSource | undefined,
  typed: string,
  workingFolder: string,
  runIds: readonly string[],
): readonly (readonly [value: string, description: string])[] {
  switch (kind) {
    case 'model':
      return [...catalogue.map(({ name, title }) => [name, title] as const), ...paths(typed, workingFolder, 'file')];
    case 'task':
      return taskNames().map((name) => [name, ''] as const);
    case 'run':
      return runIds.map((id) => [id, ''] as const);
    case 'run or file':
      return [...runIds.map((id) => [id, ''] as const), ...paths(typed, workingFolder, 'file')];
    case 'file':
    case 'folder':
      return paths(typed, workingFolder, kind);
    case undefined:
      return [];
  }
}

/** The store that the words before the last name, else that of the environment, else the default one. */
function storeNamed(words: readonly string[], { environment }: CompletionWorld): string {
  const typed = words.slice(0, -1);
  const joined = typed.find((word) => word.startsWith('--store='))?.slice('--store='.length);
  const next = typed.includes('--store') ? typed[typed.indexOf('--store') + 1] : undefined;
  return [joined, next, environment['PERBENCH_STORE']].find((name) => (name ?? '') !== '') ?? defaultStore;
}

async function storedRunNames(
  named: string,
  { workingFolder, homeFolder, environment }: CompletionWorld,
): Promise<readonly string[]> {
  const { openStore } = await import('../store/open-store.ts');
  try {
    const { address } = storePlace(named, workingFolder);
    await using store = await openStore({ address, access: 'read', environment, homeFolder });
    const ids = (await store.runHeads()).map(({ id }) => id);
    return [...ids, ...['latest', 'latest~1'].slice(0, ids.length)];
  } catch (error) {
    // A store that isn't there, or can't be read, completes to nothing.
    if (error instanceof PerbenchError) return [];
    throw error;
  }
}

/** The scripts are told not to complete files themselves, so their names come from here. */
function paths(typed: string, workingFolder: string, kind: 'file' | 'folder'): readonly (readonly [string, string])[] {
  const start = typed.slice(0, typed.lastIndexOf('/') + 1);
  const begin = basename(typed.slice(start.length));
  try {
    return readdirSync(resolve(workingFolder, start), { withFileTypes: true })
      .filter(({ name }) => name.startsWith(begin) && (begin.startsWith('.') || !name.startsWith('.')))
      .filter((entry) => kind === 'file' || entry.isDirectory())
      .map((entry) => [`${start}${entry.name}${entry.isDirectory() ? '/' : ''}`, ''] as const);
  } catch (error) {
    // A folder that isn't there completes to nothing.
    if (error instanceof Error && 'code' in error) return [];
    throw error;
  }
}
