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
}

export type OptionTable = Readonly<Record<string, Option<unknown>>>;

/** What a handler gets for a table. */
export type OptionValues<Table extends OptionTable> = {
  readonly [Name in keyof Table]: Table[Name] extends Option<infer Value> ? Value : never;
};

interface Basics {
  readonly help: string;
  readonly short?: string;
  readonly aliases?: readonly FlagAlias[];
  readonly defaultText?: string;
  readonly hasEnvironment?: boolean;
  readonly completion?: CompletionSource;
}

function basics(input: Basics): Omit<Option<unknown>, 'argument' | 'expected' | 'fallback' | 'parse'> {
  return {
    help: input.help,
    short: input.short,
    isArgumentOptional: false,
    isRepeatable: false,
    isCounted: false,
    isNegated: false,
    aliases: input.aliases ?? [],
    defaultText: input.defaultText,
    hasEnvironment: input.hasEnvironment ?? true,
    completion: input.completion,
  };
}

const truths: Readonly<Record<string, boolean>> = { 1: true, true: true, yes: true, 0: false, false: false, no: false };

const parseBoolean = (value: string): boolean | undefined => truths[value.toLowerCase()];

/** On or off; undefined where nobody said. */
export function flag(input: Basics): Option<boolean | undefined> {
  return { ...basics(input), argument: undefined, fallback: undefined, expected: '1 or 0', parse: parseBoolean };
}

/** Written `--no-name`. */
export function negatedFlag(input: Basics): Option<boolean> {
  return {
    ...basics(input),
    isNegated: true,
    argument: undefined,
    fallback: true,
    expected: '1 or 0',
    parse: parseBoolean,
  };
}

/** A flag that may be given several times. */
export function countedFlag(input: Basics): Option<number> {
  const parse = (value: string): number | undefined => (/^\d$/.test(value) ? Number(value) : undefined);
  return { ...basics(input), isCounted: true, argument: undefined, fallback: 0, expected: '0 to 9', parse };
}

export function text(input: Basics & { readonly argument: string }): Option<string | undefined> {
  return {
    ...basics(input),
    argument: input.argument,
    fallback: undefined,
    expected: 'some text',
    parse: (value) => (value === '' ? undefined : value),
  };
}

/** A flag that may have a text after it: empty where it stands alone. */
export function optionalText(input: Basics & { readonly argument: string }): Option<string | undefined> {
  return { ...text(input), isArgumentOptional: true, parse: (value) => value };
}

export function texts(
  input: Basics & {
    readonly argument: string;
    /** Values may also be joined by commas. */
    readonly isCommaSeparated?: boolean;
  },
): Option<readonly string[]> {
  return {
    ...basics(input),
    argument: input.argument,
    isRepeatable: true,
    fallback: [],
    expected: 'some text',
    parse: (value) => {
      const parts = input.isCommaSeparated ? value.split(',').map((part) => part.trim()) : [value];
      return parts.includes('') ? undefined : parts;
    },
  };
}

/** A number; whole unless `isWhole` is false. */
export function number(
  input: Basics & Omit<NumberRange, 'isWhole'> & { readonly argument: string; readonly isWhole?: boolean },
): Option<number | undefined> {
  const range = { ...input, isWhole: input.isWhole ?? true };
  return {
    ...basics(input),
    argument: input.argument,
    fallback: undefined,
    expected: rangeText(range),
    parse: (value) => readNumber(value, range),
  };
}

export function choice<const Choices extends readonly string[]>(
  input: Basics & { readonly argument: string; readonly choices: Choices },
): Option<Choices[number] | undefined> {
  return {
    ...basics(input),
    argument: input.argument,
    fallback: undefined,
    choices: input.choices,
    expected: `one of ${input.choices.join(', ')}`,
    parse: (value) => input.choices.find((known) => known === value),
  };
}

/** An option with a reading of its own. */
export function custom<Value>(
  input: Basics & {
    readonly argument: string;
    readonly expected: string;
    parse(text: string): Value | undefined;
  },
): Option<Value | undefined> {
  const { argument, expected } = input;
  return { ...basics(input), argument, fallback: undefined, expected, parse: (value) => input.parse(value) };
}

/** The same option with a value where nobody gave one. */
export function withDefault<Value>(option: Option<Value | undefined>, fallback: Value): Option<Value> {
  return { ...option, fallback };
}
