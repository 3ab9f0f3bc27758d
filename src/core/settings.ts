/**
 * What a setting is. Each is said once, in a table (suite-settings.ts, managed-server.ts), and everything else derives
 * from there: the schema of suite files, flags, variables of the environment, help, docs, the key under which a run is
 * found again, and what `compare` and `report` call different.
 *
 * Tables are read at every start of perbench, so nothing here loads zod: it is handed in where a schema is wanted.
 */
import type * as z from 'zod';

export type Zod = typeof z;

/** What another value would change. A setting that doesn't say it doesn't compile. */
export type Effect =
  | { readonly decides: 'nothing' }
  | {
      readonly decides: 'answers' | 'performance' | 'both';
      /** As `compare` and `report` call it. */
      readonly label: string;
      /**
       * How it enters the suite key, under which an unfinished run is found again; by default its value does, always.
       * `load`: only where it is given, so that older keys stay what they are. `change`: for the same reason, only where
       * it isn't its default. `content`: what it leads to does (files, rows, items), and that is what is compared, too.
       * `no`: a run goes on though it changed.
       */
      readonly inKey?: 'value' | 'load' | 'change' | 'content' | 'no';
    };

/** Another spelling of a flag, such as lm-eval's. */
export interface FlagAlias {
  /** Without dashes; `_` and `-` are the same on the command line. */
  readonly name: string;
  /**
   * What the alias stands for, where it isn't simply another name: `--apply-chat-template` is `--style instruct`.
   * Such an alias takes an argument if it likes, and ignores it.
   */
  readonly constant?: string;
}

export type CompletionSource = 'model' | 'task' | 'run' | 'run or file' | 'file' | 'folder';

/** How a setting is spelt on the command line. */
export interface FlagWords {
  /** One letter. */
  readonly short?: string;
  /** Name of the argument in help; by default `n` for numbers, `name` for choices, `text` for texts. */
  readonly argument?: string;
  readonly aliases?: readonly FlagAlias[];
  /** `PERBENCH_NAME`; true by default. */
  readonly hasEnvironment?: boolean;
  readonly completion?: CompletionSource;
}

interface Words extends FlagWords {
  readonly help: string;
  /** The default in words, where it is no fixed value: `all`. */
  readonly otherwise?: string;
  /** What is true of the flag alone, or in a file alone: added to `help` there. */
  readonly asFlag?: string;
  readonly inFile?: string;
  readonly isRequired?: boolean;
}

export interface NumberRange {
  readonly isWhole: boolean;
  readonly min?: number;
  readonly max?: number;
  /** Exclusive bounds. */
  readonly above?: number;
  readonly below?: number;
}

type Form =
  | {
      readonly kind: 'number';
      readonly range: NumberRange;
      /** A word that may stand for a number: `auto`. */
      readonly word: string | undefined;
    }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  | {
      readonly kind: 'text';
      readonly expected: string;
      readonly isGood: (text: string) => boolean;
      /** What is wrong with a text, where there is more to say than what was expected. */
      readonly problem: ((text: string) => string | undefined) | undefined;
    }
  | { readonly kind: 'flag' }
  /** What files alone have, such as the list of models. */
  | { readonly kind: 'section' };

export type SettingKind = Form['kind'];

/** One setting, as its table says it. */
export type Setting<Schema extends z.ZodType = z.ZodType, Kind extends SettingKind = SettingKind> = Words &
  Effect & {
    readonly form: Extract<Form, { readonly kind: Kind }>;
    /** The default; undefined where there is none. */
    readonly fallback: Kind extends 'section' ? unknown : string | number | boolean | undefined;
    /** Its part of the schema, with default and description. */
    schema(zod: Zod): Schema;
  };

/** How a setting enters the suite key; undefined where it decides nothing. */
export function keyPart(setting: Effect): 'value' | 'load' | 'change' | 'content' | 'no' | undefined {
  return setting.decides === 'nothing' ? undefined : (setting.inKey ?? 'value');
}

export type SettingTable = Readonly<Record<string, Setting>>;

/** The parts of an object's schema. */
export type ShapeOf<Table extends SettingTable> = { [Name in keyof Table]: ReturnType<Table[Name]['schema']> };

export function shapeOf<Table extends SettingTable>(table: Table, zod: Zod): ShapeOf<Table> {
  const parts = Object.entries(table).map(([name, setting]) => [name, setting.schema(zod)]);
  return Object.fromEntries(parts) as ShapeOf<Table>;
}

type Filled<Schema extends z.ZodType, Given> = Given extends { readonly isRequired: true }
  ? Schema
  : Given extends { readonly fallback: unknown }
    ? z.ZodDefault<Schema>
    : z.ZodOptional<Schema>;

type Input<Value> = Words & Effect & { readonly fallback?: Value };

function define<Value, Schema extends z.ZodType, Kind extends SettingKind, const Given extends Input<Value>>(
  input: Given,
  form: Extract<Form, { readonly kind: Kind }>,
  bare: (zod: Zod) => Schema,
): Setting<Filled<Schema, Given>, Kind> {
  const { help, inFile, otherwise, fallback, isRequired = false } = input;
  const description = [help, inFile, otherwise === undefined ? undefined : `by default ${otherwise}`];
  const schema = (zod: Zod): z.ZodType => {
    const own = bare(zod);
    const filled = isRequired ? own : fallback === undefined ? own.optional() : own.default(fallback as never);
    return filled.describe(description.filter((part) => part !== undefined).join('; '));
  };
  // `filled` is what `Filled` says, which the compiler can't follow through the conditions.
  return { ...input, fallback, form, schema } as unknown as Setting<Filled<Schema, Given>, Kind>;
}

