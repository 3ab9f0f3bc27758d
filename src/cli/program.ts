import { Command as CommanderCommand, CommanderError, Option as CommanderOption } from 'commander';
import { UsageError } from '../core/errors.ts';
import { quotePatterns } from './suite-file/quote-patterns.ts';
import { nearestName } from '../core/nearest-name.ts';
import type { Command, CommandArgument } from './options/command.ts';
import type { Option, OptionTable } from './options/option.ts';
import { type GivenFlag, longFlag } from './options/resolve-options.ts';
import { commands, nouns } from './tables/commands.ts';
import { globalOptions } from './tables/global-options.ts';

/** What the command line says, before values are read. */
export interface ParsedCommandLine {
  readonly command: Command;
  readonly arguments: readonly string[];
  readonly given: Readonly<Record<string, readonly GivenFlag[]>>;
}

type Given = Record<string, GivenFlag[]>;

const summary = 'Which language model should I deploy for this task on this hardware?';

/**
 * Parses a command line by the tables.
 *
 * @param argv without the program, flags normalised
 * @param write prints help and the version
 * @returns undefined where help or the version was all that was asked for
 * @throws {UsageError} for what isn't in the tables
 */
export function parseCommandLine(
  argv: readonly string[],
  version: string,
  write: (text: string) => void,
): ParsedCommandLine | undefined {
  const given: Given = {};
  let parsed: ParsedCommandLine | undefined;
  const program = createProgram(given, version, (command, operands) => {
    parsed = { command, arguments: operands, given };
  });
  configure(program, write);
  const [first, ...topics] = argv;
  try {
    if (argv.length === 0) program.outputHelp();
    else if (first === 'help' && topics.length > 0) topic(program, topics).outputHelp();
    else program.parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === 'commander.help' || error.exitCode === 0) return undefined;
    throw usageError(error);
  }
  return parsed;
}

/**
 * The command that `help models list` is about.
 *
 * @throws {UsageError} for a name that is none
 */
function topic(program: CommanderCommand, words: readonly string[]): CommanderCommand {
  let found = program;
  for (const word of words.filter((each) => !each.startsWith('-'))) {
    const names = found.commands.flatMap((command) => [command.name(), ...command.aliases()]);
    const next = found.commands.find((command) => [command.name(), ...command.aliases()].includes(word));
    if (next === undefined) {
      const near = nearestName(word, names);
      throw new UsageError(`unknown command '${word}'`, {
        hint: near === undefined ? 'See perbench --help.' : `Did you mean ${near}?`,
      });
    }
    found = next;
  }
  return found;
}

/** The whole tree of commands; also what docs and completions are made from. */
function createProgram(
  given: Given,
  version: string,
  select: (command: Command, operands: readonly string[]) => void,
): CommanderCommand {
  const program = new CommanderCommand('perbench')
    .description(
      `${summary}\nSee perbench <command> --help for its options and the global ones, such as --json and --store.`,
    )
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .usage('<command> [options]')
    .addHelpCommand(
      new CommanderCommand('help').argument('[command]').summary('print help for a command').helpGroup('Prepare:'),
    )
    .configureHelp({ subcommandTerm: commandTerm })
    .enablePositionalOptions();
  // Understood here too, but shown where they are used: the list of commands fits on one screen.
  addOptions(program, globalOptions, given, undefined);
  const parents = new Map<string, CommanderCommand>();
  for (const command of commands) {
    const [noun, verb] = command.name.split(' ');
    const parent = verb === undefined ? program : nounCommand(program, parents, noun ?? '', command.group);
    addCommand(parent, command, given, select);
  }
  return program;
}

/** Without the `[options]` that nearly every command has: one line per command. */
function commandTerm(command: CommanderCommand): string {
  return [command.name(), command.usage().replace('[options]', '').trim()].join(' ').trim();
}

function nounCommand(
  program: CommanderCommand,
  parents: Map<string, CommanderCommand>,
  noun: string,
  group: string,
): CommanderCommand {
  const known = parents.get(noun);
  if (known !== undefined) return known;
  const created = program
    .command(noun)
    .helpGroup(`${group}:`)
    .usage('<verb>')
    .summary(nouns[noun] ?? '')
    .description(sentence(nouns[noun] ?? ''))
    .helpOption('-h, --help', 'print help');
  created.helpCommand(false);
  parents.set(noun, created);
  return created;
}

