import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ZodType } from 'zod';
import { gateLimitNames } from '../../core/limits.ts';
import type { Setting, SettingKind } from '../../core/settings.ts';
import { suiteSchema } from '../../core/suite.ts';
import { modelSettings, suiteSettings, taskSettings } from '../../core/suite-settings.ts';
import { generatedFiles } from '../../../scripts/generated-files.ts';
import type { Option } from '../options/option.ts';
import { environmentName, resolveOptions, spellings } from '../options/resolve-options.ts';
import { commands } from './commands.ts';
import { gateOptions } from './decision-options.ts';
import { globalOptions } from './global-options.ts';
import { suiteOptions } from './suite-options.ts';

const root = join(import.meta.dirname, '../../..');

type FlagSetting = Setting<ZodType, Exclude<SettingKind, 'section'>>;

/** Every setting that a flag gives, with how a file says it. */
const settings: readonly (readonly [name: string, setting: FlagSetting, inFile: (value: unknown) => object])[] = [
  ...Object.entries(suiteSettings)
    .filter(([, { form }]) => form.kind !== 'section')
    .map(([name, setting]) => [name, setting as FlagSetting, (value: unknown) => ({ [name]: value })] as const),
  ...(['style', 'engine'] as const).map(
    (name) => [name, modelSettings[name], (value: unknown) => ({ models: [{ source: 'a', [name]: value }] })] as const,
  ),
  ['shots', taskSettings.shots, (value) => ({ tasks: [{ task: 'gsm8k', shots: value }] })],
];

function isGoodInFile(inFile: (value: unknown) => object, value: unknown): boolean {
  return suiteSchema.safeParse({ models: ['a'], ...inFile(value) }).success;
}

function isGoodAsFlag(name: string, text: string, from: 'flag' | 'environment'): boolean {
  // The tables have names that only their own keys know.
  const option = suiteOptions[name as keyof typeof suiteOptions] as Option<unknown>;
  const given = from === 'flag' ? { [name]: [{ spelling: `--${name}`, value: text }] } : {};
  try {
    resolveOptions({ [name]: option }, given, from === 'flag' ? {} : { [environmentName(name)]: text });
    return true;
  } catch {
    return false;
  }
}

function verdicts(name: string, samples: ReturnType<typeof samplesOf>, from: 'flag' | 'environment') {
  return samples.map(([value, text]) => [value, isGoodAsFlag(name, text, from)]);
}

/** Values at, within and beyond what a setting allows, each as a file and as the command line say it. */
function samplesOf(name: string, { form }: FlagSetting): readonly (readonly [value: unknown, text: string])[] {
  switch (form.kind) {
    case 'number': {
      const { isWhole, min, max, above, below } = form.range;
      const step = isWhole ? 1 : 0.001;
      const bounds = [min, max, above, below].filter((bound) => bound !== undefined);
      const numbers = new Set([...bounds.flatMap((bound) => [bound - step, bound, bound + step]), -1, 0, 1, 1.5, 7]);
      // A part of the items is what a flag alone can say.
      const samples = [...numbers].filter((value) => name !== 'limit' || Number.isInteger(value));
      return [...samples, 'auto', 'other'].map((value) => [value, String(value)]);
    }
    case 'choice':
      return [...form.choices, 'other'].map((value) => [value, value]);
    case 'text':
      return ['ttft:500ms', 'ttft:0', 'winner', 'some text', ''].map((value) => [value, value]);
    case 'flag':
      return [
        [true, '1'],
        [false, 'no'],
        ['other', 'other'],
      ];
  }
}

describe('the table of settings', () => {
  it('has a flag for every key of a suite', () => {
    const named: Readonly<Record<string, string>> = { models: 'model', tasks: 'task' };
    const inFilesAlone = new Set(['$schema', 'gates', 'hosts', 'cluster']);
    const keys = Object.keys(suiteSchema.shape).filter((key) => !inFilesAlone.has(key));
    for (const key of keys) expect(Object.keys(suiteOptions)).toContain(named[key] ?? key);
    // The section of limits has its flags where they are used.
    for (const key of gateLimitNames) expect(Object.keys(gateOptions)).toContain(key);
  });

  it.each(settings)('has the bounds of %s alike for flag, environment and file', (name, setting, inFile) => {
    const samples = samplesOf(name, setting);
    const inFiles = samples.map(([value]) => [value, isGoodInFile(inFile, value)]);
    expect(new Set(inFiles.map(([, isGood]) => isGood))).toEqual(new Set([true, false]));
    // A flag without an argument has no bad value.
    const asFlags = setting.form.kind === 'flag' ? inFiles : verdicts(name, samples, 'flag');
    expect(asFlags).toEqual(inFiles);
    // A variable that is empty is one that isn't set.
    const isSet = ([value]: readonly unknown[]): boolean => value !== '' && setting.hasEnvironment !== false;
    expect(verdicts(name, samples.filter(isSet), 'environment')).toEqual(inFiles.filter(isSet));
  });

  it.each(settings)('tells for %s the default that the schema fills in', (name, { form, otherwise, fallback }) => {
    const filled: unknown = { ...suiteSchema.parse({ models: ['a'] }), shots: undefined, ...emptyModel() }[name];
    expect(filled).toBe(fallback);
    const told = form.kind === 'flag' ? undefined : (otherwise ?? fallback?.toString());
    expect(suiteOptions[name as keyof typeof suiteOptions].defaultText).toBe(told);
  });
});

function emptyModel(): Readonly<Record<string, unknown>> {
  const [model] = suiteSchema.parse({ models: [{ source: 'a' }] }).models;
  return typeof model === 'object' ? { style: model.style, engine: model.engine } : {};
}

describe('the tables of options', () => {
  it.each(commands.map((command) => [command.name, command] as const))('of %s have no spelling twice', (_, command) => {
    const all = Object.entries({ ...globalOptions, ...command.options }).flatMap(([name, option]) =>
      spellings(name, option),
    );
    expect(all.filter((spelling, index) => all.indexOf(spelling) !== index)).toEqual([]);
  });

  it.each(commands.map((command) => [command.name, command] as const))('load the handler of %s', async (_, command) => {
    expect(await command.load()).toBeTypeOf('function');
  });
});

describe('generated files', () => {
  it.each(Object.entries(generatedFiles()))('%s is what the code says', (name, content) => {
    expect(readFileSync(join(root, name), 'utf8')).toBe(content);
  });
});