type Bounds = Omit<NumberRange, 'isWhole'>;

function bounded(schema: z.ZodNumber, { min, max, above, below }: Bounds): z.ZodNumber {
  let bound = schema;
  if (min !== undefined) bound = bound.min(min);
  if (above !== undefined) bound = bound.gt(above);
  if (max !== undefined) bound = bound.max(max);
  if (below !== undefined) bound = bound.lt(below);
  return bound;
}

/** A whole number. */
export function whole<const Given extends Bounds & Input<number>>(
  input: Given,
): Setting<Filled<z.ZodNumber, Given>, 'number'> {
  const form = { kind: 'number', range: { ...input, isWhole: true }, word: undefined } as const;
  return define(input, form, (zod) => bounded(zod.int(), input));
}

/** A whole number, or a word that stands for one. */
export function wholeOr<const Word extends string, const Given extends Bounds & Input<number | Word>>(
  word: Word,
  input: Given,
): Setting<Filled<z.ZodType<number | Word, number | Word>, Given>, 'number'> {
  const form = { kind: 'number', range: { ...input, isWhole: true }, word } as const;
  return define(input, form, (zod) => zod.union([bounded(zod.int(), input), zod.literal(word)]));
}

/** Any number. */
export function real<const Given extends Bounds & Input<number>>(
  input: Given,
): Setting<Filled<z.ZodNumber, Given>, 'number'> {
  const form = { kind: 'number', range: { ...input, isWhole: false }, word: undefined } as const;
  return define(input, form, (zod) => bounded(zod.number(), input));
}

/** One of some words. */
export function choice<const Choices extends readonly string[], const Given extends Input<Choices[number]>>(
  choices: Choices,
  input: Given,
): Setting<Filled<z.ZodType<Choices[number], Choices[number]>, Given>, 'choice'> {
  return define(input, { kind: 'choice', choices }, (zod) => zod.enum(choices));
}

/** A text that isn't empty. */
export function text<
  const Given extends Input<string> & {
    /** What a good text is, as part of a sentence. */
    readonly expected?: string;
    readonly isGood?: (text: string) => boolean;
    /** In place of both: what is wrong with a text, as a sentence of its own; undefined where nothing is. */
    readonly problem?: (text: string) => string | undefined;
  },
>(input: Given): Setting<Filled<z.ZodString, Given>, 'text'> {
  const { expected = 'some text', isGood, problem } = input;
  const form = { kind: 'text', expected, isGood: isGood ?? ((value: string) => value !== ''), problem } as const;
  return define(input, form, (zod) => {
    if (isGood !== undefined) return zod.string().refine(isGood, `expected ${expected}`);
    const some = zod.string().min(1);
    if (problem === undefined) return some;
    return some.refine((value) => problem(value) === undefined, {
      error: ({ input: value }) => problem(String(value)),
    });
  });
}

/** On or off. */
export function flag<const Given extends Input<boolean>>(input: Given): Setting<Filled<z.ZodBoolean, Given>, 'flag'> {
  return define(input, { kind: 'flag' }, (zod) => zod.boolean());
}

/** What files alone have: lists, keys and values. */
export function section<Schema extends z.ZodType, const Given extends Input<unknown>>(
  schema: (zod: Zod) => Schema,
  input: Given,
): Setting<Filled<Schema, Given>, 'section'> {
  return define(input, { kind: 'section' }, schema);
}

/** A number as people write it; undefined where the text is none, or out of range. */
export function readNumber(value: string, range: NumberRange): number | undefined {
  // Number('') is 0 and Number('0x10') is 16: neither is what people mean.
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value)) return undefined;
  const { isWhole, min = -Number.MAX_VALUE, max = Number.MAX_VALUE, above = -Infinity, below = Infinity } = range;
  const parsed = Number(value);
  if (isWhole && !Number.isSafeInteger(parsed)) return undefined;
  return parsed >= min && parsed <= max && parsed > above && parsed < below ? parsed : undefined;
}

/** What a number in a range is, as part of a sentence: `a whole number from 1 to 20`. */
export function rangeText({ isWhole, min, max, above, below }: NumberRange): string {
  const kind = isWhole ? 'a whole number' : 'a number';
  if (min !== undefined && max !== undefined) return `${kind} from ${min} to ${max}`;
  const low = min === undefined ? (above === undefined ? [] : [`above ${above}`]) : [`of at least ${min}`];
  const high = max === undefined ? (below === undefined ? [] : [`below ${below}`]) : [`of at most ${max}`];
  return [kind, [...low, ...high].join(' and ')].join(' ').trim();
}

type Entry<Table extends SettingTable> = z.ZodUnion<
  readonly [z.ZodString, z.ZodObject<ShapeOf<Table>, z.core.$strict>]
>;

/** A list of names, each alone or with settings of its own. */
export function listOf<Table extends SettingTable>(table: Table, name: string): (zod: Zod) => z.ZodArray<Entry<Table>> {
  return (zod) =>
    zod.array(zod.union([zod.string().min(1).describe(name), zod.strictObject(shapeOf(table, zod))])).min(1);
}