function addCommand(
  parent: CommanderCommand,
  command: Command,
  given: Given,
  select: (command: Command, operands: readonly string[]) => void,
): void {
  const created = parent.command(command.name.split(' ').at(-1) ?? command.name);
  created
    .helpGroup(`${command.group}:`)
    .summary(command.summary)
    .description([sentence(command.summary), command.details].filter((part) => part !== undefined).join('\n\n'))
    .aliases([...(command.aliases ?? [])])
    .helpOption('-h, --help', 'print help');
  for (const argument of command.arguments) addArgument(created, argument);
  addOptions(created, command.options, given, 'Options:');
  const globals = Object.entries(globalOptions).filter(([name]) => !(name in command.options));
  addOptions(created, Object.fromEntries(globals), given, 'Global options:');
  if (command.examples !== undefined) {
    created.addHelpText('after', `\nExamples:\n${command.examples.map((example) => `  ${example}\n`).join('')}`);
  }
  created.action(() => select(command, created.args));
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function addArgument(command: CommanderCommand, argument: CommandArgument): void {
  const name = `${argument.name}${argument.isRepeatable === true ? '...' : ''}`;
  const created = command.createArgument(argument.isOptional ? `[${name}]` : `<${name}>`, argument.help);
  if (argument.choices !== undefined) created.choices([...argument.choices]);
  command.addArgument(created);
}

/** @param heading of the group in help; undefined hides the options there */
function addOptions(command: CommanderCommand, table: OptionTable, given: Given, heading: string | undefined): void {
  for (const [name, option] of Object.entries(table)) {
    const long = longFlag(name, option);
    const argument = argumentText(option);
    const own = new CommanderOption(optionTerm(name, option), optionHelp(option));
    if (heading === undefined) own.hideHelp();
    else own.helpGroup(heading);
    add(command, own, (value) => (given[name] ??= []).push({ spelling: long, value }));
    for (const alias of option.aliases) {
      const spelling = `--${alias.name}`;
      const other = new CommanderOption(
        `${spelling}${alias.constant === undefined ? argument : ' [value]'}`,
      ).hideHelp();
      add(command, other, (value) => (given[name] ??= []).push({ spelling, value: alias.constant ?? value }));
    }
  }
}

/** Values are read later, together with those of the environment; the parser only notes what it saw. */
function add(command: CommanderCommand, option: CommanderOption, note: (value: string | true) => void): void {
  command.addOption(option);
  command.on(`option:${option.name()}`, (value?: string | null) => note(value ?? true));
}

function argumentText(option: Option<unknown>): string {
  if (option.argument === undefined) return '';
  return option.isArgumentOptional ? ` [${option.argument}]` : ` <${option.argument}>`;
}

/** `-m, --model <model>` */
export function optionTerm(name: string, option: Option<unknown>): string {
  const short = option.short === undefined ? '' : `-${option.short}, `;
  return `${short}${longFlag(name, option)}${argumentText(option)}`;
}

/** Help text with choices and default. */
export function optionHelp(option: Option<unknown>): string {
  const { help, choices, fallback, defaultText, isCounted } = option;
  const shown = typeof fallback === 'string' || (typeof fallback === 'number' && !isCounted) ? fallback : undefined;
  const known = defaultText ?? shown;
  const facts = [
    ...(choices === undefined ? [] : [`one of ${choices.join(', ')}`]),
    ...(known === undefined ? [] : [`default: ${known}`]),
  ];
  return facts.length === 0 ? help : `${help} (${facts.join('; ')})`;
}

function configure(command: CommanderCommand, write: (text: string) => void): void {
  command.exitOverride().configureOutput({ writeOut: write, writeErr: write, outputError: () => undefined });
  for (const child of command.commands) configure(child, write);
}

/** Options of lm-evaluation-harness that have no equal here, and what does their work. */
const foreignOptions: Readonly<Record<string, string>> = {
  '--gen-kwargs':
    "Tasks decide limits and stop strings, and answers are greedy; --model-args 'body={…}' adds fields to the requests to a server.",
  '--include-path': 'Name the file of an own task itself: -t ./task.yaml (docs/own-tasks.md).',
};

function usageError(error: CommanderError): UsageError {
  const text = error.message.replace(/^error: /, '').replaceAll('\n', ' ');
  const match = /^(.*?)\.?\s*\(Did you mean (?:one of )?(.+)\?\)$/.exec(text);
  const [, option = ''] = /^unknown option '(--[\w-]+)/.exec(text) ?? [];
  const foreign = foreignOptions[option];
  if (foreign !== undefined) return new UsageError(text, { hint: foreign });
  // A shell that opens a pattern itself puts all files but the first where the suite file stands.
  const help = /\.gguf\b/i.test(text) ? quotePatterns : 'See perbench --help.';
  if (match === null) return new UsageError(text.replace(/\.$/, ''), { hint: help });
  return new UsageError(match[1] ?? text, { hint: `Did you mean ${match[2]}?` });
}
