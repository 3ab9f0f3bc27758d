import { UsageError } from '../../core/errors.ts';
import { nearestName } from '../../core/nearest-name.ts';
import type { Option, OptionTable, OptionValues } from './option.ts';

/** `dataDir` → `data-dir` */
export function flagName(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `dataDir` → `PERBENCH_DATA_DIR` */
export function environmentName(name: string): string {
  return `PERBENCH_${flagName(name).replaceAll('-', '_').toUpperCase()}`;
}

/**
 * lm-eval spells its flags with underscores: `--num_fewshot` and `--num-fewshot` are the same here.
 * Values after `=` and everything after `--` stay as they are.
 */
export function normalizeFlags(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  return argv.map((argument, index) => {
    if (end !== -1 && index >= end) return argument;
    const match = /^(--[a-z][a-z0-9_-]*)(=.*)?$/s.exec(argument);
    return match === null ? argument : `${match[1]?.replaceAll('_', '-')}${match[2] ?? ''}`;
  });
}

export type OptionSource = 'flag' | 'env' | 'file' | 'default';

/** Where each value came from, for `show --config` and for deciding what a file may still set. */
export interface OptionOrigin {
  readonly source: OptionSource;
  /** As the user knows it: `--limit`, `PERBENCH_LIMIT`, `perbench.yaml:4`. */
  readonly from: string;
}

export interface ResolvedOptions<Table extends OptionTable> {
  readonly values: OptionValues<Table>;
  readonly origins: Readonly<Record<keyof Table & string, OptionOrigin>>;
}

/** What the parser saw of one option: each text with the spelling used, in order. */
export type GivenFlags = Readonly<Record<string, readonly GivenFlag[] | undefined>>;

export interface GivenFlag {
  readonly spelling: string;
  /** `true` for a flag without argument. */
  readonly value: string | true;
}

/**
 * Values of a table by precedence flag, environment, default; files come later, below the environment.
 *
 * @throws {UsageError} for a value that isn't one, naming the flag or the variable
 */
export function resolveOptions<Table extends OptionTable>(
  table: Table,
  given: GivenFlags,
  environment: Readonly<Record<string, string | undefined>>,
): ResolvedOptions<Table> {
  const values: Record<string, unknown> = {};
  const origins: Record<string, OptionOrigin> = {};
  for (const [name, option] of Object.entries(table)) {
    const flags = given[name] ?? [];
    const variable = environmentName(name);
    const fromEnvironment = option.hasEnvironment ? environment[variable] : undefined;
    const lastFlag = flags.at(-1);
    if (lastFlag !== undefined) {
      values[name] = fromFlags(option, flags);
      origins[name] = { source: 'flag', from: lastFlag.spelling };
    } else if (fromEnvironment !== undefined && fromEnvironment !== '') {
      values[name] = parseValue(option, fromEnvironment, variable);
      origins[name] = { source: 'env', from: variable };
    } else {
      values[name] = option.fallback;
      origins[name] = { source: 'default', from: 'default' };
    }
  }
  // The loop above sets every name of the table, which a mapped type can't follow.
  return { values: values as OptionValues<Table>, origins: origins as Record<keyof Table & string, OptionOrigin> };
}

function fromFlags(option: Option<unknown>, flags: readonly GivenFlag[]): unknown {
  if (option.isCounted) return flags.length;
  const last = flags.at(-1);
  if (option.argument === undefined) return !option.isNegated && last !== undefined;
  if (!option.isRepeatable) return last === undefined ? undefined : parseValue(option, last.value, last.spelling);
  return flags.flatMap((given) => parseValue(option, given.value, given.spelling));
}

function parseValue(option: Option<unknown>, value: string | true, spelling: string): unknown {
  const given = value === true ? '' : value;
  const problem = option.problem?.(given);
  if (problem !== undefined) throw new UsageError(`${spelling}: ${problem}`);
  const parsed = option.parse(given);
  if (parsed !== undefined) return parsed;
  const near = option.choices === undefined ? undefined : nearestName(given, option.choices);
  throw new UsageError(`${spelling}: expected ${option.expected}, got "${given}"`, {
    hint: near === undefined ? undefined : `Did you mean "${near}"?`,
  });
}

/** `--data-dir`, `--no-color` */
export function longFlag(name: string, { isNegated }: Pick<Option<unknown>, 'isNegated'>): string {
  return `--${isNegated ? 'no-' : ''}${flagName(name)}`;
}

/** Every way to write an option on the command line, its own name first: `-m, --model`, `--no-color`. */
export function spellings(name: string, option: Option<unknown>): readonly string[] {
  const short = option.short === undefined ? [] : [`-${option.short}`];
  return [longFlag(name, option), ...short, ...option.aliases.map((alias) => `--${alias.name}`)];
}
