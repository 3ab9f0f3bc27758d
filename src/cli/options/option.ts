import { listParts } from '../../core/list-parts.ts';
import { type CompletionSource, type FlagAlias, type NumberRange, rangeText, readNumber } from '../../core/settings.ts';

/**
 * One option. Parser, types, `--help`, the environment variable, docs/cli.md and completions come from it.
 * `Value` is what handlers get: with `undefined` where there is no default.
 */
export interface Option<Value> {
  readonly help: string;
  /** One letter. */
  readonly short?: string | undefined;
  /** Name of the argument in help; undefined for a flag. */
  readonly argument: string | undefined;
  /** The argument may be left out; the text is empty then. */
  readonly isArgumentOptional: boolean;
  readonly isRepeatable: boolean;
  /** `-vv`: the value is how often the flag was given. */
  readonly isCounted: boolean;
  /** Written `--no-name`; the value is true without it. */
  readonly isNegated: boolean;
  readonly aliases: readonly FlagAlias[];
  readonly fallback: Value;
  /** What help says of the default where that isn't `fallback` itself. */
  readonly defaultText?: string | undefined;
  /** What a good value is, as part of a sentence: `a whole number of at least 1`. */
  readonly expected: string;
  readonly choices?: readonly string[] | undefined;
  readonly hasEnvironment: boolean;
  readonly completion?: CompletionSource | undefined;
  /** The value of one argument, or undefined where it isn't one. Flags get `true` or `false`. */
  parse(text: string): unknown;
  /** What is wrong with a value, where there is more to say than what was expected. */
  readonly problem?: ((text: string) => string | undefined) | undefined;
}

export type OptionTable = Readonly<Record<string, Option<unknown>>>;

/** What a handler gets for a table. */
export type OptionValues<Table extends OptionTable> = {
  readonly [Name in keyof Table]: Table[Name] extends Option<infer Value> ? Value : never;
};

interface Basics {
  readonly help: string;
  readonly short?: string;
  readonly argument?: string;
  readonly aliases?: readonly FlagAlias[];
  readonly defaultText?: string | undefined;
  readonly hasEnvironment?: boolean;
  readonly completion?: CompletionSource;
}

type WithArgument = Basics & { readonly argument: string };

function basics(input: Basics): Omit<Option<undefined>, 'expected' | 'parse'> {
  return {
    help: input.help,
    short: input.short,
    argument: input.argument,
    isArgumentOptional: false,
    isRepeatable: false,
    isCounted: false,
    isNegated: false,
    aliases: input.aliases ?? [],
    fallback: undefined,
    defaultText: input.defaultText,
    hasEnvironment: input.hasEnvironment ?? true,
    completion: input.completion,
  };
}

const truths: Readonly<Record<string, boolean>> = { 1: true, true: true, yes: true, 0: false, false: false, no: false };

/** On or off; undefined where nobody said. */
export function flag(input: Basics): Option<boolean | undefined> {
  return { ...basics(input), expected: '1 or 0', parse: (value) => truths[value.toLowerCase()] };
}

/** Written `--no-name`. */
export function negatedFlag(input: Basics): Option<boolean> {
  return { ...flag(input), isNegated: true, fallback: true };
}

/** A flag that may be given several times. */
export function countedFlag(input: Basics): Option<number> {
  const parse = (value: string): number | undefined => (/^\d$/.test(value) ? Number(value) : undefined);
  return { ...basics(input), isCounted: true, fallback: 0, expected: '0 to 9', parse };
}

export function text(input: WithArgument): Option<string | undefined> {
  return { ...basics(input), expected: 'some text', parse: (value) => (value === '' ? undefined : value) };
}

/** A flag that may have a text after it: empty where it stands alone. */
export function optionalText(input: WithArgument): Option<string | undefined> {
  return { ...text(input), isArgumentOptional: true, parse: (value) => value };
}

/** @param input values of `isCommaSeparated` may also be joined by commas */
export function texts(input: WithArgument & { readonly isCommaSeparated?: boolean }): Option<readonly string[]> {
  const parse = (value: string): readonly string[] | undefined => {
    if (input.isCommaSeparated !== true) return value.trim() === '' ? undefined : [value];
    const parts = listParts(value);
    return parts.length === 0 ? undefined : parts;
  };
  return { ...basics(input), isRepeatable: true, fallback: [], expected: 'some text', parse };
}

/** A number; whole unless `isWhole` is false. */
export function number(
  input: WithArgument & Omit<NumberRange, 'isWhole'> & { readonly isWhole?: boolean },
): Option<number | undefined> {
  const range = { ...input, isWhole: input.isWhole ?? true };
  return { ...basics(input), expected: rangeText(range), parse: (value) => readNumber(value, range) };
}

export function choice<const Choices extends readonly string[]>(
  input: WithArgument & { readonly choices: Choices },
): Option<Choices[number] | undefined> {
  const { choices } = input;
  const expected = `one of ${choices.join(', ')}`;
  return { ...basics(input), choices, expected, parse: (value) => choices.find((known) => known === value) };
}

/** An option with a reading of its own. */
export function custom<Value>(
  input: WithArgument & { readonly expected: string; parse(text: string): Value | undefined },
): Option<Value | undefined> {
  return { ...basics(input), expected: input.expected, parse: (value) => input.parse(value) };
}

/** The same option with a value where nobody gave one. */
export function withDefault<Value>(option: Option<Value | undefined>, fallback: Value): Option<Value> {
  return { ...option, fallback };
}
